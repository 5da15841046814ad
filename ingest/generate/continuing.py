"""What of last month's return stands in this month's blank one: rows, cells and grey figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ingest.forms.catalogue import table_columns
from ingest.forms.model import Closing, Column, Form, Table
from ingest.generate.layout import COMPARED, Cell, Row
from warehouse.month import Month

_PREFILLED = ("A", "P")


@dataclass(frozen=True)
class Continued:
    """A row that goes on: `filled` is filled in beforehand, `before` shown in grey beside."""

    filled: Row
    before: Row


def continued_rows(
    form: Form, last_rows: Mapping[str, Sequence[Row]], month: Month
) -> dict[str, list[Continued]]:
    """Return, for each table by name, the rows of last month's return that go on in `month`.

    Keys and attributes (bases A and P) are filled in beforehand; totals and stocks (Y, C, S) are
    shown beside. Left out are things that came to their end in an earlier year, with their rows
    in the sub-tables, and the rows of tables that list events.
    """
    ended = _ended(form, last_rows.get(form.tables[0].name, ()), month)
    going_on: dict[str, list[Continued]] = {}
    for table in form.tables:
        columns = table_columns(form, table)
        going_on[table.name] = [
            _continued(row, columns, month)
            for row in (last_rows.get(table.name, ()) if _goes_on(table) else ())
            if form.lists is None or row.get(form.lists.code) not in ended
        ]
    return going_on


def _goes_on(table: Table) -> bool:
    """Tell whether rows are filed month after month; claims, say, are attributes of events."""
    return any(column.basis in (*COMPARED, "P") for column in table.columns)


def _ended(form: Form, rows: Sequence[Row], month: Month) -> set[Cell]:
    if form.lists is None or form.lists.closed is None:
        return set()
    closing = form.lists.closed
    return {row.get(form.lists.code) for row in rows if _ended_before(closing, row, month)}


def _ended_before(closing: Closing, row: Row, month: Month) -> bool:
    """Tell whether a row came to its end before this year, by its date or, without one, at all."""
    if row.get(closing.column) not in closing.codes:
        return False
    day = row.get(closing.date) if closing.date else None
    year = day.year if isinstance(day, date) else month.shift(-1).year
    return year < month.year


def _continued(row: Row, columns: Sequence[Column], month: Month) -> Continued:
    standing = {c.name: _unless_default(row, c) for c in columns if _stands(c, month)}
    return Continued(
        filled={
            c.name: standing[c.name]
            for c in columns
            if c.name in standing and (c.key or c.basis in _PREFILLED)
        },
        before={
            c.name: standing[c.name] for c in columns if c.name in standing and c.basis in COMPARED
        },
    )


def _unless_default(row: Row, column: Column) -> Cell:
    """Return the cell as it was filled in: a key that stands for a blank cell is blank again."""
    value = row.get(column.name)
    return None if value == column.key_default else value


def _stands(column: Column, month: Month) -> bool:
    """Tell whether last month's value still says something: a total of the year not in January."""
    if column.continuing == "in_year":
        return month.number > 1
    return column.continuing == "always"
