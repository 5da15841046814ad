"""Recorded reasons why a unit owes nothing for a month: `tmw excuse`."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from warehouse.errors import UsageError
from warehouse.ledger_events import Kind, LedgerEvent, deciding, record_event
from warehouse.month import Month
from warehouse.settings import Settings


@dataclass(frozen=True)
class Excuse:
    """An excuse as asked for; `area_code` is the filing unit."""

    area_code: str
    form_code: str
    month: Month
    reason: str
    owner: str


def add_excuse(settings: Settings, excuse: Excuse) -> bool:
    """Record an excuse; return whether anything changed. Asked again it takes the new reason.

    Raises `UsageError` where the unit does not owe the form in that month, or nobody answers.
    """
    with deciding(settings) as connection:
        _require_sense(connection, excuse)
        changed = connection.execute(
            "insert into ops.excuse (area_code, form_code, stat_month, reason, owner)"
            " values (%s, %s, %s, %s, %s) on conflict (area_code, form_code, stat_month)"
            " do update set reason = excluded.reason, owner = excluded.owner, recorded_at = now()"
            " where (ops.excuse.reason, ops.excuse.owner) <> (excluded.reason, excluded.owner)",
            [
                excuse.area_code, excuse.form_code, excuse.month.first_day, excuse.reason.strip(),
                excuse.owner.strip(),
            ],
        ).rowcount  # fmt: skip
        if changed:
            record_event(connection, _event(excuse, "excused"))
    return bool(changed)


def take_back_excuse(settings: Settings, excuse: Excuse) -> bool:
    """Take an excuse back: the unit owes the return again; return whether there was one."""
    with deciding(settings) as connection:
        _require_sense(connection, excuse)
        removed = connection.execute(
            "delete from ops.excuse where area_code = %s and form_code = %s and stat_month = %s",
            [excuse.area_code, excuse.form_code, excuse.month.first_day],
        ).rowcount
        if removed:
            record_event(connection, _event(excuse, "owed_again"))
    return bool(removed)


def _event(excuse: Excuse, kind: Kind) -> LedgerEvent:
    return LedgerEvent(
        kind=kind,
        first=excuse.month.first_day,
        last=excuse.month.first_day,
        area_code=excuse.area_code,
        form_code=excuse.form_code,
        reason=excuse.reason.strip(),
        owner=excuse.owner.strip(),
    )


def _require_sense(connection: psycopg.Connection, excuse: Excuse) -> None:
    if not excuse.reason.strip() or not excuse.owner.strip():
        raise UsageError(
            "An excuse needs a reason and an owner.", remedy="Give --reason and --owner."
        )
    owed = connection.execute(
        "select from ops.assignment where area_code = %s and form_code = %s"
        " and valid_from <= %s and coalesce(valid_until, 'infinity') >= %s",
        [
            excuse.area_code, excuse.form_code, excuse.month.last_day, excuse.month.first_day,
        ],
    ).fetchone()  # fmt: skip
    if owed is None:
        raise UsageError(
            f"{excuse.area_code} does not owe {excuse.form_code} for {excuse.month}.",
            remedy=f"See `tmw status --month {excuse.month}` for the units that do.",
        )
