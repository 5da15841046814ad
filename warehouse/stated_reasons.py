"""Reasons that a unit wrote beside its warnings: they explain them as long as nothing changes.

A reason holds for the unit, form and month, whichever version of the return the warning is found
in, so that a later version needs no reason again where its figure stayed. It was given for one
value and one expected value: with another of either it lapses, and the warning stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.types.json import Jsonb

from warehouse.findings import StatedReason
from warehouse.ledger_events import LedgerEvent, record_event

LONGEST_REASON = 1000


@dataclass(frozen=True)
class ReasonsOfReturn:
    """What one file stated, for which return, and by whom."""

    submission_id: int
    area_code: str
    form_code: str
    stat_month: date
    stated_by: str
    reasons: tuple[StatedReason, ...]


def record_reasons(connection: psycopg.Connection, stated: Iterable[ReasonsOfReturn]) -> int:
    """Record what files stated, and one decision for each file; return the number of reasons.

    The caller holds the lock of decisions (`warehouse.ledger_events.deciding`) in its transaction.
    """
    recorded = 0
    for file in stated:
        with connection.cursor() as cursor:
            cursor.executemany(
                _RECORD,
                [
                    (
                        file.submission_id, file.area_code, file.form_code, file.stat_month,
                        r.check_id, r.sheet, r.cell, Jsonb(r.row_key), r.column_name, r.value,
                        r.expected, r.reason[:LONGEST_REASON], file.stated_by,
                    )
                    for r in file.reasons
                ],
            )  # fmt: skip
        recorded += len(file.reasons)
        checks = sorted({reason.check_id for reason in file.reasons})
        record_event(
            connection,
            LedgerEvent(
                kind="explained",
                first=file.stat_month,
                last=file.stat_month,
                area_code=file.area_code,
                form_code=file.form_code,
                reason=f"{len(file.reasons)} ({', '.join(checks)})",
                owner=file.stated_by,
                submission_id=file.submission_id,
            ),
        )
    return recorded


def explain_returns(connection: psycopg.Connection, submission_ids: Collection[int]) -> int:
    """Explain the open warnings of returns at their receipt; return the number explained."""
    return connection.execute(
        _EXPLAIN, {"submissions": list(submission_ids), "build_id": None}
    ).rowcount


def explain_build(connection: psycopg.Connection, build_id: int) -> int:
    """Explain the open warnings of a build and of the returns in it; return their number."""
    return connection.execute(_EXPLAIN, {"submissions": [], "build_id": build_id}).rowcount


_RECORD = """
insert into ops.stated_reason (
    submission_id, area_code, form_code, stat_month, check_id, sheet, cell, row_key, column_name,
    value, expected, reason, stated_by
)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

# The latest reason counts. A finding about a whole return has no row key, so its cell tells it.
_EXPLAIN = """
update ops.finding as finding
set state = 'explained', reason = stated.reason, stated_reason_id = stated.stated_reason_id
from (
    select distinct on (open_finding.finding_id)
        open_finding.finding_id,
        reason.reason,
        reason.stated_reason_id
    from ops.finding as open_finding
    inner join ops.stated_reason as reason
        on
            open_finding.area_code = reason.area_code
            and open_finding.form_code = reason.form_code
            and open_finding.stat_month = reason.stat_month
            and open_finding.check_id = reason.check_id
            and open_finding.row_key = reason.row_key
            and open_finding.column_name is not distinct from reason.column_name
            and open_finding.value is not distinct from reason.value
            and open_finding.expected is not distinct from reason.expected
            and (
                open_finding.row_key <> '{}'
                or (open_finding.sheet, open_finding.cell)
                is not distinct from (reason.sheet, reason.cell)
            )
    where
        open_finding.state = 'open'
        and open_finding.severity = 'warning'
        and (
            open_finding.build_id = %(build_id)s
            or open_finding.build_id is null
            and (
                open_finding.submission_id = any(%(submissions)s)
                or open_finding.submission_id in (
                    select input.submission_id from ops.build_input as input
                    where input.build_id = %(build_id)s
                )
            )
        )
    order by open_finding.finding_id, reason.stated_reason_id desc
) as stated
where finding.finding_id = stated.finding_id
"""
