"""The ledger's side of a batch: submissions, supersession and findings, each in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ingest.load.precedence import Key, Standing
from ingest.load.raw import copy_rows
from warehouse.findings import Finding
from warehouse.month import Month

ACCEPTED = ("accepted", "accepted_with_warnings")

_NEW_SUBMISSION = """
insert into ops.submission (
    receipt_no, sha256, file_name, file_bytes, landing_path, form_code, edition, area_code,
    stat_month, version, received_at, received_at_given, decided_at, passed_level_0, is_nil,
    required_cells, filled_required_cells, state, accepted_state, reached, sheets_read, cells_read,
    figures_sha256
)
select
    receipt_no, sha256, file_name, file_bytes, landing_path, form_code, edition, area_code,
    stat_month, version, received_at, received_at_given, now(), passed_level_0, is_nil,
    required_cells, filled_required_cells, state, accepted_state, reached, sheets_read, cells_read,
    figures_sha256
from jsonb_to_recordset(%s) as r (
    receipt_no text, sha256 text, file_name text, file_bytes bigint, landing_path text,
    form_code text, edition text, area_code text, stat_month date, version integer,
    received_at timestamptz, received_at_given boolean, passed_level_0 boolean, is_nil boolean,
    required_cells integer, filled_required_cells integer, state text, accepted_state text,
    reached text, sheets_read integer, cells_read integer, figures_sha256 text,
    position integer
)
order by position
returning sha256, submission_id
"""


@dataclass(frozen=True)
class Submission:
    """One received file as the ledger knows it."""

    submission_id: int
    receipt_no: str
    sha256: str
    file_name: str
    form_code: str | None
    area_code: str | None
    stat_month: date | None
    version: int | None
    received_at: datetime
    recorded_at: datetime
    state: str
    reached: str | None = None
    sheets_read: int | None = None
    cells_read: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the published JSON shape of a submission."""
        return {
            "submission_id": self.submission_id,
            "receipt_no": self.receipt_no,
            "sha256": self.sha256,
            "file_name": self.file_name,
            "form_code": self.form_code,
            "area_code": self.area_code,
            "stat_month": self.stat_month.isoformat() if self.stat_month else None,
            "version": self.version,
            "received_at": self.received_at.isoformat(),
            "state": self.state,
            "reached": self.reached,
            "sheets_read": self.sheets_read,
            "cells_read": self.cells_read,
        }


def submissions_by_sha(
    connection: psycopg.Connection, digests: Iterable[str]
) -> dict[str, Submission]:
    """Return the submissions of these bytes, by sha256."""
    with connection.cursor(row_factory=class_row(Submission)) as cursor:
        cursor.execute(
            "select submission_id, receipt_no, sha256, file_name, form_code, area_code,"
            " stat_month, version, received_at, recorded_at, state, reached, sheets_read,"
            " cells_read"
            " from ops.submission where sha256 = any(%s)",
            [list(digests)],
        )
        return {submission.sha256: submission for submission in cursor}


def standing_returns(connection: psycopg.Connection, keys: Iterable[Key]) -> dict[Key, Standing]:
    """Return the accepted return of each unit, form and month."""
    wanted = sorted(set(keys))
    rows = connection.execute(
        """
        select s.area_code, s.form_code, s.stat_month, s.receipt_no, s.version, s.received_at,
            s.submission_id, s.figures_sha256
        from ops.submission as s
        inner join unnest(%s::text[], %s::text[], %s::date[])
            as k (area_code, form_code, stat_month)
            using (area_code, form_code, stat_month)
        where s.state = any(%s)
        """,
        [
            [area for area, _, _ in wanted],
            [form for _, form, _ in wanted],
            [month.first_day for _, _, month in wanted],
            list(ACCEPTED),
        ],
    ).fetchall()
    return {
        (area, form, Month.of(month)): Standing(receipt, version, received_at, number, figures)
        for area, form, month, receipt, version, received_at, number, figures in rows
    }


def assigned_units(connection: psycopg.Connection, keys: Iterable[Key]) -> set[Key]:
    """Return which of these units owe the form in the month (or in part of it)."""
    wanted = sorted(set(keys))
    rows = connection.execute(
        """
        select distinct k.area_code, k.form_code, k.first_day
        from unnest(%s::text[], %s::text[], %s::date[], %s::date[])
            as k (area_code, form_code, first_day, last_day)
        inner join ops.assignment as a using (area_code, form_code)
        where a.valid_from <= k.last_day and coalesce(a.valid_until, 'infinity') >= k.first_day
        """,
        [
            [area for area, _, _ in wanted],
            [form for _, form, _ in wanted],
            [month.first_day for _, _, month in wanted],
            [month.last_day for _, _, month in wanted],
        ],
    ).fetchall()
    return {(area, form, Month.of(first_day)) for area, form, first_day in rows}


def findings_of(
    connection: psycopg.Connection, submission_ids: Iterable[int]
) -> dict[int, list[Finding]]:
    """Return the findings of these submissions at their receipt, in the order they were made."""
    found: dict[int, list[Finding]] = {}
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        cursor.execute(
            "select submission_id, file, sheet, cell, form_code, check_id, severity, level, value,"
            " expected, message_zh, message_en, row_key, column_name, reason from ops.finding"
            " where submission_id = any(%s) and build_id is null order by finding_id",
            [list(submission_ids)],
        )
        for finding in cursor:
            found.setdefault(finding.submission_id or 0, []).append(finding)
    return found


def insert_submissions(
    connection: psycopg.Connection, records: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Record new submissions in their order; return their ids by sha256."""
    rows = connection.execute(
        _NEW_SUBMISSION, [Jsonb([{**record, "position": n} for n, record in enumerate(records)])]
    ).fetchall()
    return dict(rows)


def settle_explained(connection: psycopg.Connection, submission_ids: Iterable[int]) -> None:
    """Accept returns without reservation whose warnings have all been explained."""
    connection.execute(
        """
        update ops.submission as s
        set
            state = case when s.state = 'accepted_with_warnings' then 'accepted' else s.state end,
            accepted_state = case when s.accepted_state is not null then 'accepted' end
        where
            s.submission_id = any(%s)
            and 'accepted_with_warnings' in (s.state, s.accepted_state)
            and not exists (
                select from ops.finding as f
                where
                    f.submission_id = s.submission_id and f.build_id is null
                    and f.severity = 'warning' and f.state = 'open'
            )
        """,
        [list(submission_ids)],
    )


def supersede(connection: psycopg.Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Mark submissions as superseded: `(submission_id, superseded_by)` pairs."""
    connection.execute(
        """
        update ops.submission as s
        set state = 'superseded', superseded_by = p.winner
        from unnest(%s::bigint[], %s::bigint[]) as p (loser, winner)
        where s.submission_id = p.loser
        """,
        [[loser for loser, _ in pairs], [winner for _, winner in pairs]],
    )


def copy_findings(
    connection: psycopg.Connection,
    findings: Iterable[tuple[Finding, str | None, date | None, int | None]],
) -> None:
    """Copy findings of submissions, each with its unit, first of the month and waiver."""
    copy_rows(
        connection,
        "ops",
        "finding",
        (
            "submission_id", "file", "sheet", "cell", "form_code", "check_id", "severity", "level",
            "value", "expected", "message_zh", "message_en", "stat_month", "area_code", "row_key",
            "column_name", "state", "reason", "waiver_id",
        ),
        (
            (
                f.submission_id, f.file, f.sheet, f.cell, f.form_code, f.check_id, f.severity,
                f.level, f.value, f.expected, f.message_zh, f.message_en,
                stat_month, area_code, Jsonb(f.row_key), f.column_name,
                "explained" if f.reason else "open", f.reason, waiver_id,
            )
            for f, area_code, stat_month, waiver_id in findings
        ),
    )  # fmt: skip
