"""Write the answers to returns: a receipt for each, and a marked workbook where there is need.

An answer is made of what the ledger knows: state, findings of the receipt and of the build in
force, the version before. A digest of that is kept, so an answer is written again when, and only
when, something of it has changed; a run that is killed is simply repeated.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import psycopg

from ingest.assess import Assessor
from ingest.feedback.compared import changes_between
from ingest.feedback.content import Changes, Content, line_of
from ingest.feedback.receipt import receipt_text
from ingest.feedback.scribe import NotComposedError, Scribe
from ingest.feedback.words import STATES
from ingest.forms.catalogue import load_forms
from ingest.known_places import KnownPlaces
from ingest.load.answered import (
    Answered,
    answered_returns,
    findings_to_answer,
    record_answers,
)
from ingest.read.sandbox import Sandbox
from warehouse.database import Role, connect
from warehouse.errors import AssessmentError, LandingError, UsageError
from warehouse.faults import fault_in
from warehouse.findings import Finding
from warehouse.locks import Lock, exclusive
from warehouse.month import Month
from warehouse.settings import Settings

UNKNOWN_UNIT: Final = "unknown"
MAX_LINES: Final = 10_000
_LAYOUT: Final = 1  # raise it when answers have to be written again for their looks
_TO_BE_TRIED_AGAIN: Final = ""  # the digest of no answer
_WORKBOOK, _RECEIPT = ".xlsx", ".txt"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Written:
    submission_id: int
    path: str
    digest: str


def write_answers(
    settings: Settings,
    connection: psycopg.Connection,
    submission_ids: Collection[int],
    assessor: Assessor | None = None,
) -> int:
    """Write the answers of these returns that are not there as they should be; return how many.

    Raises `LandingError` where they cannot be written.
    """
    if not submission_ids:
        return 0
    # Whoever waited reads the ledger after the other has written, so no older answer wins.
    with exclusive(settings, Lock.answer, Role.loader), ExitStack() as tools:
        due = list(_due(settings, connection, submission_ids))
        writer = _Writer(settings, connection, tools, assessor)
        try:
            written = [writer.write(one, findings, digest) for one, findings, digest in due]
        except OSError as error:
            raise fault_in(settings, error, "The answers could not be written") or LandingError(
                f"The answers could not be written to {settings.outbox_dir}: {error.strerror}.",
                remedy="Check the permissions there, then run the command again.",
            ) from error
        record_answers(connection, [astuple(each) for each in written])
    return len(written)


def refresh_answers(settings: Settings, months: Iterable[Month]) -> int:
    """Write the answers again whose findings the builds of these months changed; return how many.

    Cheap where nothing changed. Raises `LandingError` where they cannot be written.
    """
    with connect(settings, Role.loader, autocommit=True) as connection:
        rows = connection.execute(_IN_BUILDS, [[month.first_day for month in months]]).fetchall()
        return write_answers(settings, connection, [row[0] for row in rows])


def answer_to(settings: Settings, receipt_no: str) -> Path:
    """Return where the answer to a receipt lies, written anew where it is missing or out of date.

    Raises `UsageError` for a receipt nobody was given, `LandingError` where it cannot be written.
    """
    with connect(settings, Role.loader, autocommit=True) as connection:
        row = connection.execute(_OF_RECEIPT, [receipt_no.strip()]).fetchone()
        if row is None:
            raise UsageError(
                f"There is no receipt {receipt_no!r}.",
                remedy="See `tmw status --month YYYY-MM` for the receipts of a month.",
            )
        write_answers(settings, connection, [row[0]])
        (one,) = answered_returns(connection, [row[0]])
    if one.answer_path is None:
        raise ValueError(f"{receipt_no} was answered nowhere")
    return settings.outbox_dir / one.answer_path


def _due(
    settings: Settings, connection: psycopg.Connection, submission_ids: Collection[int]
) -> Iterator[tuple[Answered, list[Finding], str]]:
    found = findings_to_answer(connection, submission_ids)
    for one in answered_returns(connection, submission_ids):
        findings = found.get(one.submission.submission_id, [])
        digest = _digest(one, findings)
        if one.answer_digest != digest or not _is_there(settings, one):
            yield one, findings, digest


class _Writer:
    """Writes one answer after the other; what it needs is made when it is needed first."""

    def __init__(
        self,
        settings: Settings,
        connection: psycopg.Connection,
        tools: ExitStack,
        assessor: Assessor | None,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._tools = tools
        self._assessor = assessor
        self._sandbox: Sandbox | None = None
        self._scribe: Scribe | None = None

    def write(self, one: Answered, findings: Sequence[Finding], digest: str) -> _Written:
        """Write workbook and receipt of one return, each at once and whole."""
        submission = one.submission
        folder = self._settings.outbox_dir / (submission.area_code or UNKNOWN_UNIT)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{submission.receipt_no}{_WORKBOOK}" if _needs_workbook(one, findings) else None
        if name is not None:
            path = self._settings.landing_dir / one.landing_path
            readable = submission.state != "unreadable" and path.is_file()
            try:
                content = self._content(one, findings)
                data = self._made_scribe().workbook(path if readable else None, content)
            except NotComposedError as error:  # one answer never stops the others
                log.error("%s", error)  # noqa: TRY400 - a sentence of ours, no traceback
                name, digest = None, _TO_BE_TRIED_AGAIN
            else:
                _write_whole(folder / name, data)
        receipt = folder / f"{submission.receipt_no}{_RECEIPT}"
        text = receipt_text(submission, findings, name).replace("\n", "\r\n")
        _write_whole(receipt, text.encode("utf-8"))
        path_below = f"{folder.name}/{name or receipt.name}"
        return _Written(submission.submission_id, path_below, digest)

    def _content(self, one: Answered, findings: Sequence[Finding]) -> Content:
        submission = one.submission
        state_zh, state_en = STATES.get(submission.state, (submission.state, submission.state))
        month = f"{submission.stat_month:%Y-%m}" if submission.stat_month else "?"
        version = "?" if submission.version is None else str(submission.version)
        received = submission.received_at.astimezone(ZoneInfo(self._settings.timezone))
        sheets = Counter(finding.sheet for finding in findings if finding.sheet)
        form = load_forms().get(submission.form_code or "")
        usual = form.tables[0].sheet if form is not None else "Sheet1"
        return Content(
            submission.receipt_no,
            (
                ("文件 File", submission.file_name),
                ("回执 Receipt", submission.receipt_no),
                ("收到 Received", f"{received:%Y-%m-%d %H:%M}"),
                (
                    "报表 Return",
                    f"{submission.form_code or '?'} {submission.area_code or '?'} {month}"
                    f" 版本 version {version}",
                ),
                ("状态 State", f"{state_zh} / {state_en}"),
            ),
            tuple(line_of(n, f) for n, f in enumerate(findings[:MAX_LINES], start=1)),
            self._changes(one),
            next((sheet for sheet, _ in sheets.most_common(1)), usual),
        )

    def _changes(self, one: Answered) -> Changes | None:
        """Return what changed; None without a return before it, or where one is not to be read."""
        form_code = one.submission.form_code
        if one.before_path is None or one.before_receipt is None or form_code is None:
            return None
        current = Month.of(datetime.now(ZoneInfo(self._settings.timezone)))
        tables = []
        for path in (one.before_path, one.landing_path):
            landed = self._settings.landing_dir / path
            if not landed.is_file():
                return None
            try:
                assessed = self._made_assessor().assess(landed, landed.name, current)
            except AssessmentError as error:  # a fault of ours in one file stops no other answer
                log.warning("What %s changes is not listed: %s", one.submission.receipt_no, error)
                return None
            tables.append(assessed.tables)
        before = f"{one.before_receipt}, 版本 version {one.before_version}"
        try:
            return changes_between(form_code, tables[0], tables[1], before)
        except Exception:  # a surprise in one file must never stop the other answers
            log.exception("What %s changes could not be listed", one.submission.receipt_no)
            return None

    def _made_assessor(self) -> Assessor:
        if self._assessor is None:
            places = KnownPlaces.from_ledger(self._connection)
            self._assessor = Assessor(self._made_sandbox(), places)
        return self._assessor

    def _made_sandbox(self) -> Sandbox:
        if self._sandbox is None:
            self._sandbox = self._tools.enter_context(Sandbox(self._settings))
        return self._sandbox

    def _made_scribe(self) -> Scribe:
        if self._scribe is None:
            scribe = Scribe(self._settings, self._made_sandbox())
            self._scribe = self._tools.enter_context(scribe)
        return self._scribe


def _needs_workbook(one: Answered, findings: Sequence[Finding]) -> bool:
    """Tell whether there is anything open to be marked, a change to list, a workbook to replace.

    What is explained already, and a note about the file as a whole, such as that it came twice,
    is told by the receipt.
    """
    return (
        any(f.reason is None and (f.severity != "info" or f.cell) for f in findings)
        or one.before_path is not None
        or (one.answer_path or "").endswith(_WORKBOOK)
    )


def _digest(one: Answered, findings: Iterable[Finding]) -> str:
    made_of = [
        _LAYOUT, one.submission.state, one.before_receipt,
        [astuple(replace(finding, submission_id=None)) for finding in findings],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()


def _is_there(settings: Settings, one: Answered) -> bool:
    return one.answer_path is not None and (settings.outbox_dir / one.answer_path).is_file()


def _write_whole(path: Path, data: bytes) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


_OF_RECEIPT = "select submission_id from ops.submission where receipt_no = %s"

_IN_BUILDS = """
select input.submission_id
from ops.build as build
inner join ops.build_input as input on build.build_id = input.build_id
where build.in_force and build.stat_month = any(%s) and build.state not in ('building', 'failed')
order by input.submission_id
"""
