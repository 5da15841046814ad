"""Questions to those who may sign: asked once for some candidates, over when these have gone.

A request names builds and their hashes. It lists every month that has to be published together
with the one that waits, since they show each other's figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from warehouse.database import Role, connect
from warehouse.errors import PublishError
from warehouse.month import Month
from warehouse.settings import Settings

WAITING, FIT = "waiting_signature", ("waiting_signature", "ready", "published")


@dataclass(frozen=True)
class RequestedBuild:
    """A candidate of a request as it is now."""

    month: Month
    build_id: int
    candidate_hash: str
    state: str
    in_force: bool


@dataclass(frozen=True)
class SignatureRequest:
    """A request; open without `outcome`; `remark_*` say why the last answer did not count."""

    request_id: int
    stat_month: Month
    builds: tuple[RequestedBuild, ...]
    outcome: str | None
    answered_by: str | None
    reason: str | None
    remark_zh: str | None
    remark_en: str | None

    @property
    def months(self) -> list[Month]:
        """Return the months to be published together."""
        return [build.month for build in self.builds]

    @property
    def waiting(self) -> list[RequestedBuild]:
        """Return the candidates that lack a signature."""
        return [build for build in self.builds if build.state == WAITING]


def open_request(settings: Settings, months: Sequence[Month]) -> int | None:
    """Ask for the signatures these months need to be published together; return the request.

    The first month is the one the others depend on. The same candidates are asked for once. None
    when no signature would help: one of them is held or open, or none lacks a signature.
    """
    with connect(settings, Role.publisher) as connection:
        connection.execute("lock table ops.signature_request in share row exclusive mode")
        builds = _builds_in_force(connection, months)
        states = {build.state for build in builds}
        if len(builds) < len(set(months)) or not states.issubset(FIT) or WAITING not in states:
            return None
        found = open_requests(connection, months[0])
        for request in found:
            if request.builds == tuple(builds):
                return request.request_id
            end_request(connection, request.request_id, "superseded")
        row = connection.execute(
            "insert into ops.signature_request (stat_month) values (%s) returning request_id",
            [months[0].first_day],
        ).fetchone()
        if row is None:
            raise PublishError("No request was recorded.", remedy="Run the command again.")
        for build in builds:
            connection.execute(
                "insert into ops.signature_request_build (request_id, build_id, candidate_hash)"
                " values (%s, %s, %s)",
                [row[0], build.build_id, build.candidate_hash],
            )
    return int(row[0])


def open_requests(connection: psycopg.Connection, month: Month) -> list[SignatureRequest]:
    """Return the open requests that a month's run made, the newest first."""
    rows = connection.execute(
        "select request_id from ops.signature_request"
        " where stat_month = %s and outcome is null order by request_id desc",
        [month.first_day],
    ).fetchall()
    return [read_request(connection, row[0]) for row in rows]


def current_request(settings: Settings, month: Month) -> int | None:
    """Return the newest open request that a month's run made."""
    with connect(settings, Role.publisher) as connection:
        found = open_requests(connection, month)
    return found[0].request_id if found else None


def read_request(
    connection: psycopg.Connection, request_id: int, *, lock: bool = False
) -> SignatureRequest:
    """Return a request with its candidates as they are now; with `lock`, for a change."""
    row = connection.execute(
        "select stat_month, outcome, answered_by, reason, remark_zh, remark_en"
        " from ops.signature_request where request_id = %s" + (" for update" if lock else ""),
        [request_id],
    ).fetchone()
    if row is None:
        raise PublishError(f"There is no request {request_id}.", remedy="See `tmw status`.")
    builds = connection.execute(
        (_BUILDS + (" for update of build" if lock else "")).encode(), [request_id]
    ).fetchall()
    asked = tuple(RequestedBuild(Month.of(build[0]), *build[1:]) for build in builds)
    return SignatureRequest(request_id, Month.of(row[0]), asked, *row[1:])


def request_about(settings: Settings, month: Month) -> SignatureRequest | None:
    """Return the last request that names the build in force of a month."""
    with connect(settings, Role.publisher) as connection:
        row = connection.execute(
            "select max(asked.request_id) from ops.signature_request_build as asked"
            " inner join ops.build as build on asked.build_id = build.build_id"
            " where build.stat_month = %s and build.in_force",
            [month.first_day],
        ).fetchone()
        return read_request(connection, row[0]) if row and row[0] else None


def end_if_over(settings: Settings, request_id: int) -> str | None:
    """End a request whose candidates have gone, and return the outcome; None while it is open."""
    with connect(settings, Role.publisher) as connection:
        request = read_request(connection, request_id, lock=True)
        outcome = request.outcome or over(request)
        if outcome is not None and request.outcome is None:
            end_request(connection, request_id, outcome)
    return outcome


def over(request: SignatureRequest) -> str | None:
    """Return how a request ended without an answer: a newer build, or signed elsewhere."""
    if any(not build.in_force for build in request.builds):
        return "superseded"
    if not {build.state for build in request.builds}.issubset(FIT):
        return "superseded"
    return None if request.waiting else "settled"


def is_refused(connection: psycopg.Connection, build_id: int, candidate_hash: str) -> bool:
    """Tell whether a signature of this very candidate was refused or not given in time."""
    row = connection.execute(
        "select 1 from ops.signature_request as request"
        " inner join ops.signature_request_build as asked using (request_id)"
        " where asked.build_id = %s and asked.candidate_hash = %s"
        " and request.outcome in ('refused', 'timed_out')",
        [build_id, candidate_hash],
    ).fetchone()
    return row is not None


def _builds_in_force(
    connection: psycopg.Connection, months: Sequence[Month]
) -> list[RequestedBuild]:
    rows = connection.execute(
        "select stat_month, build_id, candidate_hash, state, in_force from ops.build"
        " where in_force and stat_month = any(%s) order by stat_month",
        [[month.first_day for month in months]],
    ).fetchall()
    return [RequestedBuild(Month.of(row[0]), *row[1:]) for row in rows]


def end_request(
    connection: psycopg.Connection,
    request_id: int,
    outcome: str,
    who: str | None = None,
    why: str | None = None,
) -> None:
    """Record how a request ended, where somebody answered by whom and why."""
    connection.execute(
        "update ops.signature_request set outcome = %s, answered_by = %s, reason = %s,"
        " ended_at = now() where request_id = %s",
        [outcome, who, why, request_id],
    )


_BUILDS = """
select build.stat_month, build.build_id, asked.candidate_hash, build.state, build.in_force
from ops.signature_request_build as asked
inner join ops.build as build on asked.build_id = build.build_id
where asked.request_id = %s
order by build.stat_month
"""
