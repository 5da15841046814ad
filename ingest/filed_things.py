"""The villages and projects that accepted returns of a unit, or of places in it, have listed."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import sql

from ingest.forms.catalogue import load_forms
from ingest.forms.model import Choices, Listing, Table
from warehouse.builds import ACCEPTED_STATES
from warehouse.month import Month

INSIDE: Final = """
with recursive inside as (
    select area_code
    from ops.area
    where area_code = %(unit)s
    union
    select child.area_code
    from ops.area as child
    inner join inside on child.parent_code = inside.area_code
    where child.valid_from <= %(last_day)s
        and (child.valid_until is null or child.valid_until >= %(first_day)s)
)
"""

# The latest row of each thing filed by the unit or placed inside its area, up to the month.
_FILED: Final = f"""
{INSIDE},

filed as (
    select
        entry.{{code}} as code,
        {{name}} as name,
        {{state}} as state,
        row_number() over (
            partition by entry.{{code}}
            order by submission.stat_month desc, entry.submission_id desc
        ) as recency
    from {{table}} as entry
    inner join ops.submission as submission on entry.submission_id = submission.submission_id
    where submission.form_code = %(form_code)s
        and submission.state = any(%(accepted)s)
        and submission.stat_month <= %(first_day)s
        and entry.row_kind in ('1', '2')
        and length(entry.{{code}}) = %(length)s
        and (
            submission.area_code = %(unit)s
            or entry.place_code in (select inside.area_code from inside)
        )
)

select filed.code, filed.name
from filed
where filed.recency = 1
    and not coalesce(filed.state = any(%(closed)s), false)
order by filed.code
"""


def filed_things(
    connection: psycopg.Connection,
    choices: Choices,
    area_code: str,
    month: Month,
    *,
    open_only: bool = False,
) -> dict[str, str]:
    """Return code and name ('' where the form has none) of all that was listed up to the month.

    `open_only` leaves out what has come to its end.
    """
    found: dict[str, str] = {}
    for form in load_forms().values():
        if form.lists is None or form.lists.choices != choices:
            continue
        table, closed = form.tables[0], form.lists.closed
        statement = sql.SQL(_FILED).format(
            code=sql.Identifier(form.lists.code),
            name=_column(form.lists.name),
            state=_column(closed.column if closed else None),
            table=sql.Identifier("raw", table.name),
        )
        parameters = {
            **period_of(area_code, month),
            "form_code": form.form_code,
            "accepted": list(ACCEPTED_STATES),
            "length": _length(table, form.lists),
            "closed": list(closed.codes) if closed and open_only else [],
        }
        rows = connection.execute(statement, parameters).fetchall()
        found |= {code: name or "" for code, name in rows}
    return found


def period_of(area_code: str, month: Month) -> dict[str, object]:
    """Return the unit and the first and last day of a month, as parameters of `INSIDE`."""
    return {"unit": area_code, "first_day": month.first_day, "last_day": month.last_day}


def _column(name: str | None) -> sql.Composable:
    return sql.SQL("null::text") if name is None else sql.Identifier("entry", name)


def _length(table: Table, listing: Listing) -> int | None:
    """Return the length of a whole code; the code of a lump line may be shorter."""
    return next(column.length for column in table.columns if column.name == listing.code)
