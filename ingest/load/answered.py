"""The ledger's side of answers: what each is made of, and what was written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from ingest.load.ledger import Submission
from warehouse.findings import Finding


@dataclass(frozen=True)
class Answered:
    """A return and its answer so far; `before_...` is the return of unit, form and month before it.

    Paths of files are relative to the landing store, the path of the answer to the outbox.
    """

    submission: Submission
    landing_path: str
    answer_path: str | None
    answer_digest: str | None
    before_receipt: str | None
    before_version: int | None
    before_path: str | None


def answered_returns(
    connection: psycopg.Connection, submission_ids: Collection[int]
) -> list[Answered]:
    """Return what the ledger knows of these returns and of their answers, in their order."""
    rows = connection.execute(_RETURNS, [list(submission_ids)]).fetchall()
    return [Answered(Submission(*row[:11]), *row[11:]) for row in rows]


def findings_to_answer(
    connection: psycopg.Connection, submission_ids: Collection[int]
) -> dict[int, list[Finding]]:
    """Return the findings of each return: those of its receipt, then those of its month's build."""
    found: dict[int, list[Finding]] = {}
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        cursor.execute(_FINDINGS, [list(submission_ids)])
        for finding in cursor:
            found.setdefault(finding.submission_id or 0, []).append(finding)
    return found


def record_answers(connection: psycopg.Connection, written: Sequence[tuple[int, str, str]]) -> None:
    """Record which answers were written: submission, path below the outbox, digest."""
    connection.execute(
        """
        update ops.submission as s
        set answer_path = w.path, answer_digest = w.digest
        from unnest(%s::bigint[], %s::text[], %s::text[]) as w (submission_id, path, digest)
        where s.submission_id = w.submission_id
        """,
        [[number for number, _, _ in written], [path for _, path, _ in written],
         [digest for _, _, digest in written]],
    )  # fmt: skip


_RETURNS = """
select
    s.submission_id, s.receipt_no, s.sha256, s.file_name, s.form_code, s.area_code, s.stat_month,
    s.version, s.received_at, s.recorded_at, s.state,
    s.landing_path, s.answer_path, s.answer_digest,
    before.receipt_no, before.version, before.landing_path
from ops.submission as s
left join lateral (
    select other.receipt_no, other.version, other.landing_path
    from ops.submission as other
    where
        s.state <> 'unreadable'
        and other.state <> 'unreadable'
        and other.area_code = s.area_code
        and other.form_code = s.form_code
        and other.stat_month = s.stat_month
        and (other.received_at, other.submission_id) < (s.received_at, s.submission_id)
    order by other.received_at desc, other.submission_id desc
    limit 1
) as before on true
where s.submission_id = any(%s)
order by s.submission_id
"""

_FINDINGS = """
select
    finding.submission_id, finding.file, finding.sheet, finding.cell, finding.form_code,
    finding.check_id, finding.severity, finding.level, finding.value, finding.expected,
    finding.message_zh, finding.message_en, finding.row_key, finding.column_name, finding.reason
from ops.finding as finding
left join ops.build as build on finding.build_id = build.build_id
where
    finding.submission_id = any(%s)
    and (
        finding.build_id is null
        or build.in_force and build.state not in ('building', 'failed')
    )
order by finding.build_id is not null, finding.finding_id
"""
