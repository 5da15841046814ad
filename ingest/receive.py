"""Take the inbox in: land, read, check, decide, load and answer, some files at a time.

Each batch is one transaction; the files leave the inbox after it. A file that names a project
nobody has filed waits until all others are in: one of them may list it. Killed anywhere and run
again it ends in the same state: bytes are known by their sha256, and a file whose submission
was recorded after it came to rest in the inbox is that submission, not a second one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import psycopg

from ingest.assess import Assessor
from ingest.feedback.answers import write_answers
from ingest.known_places import KnownPlaces
from ingest.landing import (
    Arrival,
    LandedFile,
    NotTakenError,
    clear,
    clear_leftovers,
    land,
    waiting_files,
)
from ingest.load.batch import NewReturn, store_batch
from ingest.load.duplicates import Duplicate, record_duplicates
from ingest.load.ledger import Submission, findings_of, submissions_by_sha
from ingest.object_store import from_object_store
from ingest.read.sandbox import Sandbox
from warehouse.database import Role, connect
from warehouse.errors import AssessmentError
from warehouse.findings import Finding
from warehouse.locks import Lock, exclusive
from warehouse.month import Month
from warehouse.settings import Settings

BATCH_FILES: Final = 200
_COUNTED: Final = ("accepted", "accepted_with_warnings", "superseded")

log = logging.getLogger(__name__)
Progress = Callable[[str], None]


@dataclass
class ReceivedBatch:
    """What was taken in: submissions, the months whose accepted returns changed, findings.

    A file that was known already stands here with its first submission and IN-duplicate.
    `not_taken` says which files stay in the inbox because our own code failed on them, and what
    stays in the object store.
    """

    submissions: list[Submission] = field(default_factory=list)
    months: set[Month] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    not_taken: list[str] = field(default_factory=list)


def receive_inbox(settings: Settings, progress: Progress | None = None) -> ReceivedBatch:
    """Take in every complete file of the inbox; findings never make it fail.

    Raises `LandingError` where the landing store fails and `ServerError` without a database.
    """
    report = progress or (lambda _message: None)
    received = ReceivedBatch()
    with _only_receiver(settings) as connection, Sandbox(settings) as sandbox:
        clear_leftovers(settings)
        with from_object_store(settings, connection, received.not_taken):
            arrivals = waiting_files(settings)
            if not arrivals:
                return received
            places = KnownPlaces.from_ledger(connection)
            assessor = Assessor(sandbox, places)
            waiting: list[Arrival] = []
            for start in range(0, len(arrivals), BATCH_FILES):
                batch = arrivals[start : start + BATCH_FILES]
                waiting += _receive(settings, connection, assessor, batch, received, may_wait=True)
                places.forget_projects()  # the batch may have listed more
                report(f"{start + len(batch) - len(waiting)} of {len(arrivals)} files taken in")
            if waiting:
                _receive(settings, connection, assessor, waiting, received, may_wait=False)
                report(f"{len(arrivals)} of {len(arrivals)} files taken in")
    return received


@contextmanager
def _only_receiver(settings: Settings) -> Iterator[psycopg.Connection]:
    """Hold the lock of the receiver; it ends with the connection, also when we are killed."""
    with (
        exclusive(settings, Lock.receive, Role.loader),
        connect(settings, Role.loader, autocommit=True) as connection,
    ):
        yield connection


def _receive(
    settings: Settings,
    connection: psycopg.Connection,
    assessor: Assessor,
    arrivals: Sequence[Arrival],
    received: ReceivedBatch,
    *,
    may_wait: bool,
) -> list[Arrival]:
    """Take some files in; return those that wait for the others of the inbox."""
    landed = _land_all(settings, arrivals)
    known = submissions_by_sha(connection, [file.sha256 for file in landed])
    assessed = _assess(settings, assessor, [f for f in landed if f.sha256 not in known], received)
    new = {
        digest: file
        for digest, file in assessed.items()
        if file is not None and not (may_wait and file.assessed.asks_for_a_project)
    }
    waiting = [
        file.arrival for file in landed if assessed.get(file.sha256) and file.sha256 not in new
    ]
    landed = [file for file in landed if file.sha256 in known or file.sha256 in new]
    with connection.transaction():
        changed = store_batch(connection, list(new.values()))
        stored = submissions_by_sha(connection, [file.sha256 for file in landed])
        repeated = [
            Duplicate(stored[file.sha256], file.arrival)
            for file in landed
            if file.sha256 not in new or new[file.sha256].landed is not file
        ]
        again = [duplicate for duplicate in repeated if not duplicate.is_leftover]
        told = record_duplicates(connection, again)
    leftover = [duplicate.submission for duplicate in repeated if duplicate.is_leftover]
    answered = [submission.submission_id for submission in stored.values()]
    write_answers(settings, connection, answered, assessor)
    for file in landed:
        clear(settings, file.arrival)
    taken_in = [*(stored[digest] for digest in new), *leftover]
    received.submissions += taken_in
    received.submissions += [duplicate.submission for duplicate in again]
    received.months |= changed
    received.months |= {
        Month.of(s.stat_month) for s in leftover if s.stat_month and s.state in _COUNTED
    }
    found = findings_of(connection, [s.submission_id for s in taken_in])
    received.findings += [f for s in taken_in for f in found.get(s.submission_id, [])]
    received.findings += told
    return waiting


def _assess(
    settings: Settings, assessor: Assessor, landed: Sequence[LandedFile], received: ReceivedBatch
) -> dict[str, NewReturn | None]:
    """Return the new returns by their sha256, None where our own code failed on one."""
    assessed: dict[str, NewReturn | None] = {}
    for file in landed:
        if file.sha256 in assessed:
            continue
        month = Month.of(file.arrival.received_at.astimezone(ZoneInfo(settings.timezone)))
        path = settings.landing_dir / file.landing_path
        try:
            found = assessor.assess(path, file.arrival.file_name, month, file.arrival.folder)
        except AssessmentError as error:  # a surprise in one file must never stop the others
            assessed[file.sha256] = None
            received.not_taken.append(str(error))
        else:
            assessed[file.sha256] = NewReturn(file, found)
    return assessed


def _land_all(settings: Settings, arrivals: Sequence[Arrival]) -> list[LandedFile]:
    landed = []
    for arrival in arrivals:
        try:
            landed.append(land(settings, arrival))
        except NotTakenError as error:
            log.warning("%s", error)
    return landed
