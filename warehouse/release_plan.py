"""When a month is to be released: by the dated rule, or otherwise by a person's decision."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from psycopg import sql

from warehouse.csv_file import parse_day, read_rows
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.settings import Settings

_COLUMNS = ("stat_month", "planned_on", "reason", "owner")


def planned_releases(at: datetime | None = None) -> sql.Composable:
    """Return SQL of a relation with the planned day of each month, as known at an instant.

    Its columns are `stat_month, planned_on, reason, owner`; the last two are null where the
    dated rule holds.
    """
    known: sql.Composable = sql.SQL("")
    if at is not None:
        known = sql.SQL("and recorded_at <= {}::timestamptz").format(sql.Literal(at.isoformat()))
    return sql.SQL(_PLANNED).format(known=known)


def import_planned_releases(settings: Settings, path: Path) -> int:
    """Plan single months otherwise than by the rule; return how many rows the csv has.

    Columns `stat_month` (YYYY-MM), `planned_on` (YYYY-MM-DD), `reason`, `owner`; every row needs
    all four. What is planned already is not recorded again. Raises `UsageError`, naming the
    line, and then nothing is changed.
    """
    rows: dict[Month, tuple[date, str, str]] = {}
    for line, row in enumerate(read_rows(path, required=_COLUMNS), start=2):
        month = _month(path, line, row["stat_month"])
        day = parse_day(path, line, "planned_on", row["planned_on"])
        if day is None or not row["reason"] or not row["owner"]:
            raise _wrong(path, line, "planned_on, reason and owner must all be given")
        if day <= month.last_day:
            raise _wrong(path, line, f"{day} is before {month} has ended")
        if month in rows:
            raise _wrong(path, line, f"{month} stands there twice")
        rows[month] = (day, row["reason"], row["owner"])
    with connect(settings, Role.publisher) as connection:
        for month, planned in rows.items():
            known = connection.execute(
                "select 1 from ops.release_plan where stat_month = %s", [month.first_day]
            ).fetchone()
            if known is None:
                raise UsageError(
                    f"{path.name}: {month} is outside the calendar.",
                    remedy="Name a month of the calendar, see `tmw calendar`.",
                )
            connection.execute(
                sql.SQL(_INSERT).format(planned=planned_releases()), [month.first_day, *planned]
            )
    return len(rows)


def _month(path: Path, line: int, text: str) -> Month:
    try:
        return Month.parse(text)
    except UsageError as error:
        raise _wrong(path, line, f"stat_month {text!r} is no month") from error


def _wrong(path: Path, line: int, trouble: str) -> UsageError:
    return UsageError(f"{path.name}, line {line}: {trouble}.", remedy="Correct that line.")


_PLANNED = """(
    select
        rule.stat_month,
        coalesce(decided.planned_on, rule.planned_on) as planned_on,
        decided.reason,
        decided.owner
    from ops.release_plan as rule
    left join lateral (
        select planned_on, reason, owner from ops.planned_release
        where stat_month = rule.stat_month {known}
        order by recorded_at desc
        limit 1
    ) as decided on true
)"""

_INSERT = """
insert into ops.planned_release (stat_month, planned_on, reason, owner)
select wanted.* from (values (%s::date, %s::date, %s, %s))
    as wanted (stat_month, planned_on, reason, owner)
where not exists (
    select from {planned} as planned
    where
        planned.stat_month = wanted.stat_month
        and planned.planned_on = wanted.planned_on
        and planned.reason = wanted.reason
        and planned.owner = wanted.owner
)
"""
