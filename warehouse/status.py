"""The state of a month and who owes, filed or is excused: `tmw status`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.reopened import Reopening, reopenings
from warehouse.settings import Settings


@dataclass(frozen=True)
class ReturnStatus:
    """One return that is owed or was filed; `state` is expected, excused or the latest's state."""

    area_code: str
    area_name_zh: str | None
    form_code: str
    owed: bool
    state: str
    version: int | None
    received_at: datetime | None
    receipt_no: str | None
    file_name: str | None


@dataclass(frozen=True)
class MonthStatus:
    """The state of a month and what readers see of it meanwhile.

    `state` is one of open, ready, held, waiting_signature, published, reopened (definitions.md).
    `build_state` is that of the build in force; `publication_id` what is shown now, if anything;
    `reopened_by` why the month has to be built again.
    """

    stat_month: str
    state: str
    build_id: int | None
    build_state: str | None
    candidate_hash: str | None
    publication_id: str | None
    published_since: datetime | None
    reopened_by: tuple[Reopening, ...]
    returns: tuple[ReturnStatus, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw status --json` prints, times as ISO text."""
        record = asdict(self)
        record["published_since"] = _iso(self.published_since)
        record["reopened_by"] = [reason.as_json() for reason in self.reopened_by]
        for line in record["returns"]:
            line["received_at"] = _iso(line["received_at"])
        return record


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def month_status(settings: Settings, month: Month) -> MonthStatus:
    """Return the state of one month with its returns."""
    with _reading(settings) as connection:
        return _status(connection, settings, month)


def month_statuses(settings: Settings) -> list[MonthStatus]:
    """Return, in calendar order, the state of every month that has returns or a build."""
    with _reading(settings) as connection:
        rows = connection.execute(
            "select stat_month from ops.submission where stat_month is not null"
            " union select stat_month from ops.build order by 1"
        ).fetchall()
        return [_status(connection, settings, Month.of(row[0])) for row in rows]


@contextmanager
def _reading(settings: Settings) -> Iterator[psycopg.Connection]:
    """Read the ledger as it was at one instant."""
    with connect(settings, Role.publisher) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def _status(connection: psycopg.Connection, settings: Settings, month: Month) -> MonthStatus:
    build = connection.execute(
        "select build_id, state, candidate_hash from ops.build where stat_month = %s and in_force",
        [month.first_day],
    ).fetchone()
    shown = connection.execute(
        "select release_month.publication_id, release_month.valid_from, publication.candidate_hash"
        " from ops.release_month as release_month inner join ops.publication as publication"
        " on release_month.publication_id = publication.publication_id"
        " where release_month.stat_month = %s and release_month.valid_to is null",
        [month.first_day],
    ).fetchone()
    build_id, build_state, candidate_hash = build or (None, None, None)
    reasons = tuple(reopenings(connection, settings, month))
    changed = build_id is None or any(_reopens(reason) for reason in reasons)
    same_figures = shown is not None and shown[2] == candidate_hash
    return MonthStatus(
        stat_month=str(month),
        state=_month_state(build_state, shown is not None, changed, same_figures),
        build_id=build_id,
        build_state=build_state,
        candidate_hash=candidate_hash,
        publication_id=shown[0] if shown else None,
        published_since=shown[1] if shown else None,
        reopened_by=reasons,
        returns=_returns(connection, month),
    )


def _month_state(
    build_state: str | None, is_published: bool, input_changed: bool, same_figures: bool
) -> str:
    """Derive the state: the gate's verdict counts while no newer return waits for a build."""
    if not input_changed:
        if build_state in ("held", "waiting_signature", "open"):
            return build_state
        if is_published and same_figures:
            return "published"
        if build_state == "ready":
            return "ready"
    return "reopened" if is_published else "open"


def _reopens(reason: Reopening) -> bool:
    """Return whether published figures may change; else only what the gate says of them may."""
    return reason.decides != "findings"


def _returns(connection: psycopg.Connection, month: Month) -> tuple[ReturnStatus, ...]:
    with connection.cursor(row_factory=class_row(ReturnStatus)) as cursor:
        cursor.execute(_RETURNS, {"first": month.first_day, "last": month.last_day})
        return tuple(cursor.fetchall())


# The latest return of a unit and form: one that counts, else the one received last.
_RETURNS = """
with due as (
    select distinct assignment.area_code, assignment.form_code
    from ops.assignment as assignment
    where
        assignment.valid_from <= %(last)s
        and coalesce(assignment.valid_until, 'infinity') >= %(first)s
        and (
            exists (
                select from ops.area as area
                where
                    area.area_code = assignment.area_code
                    and area.valid_from <= %(last)s
                    and coalesce(area.valid_until, 'infinity') >= %(first)s
            )
        )
),
filed as (
    select distinct on (submission.area_code, submission.form_code) submission.*
    from ops.submission as submission
    where submission.stat_month = %(first)s
        and submission.area_code is not null and submission.form_code is not null
    order by
        submission.area_code,
        submission.form_code,
        (submission.state in ('accepted', 'accepted_with_warnings')) desc,
        submission.received_at desc,
        submission.submission_id desc
)
select
    coalesce(due.area_code, filed.area_code) as area_code,
    area.name_zh as area_name_zh,
    coalesce(due.form_code, filed.form_code) as form_code,
    due.area_code is not null and excuse.area_code is null as owed,
    coalesce(filed.state, case when excuse.area_code is null then 'expected' else 'excused' end)
        as state,
    filed.version,
    filed.received_at,
    filed.receipt_no,
    filed.file_name
from due
full join filed
    on due.area_code = filed.area_code and due.form_code = filed.form_code
left join ops.excuse as excuse
    on
        due.area_code = excuse.area_code
        and due.form_code = excuse.form_code
        and excuse.stat_month = %(first)s
left join lateral (
    select known.name_zh
    from ops.area as known
    where
        known.area_code = coalesce(due.area_code, filed.area_code)
        and known.valid_from <= %(last)s
    order by known.valid_from desc
    limit 1
) as area on true
order by 1, 3
"""
