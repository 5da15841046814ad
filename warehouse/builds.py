"""Build the candidate of a month: frozen input, one writer, dbt, findings, content hash."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from warehouse.build_findings import copy_findings, count_findings
from warehouse.content_hash import CandidateHash, hash_candidate
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.dbt import run_dbt
from warehouse.errors import BuildError, WarehouseError
from warehouse.faults import fault_in
from warehouse.ledger_events import last_event
from warehouse.locks import Lock, Progress, exclusive, silent
from warehouse.month import Month
from warehouse.readings import followed_readings, hand_on
from warehouse.settings import Settings
from warehouse.stated_reasons import explain_build
from warehouse.waivers import apply_waivers

ACCEPTED_STATES = ("accepted", "accepted_with_warnings")
# Without dbt's account of the project (manifest.json), which `tmw db migrate` writes: it is the
# same for every month, and writing it takes a tenth of a small build.
_MONTHLY = ("build", "--selector", "monthly", "--no-write-json")


@dataclass(frozen=True)
class BuildResult:
    """What a build made; `findings` counts those of the build by severity, explained apart."""

    build_id: int
    stat_month: str
    state: str
    candidate_hash: str
    submissions: int
    findings: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw build --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class OpenBuild:
    """A build that has begun: its token lets exactly this one write the month."""

    build_id: int
    month: Month
    token: UUID
    submissions: int


def build_month(settings: Settings, month: Month, progress: Progress = silent) -> BuildResult:
    """Build one month from the returns accepted until now and make that build the one in force.

    Waits for another build to end. The gate decides afterwards; nothing is published here.
    Raises `BuildError` when dbt fails or a newer build of the month has taken over; the build is
    then recorded as failed and what is published stays.
    """
    with exclusive(settings, Lock.build, Role.builder, progress):
        build = open_build(settings, month)
        progress(f"{month}: build {build.build_id} of {build.submissions} returns")
        try:
            run_dbt(settings, _MONTHLY, run=_run(build))
            return finish_build(settings, build)
        except (WarehouseError, psycopg.Error) as error:
            with contextlib.suppress(WarehouseError, psycopg.Error):  # else the next build does it
                _fail(settings, build, str(error))
            fault = fault_in(settings, error, f"The build of {month} failed")
            if fault is not None:
                raise fault from error
            if isinstance(error, WarehouseError):
                raise
            raise BuildError(
                f"The build of {month} failed: {' '.join(str(error).split())}",
                remedy="Build the month again; if it fails again, see the database's log.",
            ) from error


def open_build(settings: Settings, month: Month) -> OpenBuild:
    """Freeze the input of a new build and put it in force; its predecessor's token is void.

    A predecessor that never finished was killed: it is recorded as failed.
    """
    with connect(settings, Role.builder) as connection:
        connection.execute(
            "update ops.build set in_force = false,"
            " failure = case state when 'building' then 'ended before it was finished'"
            " else failure end,"
            " state = case when state = 'building' then 'failed'"
            " when state in ('published', 'failed') then state else 'superseded' end"
            " where stat_month = %s and in_force",
            [month.first_day],
        )
        row = connection.execute(
            "insert into ops.build (stat_month, state, seen_event_id) values (%s, 'building', %s)"
            " returning build_id, token",
            [month.first_day, last_event(connection)],
        ).fetchone()
        if row is None:
            raise BuildError("No build was recorded.", remedy="Run the command again.")
        frozen = connection.execute(
            "insert into ops.build_input (build_id, submission_id)"
            " select %s, submission_id from ops.submission"
            " where stat_month = %s and state = any(%s)",
            [row[0], month.first_day, list(ACCEPTED_STATES)],
        ).rowcount
    return OpenBuild(build_id=row[0], month=month, token=row[1], submissions=frozen)


def check_token(connection: psycopg.Connection, build: OpenBuild) -> None:
    """Lock the build's row; raise `BuildError` when a newer build of the month is in force."""
    row = connection.execute(
        "select 1 from ops.build where build_id = %s and token = %s and in_force for update",
        [build.build_id, build.token],
    ).fetchone()
    if row is None:
        raise BuildError(
            f"Build {build.build_id} of {build.month} was overtaken by a newer one.",
            remedy="Nothing is to be done: the newer build counts.",
        )


def finish_build(settings: Settings, build: OpenBuild) -> BuildResult:
    """Take over the findings, explain them, and hash the candidate, all or nothing."""
    with connect(settings, Role.builder) as connection:
        check_token(connection, build)
        copy_findings(connection, build.build_id, build.month.first_day)
        apply_waivers(connection, build.build_id, build.month.first_day)
        explain_build(connection, build.build_id)
        candidate = hash_candidate(
            connection, mart_contracts(settings), schema="marts", month=build.month.first_day
        )
        handed_on = hand_on(connection, followed_readings(settings), build.build_id, build.month)
        _record(connection, build, candidate, handed_on)
        findings = count_findings(connection, build.build_id)
    return BuildResult(
        build_id=build.build_id,
        stat_month=str(build.month),
        state="built",
        candidate_hash=candidate.total,
        submissions=build.submissions,
        findings=findings,
    )


def _run(build: OpenBuild) -> dict[str, str | int]:
    return {
        "STAT_MONTH": build.month.first_day.isoformat(),
        "BUILD_ID": build.build_id,
        "BUILD_TOKEN": str(build.token),
    }


def _record(
    connection: psycopg.Connection,
    build: OpenBuild,
    candidate: CandidateHash,
    handed_on: dict[str, str],
) -> None:
    connection.execute(
        "update ops.build set state = 'built', finished_at = now(), candidate_hash = %s,"
        " mart_hashes = %s, handed_on = %s where build_id = %s",
        [candidate.total, Jsonb(candidate.by_subject), Jsonb(handed_on), build.build_id],
    )


def _fail(settings: Settings, build: OpenBuild, message: str) -> None:
    with connect(settings, Role.builder) as connection:
        connection.execute(
            "update ops.build set state = 'failed', finished_at = now(), failure = %s"
            " where build_id = %s and state = 'building'",
            [message, build.build_id],
        )
