"""Withdraw a return that counts: its unit has not reported then, and may report anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from ingest.feedback.answers import write_answers
from ingest.load.ledger import ACCEPTED, Submission, copy_findings, submissions_by_sha
from warehouse.database import Role, connect
from warehouse.errors import LandingError, UsageError
from warehouse.findings import Finding
from warehouse.ledger_events import LedgerEvent, deciding, record_event
from warehouse.locks import Lock, exclusive
from warehouse.month import Month
from warehouse.settings import Settings

CHECK_ID = "IN-withdrawn"


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawn return: by whom, when and why."""

    submission: Submission
    owner: str
    reason: str
    withdrawn_at: datetime

    @property
    def month(self) -> Month | None:
        """Return the month that has to be built again."""
        return Month.of(self.submission.stat_month) if self.submission.stat_month else None

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw withdraw --json` prints."""
        return {
            **self.submission.as_json(),
            "withdrawn_at": self.withdrawn_at.isoformat(),
            "owner": self.owner,
            "reason": self.reason,
        }


def withdraw(settings: Settings, receipt_no: str, *, reason: str, owner: str) -> Withdrawal:
    """Withdraw the return of a receipt, and answer the unit; what it replaced stays replaced.

    Asked again it answers again and changes nothing. Raises `UsageError` where there is no such
    receipt, where its return does not count, or where nobody answers for the withdrawal.
    """
    if not reason.strip() or not owner.strip():
        raise UsageError(
            "A withdrawal needs a reason and an owner.", remedy="Give --reason and --owner."
        )
    # A batch under way may be about to replace this very return.
    with exclusive(settings, Lock.receive, Role.loader), deciding(settings) as connection:
        sha256, state = _find(connection, receipt_no)
        if state in ACCEPTED:
            _carry_out(connection, sha256, reason.strip(), owner.strip())
        elif state != "withdrawn":
            raise _does_not_count(connection, receipt_no, state)
        done = _recorded(connection, sha256)
    try:
        with connect(settings, Role.loader, autocommit=True) as connection:
            write_answers(settings, connection, [done.submission.submission_id])
    except LandingError as error:
        raise LandingError(
            f"{receipt_no} is withdrawn, but the answer was not written. {error.message}",
            remedy=error.remedy,
        ) from error
    return done


def _find(connection: psycopg.Connection, receipt_no: str) -> tuple[str, str]:
    row = connection.execute(
        "select sha256, state from ops.submission where receipt_no = %s for update",
        [receipt_no.strip()],
    ).fetchone()
    if row is None:
        raise UsageError(
            f"There is no receipt {receipt_no!r}.",
            remedy="See `tmw status --month YYYY-MM` for the receipts of a month.",
        )
    return row[0], row[1]


def _carry_out(connection: psycopg.Connection, sha256: str, reason: str, owner: str) -> None:
    connection.execute("update ops.submission set state = 'withdrawn' where sha256 = %s", [sha256])
    submission = submissions_by_sha(connection, [sha256])[sha256]
    if submission.stat_month is None:
        raise ValueError(f"{submission.receipt_no} counted without a month")
    record_event(
        connection,
        LedgerEvent(
            kind="withdrawn",
            first=submission.stat_month,
            last=submission.stat_month,
            area_code=submission.area_code,
            form_code=submission.form_code,
            reason=reason,
            owner=owner,
            submission_id=submission.submission_id,
        ),
    )
    copy_findings(
        connection,
        [(_told(submission, reason, owner), submission.area_code, submission.stat_month, None)],
    )


def _told(submission: Submission, reason: str, owner: str) -> Finding:
    version = (submission.version or 0) + 1
    return Finding(
        CHECK_ID,
        "info",
        0,
        f"本报表已撤回，不再采用，本单位本月视为未报。原因：{reason}（{owner}）。"
        f"请更正后重新报送，报送版本填{version}。",
        f"This return has been withdrawn and no longer counts: the unit has not reported for the"
        f" month. Reason: {reason} ({owner}). Correct it and send it again as version {version}.",
        file=submission.file_name,
        form_code=submission.form_code,
        submission_id=submission.submission_id,
    )


def _recorded(connection: psycopg.Connection, sha256: str) -> Withdrawal:
    submission = submissions_by_sha(connection, [sha256])[sha256]
    row = connection.execute(
        "select owner, reason, recorded_at from ops.ledger_event"
        " where kind = 'withdrawn' and submission_id = %s",
        [submission.submission_id],
    ).fetchone()
    owner, reason, withdrawn_at = row or ("", "", submission.recorded_at)
    return Withdrawal(submission, owner, reason, withdrawn_at)


def _does_not_count(connection: psycopg.Connection, receipt_no: str, state: str) -> UsageError:
    counting = connection.execute(
        "select other.receipt_no from ops.submission as submission"
        " inner join ops.submission as other using (area_code, form_code, stat_month)"
        " where submission.receipt_no = %s and other.state = any(%s)",
        [receipt_no, list(ACCEPTED)],
    ).fetchone()
    remedy = f"The one that counts is {counting[0]}." if counting else "No return counts there."
    return UsageError(f"{receipt_no} is {state} and does not count.", remedy=remedy)
