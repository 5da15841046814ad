"""Bytes that are known already: the same receipt again, and nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from ingest.landing import Arrival
from ingest.load.ledger import Submission, copy_findings
from warehouse.findings import Finding


@dataclass(frozen=True)
class Duplicate:
    """A waiting file whose bytes are those of a recorded submission."""

    submission: Submission
    arrival: Arrival

    @property
    def is_leftover(self) -> bool:
        """Return whether it is the very file that was recorded (a run was killed after that)."""
        return (
            self.arrival.arrived_at <= self.submission.recorded_at
            and self.arrival.received_at == self.submission.received_at
            and self.arrival.file_name == self.submission.file_name
        )

    def finding(self) -> Finding:
        """Return what the sender is told."""
        known = self.submission
        return Finding(
            "IN-duplicate",
            "info",
            0,
            f"文件与已收到的“{known.file_name}”完全相同（回执{known.receipt_no}），没有变化。"
            "如要更正，请修改数字并把报送版本加1。",
            f'The file is identical to "{known.file_name}" (receipt {known.receipt_no}); nothing'
            " changes. To correct a return change its figures and raise its version by 1.",
            file=self.arrival.file_name,
            form_code=known.form_code,
            value=f"{self.arrival.file_name} {self.arrival.received_at.isoformat()}",
            submission_id=known.submission_id,
        )


def record_duplicates(
    connection: psycopg.Connection, duplicates: Sequence[Duplicate]
) -> list[Finding]:
    """Record one info finding for each duplicate, once however often the run is repeated."""
    findings = [duplicate.finding() for duplicate in duplicates]
    known = connection.execute(
        "select submission_id, value from ops.finding"
        " where check_id = 'IN-duplicate' and submission_id = any(%s)",
        [[finding.submission_id for finding in findings]],
    ).fetchall()
    copy_findings(
        connection,
        (
            (finding, duplicate.submission.area_code, duplicate.submission.stat_month, None)
            for finding, duplicate in zip(findings, duplicates, strict=True)
            if (finding.submission_id, finding.value) not in known
        ),
    )
    return findings
