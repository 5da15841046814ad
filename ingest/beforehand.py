"""What is known of a unit before it fills a form in: villages, open projects, last month's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ingest.filed_things import INSIDE, filed_things, period_of
from ingest.forms.catalogue import table_columns
from ingest.forms.model import Column, Form, Table
from ingest.generate.choices import Choice
from ingest.generate.layout import Cell, Row
from warehouse.areas import Area, known_areas
from warehouse.builds import ACCEPTED_STATES
from warehouse.database import Role, connect
from warehouse.errors import ServerError
from warehouse.month import Month
from warehouse.settings import Settings

# The local number of a village committee: villages and groups of it have others.
_COMMITTEE = "000"
# Marks beside a value as a reporter writes them (see `ingest.read.marks`). A cell that was not
# collected is left blank: it is to be collected now.
_MARKED = {"E": "{value}(估)", "U": "约{value}", "M": "—"}

_COMMITTEES = f"""
{INSIDE}
select area.area_code || '{_COMMITTEE}' as code, area.name_zh as name
from ops.area as area
where area.level = 'village'
    and area.area_code in (select inside.area_code from inside)
    and area.valid_from <= %(last_day)s
    and (area.valid_until is null or area.valid_until >= %(first_day)s)
"""

_LAST_RETURN = """
select submission.submission_id
from ops.submission as submission
where submission.form_code = %(form_code)s
    and submission.area_code = %(unit)s
    and submission.stat_month = %(month)s
    and submission.state = any(%(accepted)s)
order by submission.version desc, submission.received_at desc
limit 1
"""

_MARKS = """
select mark.table_name, mark.sheet, mark.row_no, mark.column_name, mark.status
from raw.cell_mark as mark
where mark.submission_id = %s
    and mark.status <> 'O'
"""

Marks = Mapping[tuple[str, str, int, str], str]


@dataclass(frozen=True)
class Beforehand:
    """What a blank return of a unit is made with (see `generate.template.write_template`).

    `last_rows` are the rows of the accepted return of the month before by table name, None
    where there is no such return or the database was not asked.
    """

    villages: tuple[Choice, ...] = ()
    projects: tuple[Choice, ...] = ()
    last_rows: Mapping[str, Sequence[Row]] | None = None


def known_of_unit(
    settings: Settings, form: Form, area_code: str, month: Month
) -> tuple[Beforehand, ServerError | None]:
    """Return what is known of a unit, and why the database could not be asked (None: it was)."""
    try:
        return known_from_ledger(settings, form, area_code, month), None
    except ServerError as error:
        return known_from_files(settings, area_code, month), error


def known_from_files(settings: Settings, area_code: str, month: Month) -> Beforehand:
    """Return the village committees of a unit, from the list of areas alone; no database."""
    areas = [area for periods in known_areas(settings).values() for area in periods]
    in_month = [area for area in areas if area.valid_in(month.first_day, month.last_day)]
    inside = _inside(in_month, area_code)
    committees = (a for a in in_month if a.level == "village" and a.area_code in inside)
    return Beforehand(villages=_sorted({a.area_code + _COMMITTEE: a.name_zh for a in committees}))


def known_from_ledger(settings: Settings, form: Form, area_code: str, month: Month) -> Beforehand:
    """Return what accepted returns and the list of areas tell of a unit.

    Villages are the committees inside its area and the villages filed by the unit or placed
    inside its area; projects those filed so whose latest state is not closed. Raise
    `ServerError` where the database cannot be reached or is not migrated.
    """
    try:
        with connect(settings, Role.loader) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return Beforehand(
                villages=_villages(connection, area_code, month),
                projects=_sorted(
                    filed_things(connection, "projects", area_code, month, open_only=True)
                ),
                last_rows=_last_rows(connection, form, area_code, month),
            )
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise ServerError(
            f"The database is of an older version: {error.diag.message_primary}.",
            remedy="Run `tmw db migrate`.",
        ) from error


def _inside(areas: Iterable[Area], area_code: str) -> set[str]:
    """Return the codes of an area and of all areas below it."""
    children: dict[str, list[str]] = {}
    for area in areas:
        children.setdefault(area.parent_code or "", []).append(area.area_code)
    inside, waiting = {area_code}, [area_code]
    while waiting:
        below = [code for code in children.get(waiting.pop(), ()) if code not in inside]
        inside.update(below)
        waiting += below
    return inside


def _villages(connection: psycopg.Connection, area_code: str, month: Month) -> tuple[Choice, ...]:
    filed = filed_things(connection, "villages", area_code, month, open_only=True)
    committees = connection.execute(_COMMITTEES, period_of(area_code, month)).fetchall()
    return _sorted(filed | dict(committees))


def _last_rows(
    connection: psycopg.Connection, form: Form, area_code: str, month: Month
) -> dict[str, list[Row]] | None:
    found = connection.execute(
        _LAST_RETURN,
        {
            "form_code": form.form_code,
            "unit": area_code,
            "month": month.shift(-1).first_day,
            "accepted": list(ACCEPTED_STATES),
        },
    ).fetchone()
    if found is None:
        return None
    marks: Marks = {tuple(key): status for *key, status in connection.execute(_MARKS, found)}
    return {
        table.name: _table_rows(connection, found[0], table, table_columns(form, table), marks)
        for table in form.tables
    }


def _table_rows(
    connection: psycopg.Connection,
    submission_id: int,
    table: Table,
    columns: Sequence[Column],
    marks: Marks,
) -> list[Row]:
    names = [sql.Identifier(name) for name in ("sheet", "row_no", *(c.name for c in columns))]
    statement = sql.SQL("select {} from {} where submission_id = %s order by row_no").format(
        sql.SQL(", ").join(names), sql.Identifier("raw", table.name)
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, [submission_id]).fetchall()
    return [
        {
            c.name: _as_written(
                row[c.name], marks.get((table.name, row["sheet"], row["row_no"], c.name)), c
            )
            for c in columns
        }
        for row in rows
    ]


def _as_written(value: Cell, status: str | None, column: Column) -> Cell:
    """Return a value with its mark, as a reporter writes it in the base unit."""
    if status not in _MARKED or column.key:
        return value
    plain = f"{value:f}" if isinstance(value, Decimal) else value
    return _MARKED[status].format(value=plain)


def _sorted(names: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(code, names[code]) for code in sorted(names))
