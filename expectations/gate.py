"""The gate: is the candidate of a month fit to be published?

The verdict belongs to one build and to the hash of its candidate. The expectations run without
a lock; their results and the new state are written in one short transaction that first makes
sure, `for update`, that the build is still the one in force.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from expectations.model import GateResult, GateState, GateVerdict, Scope
from expectations.reporting import MISSING_RETURN
from expectations.runner import run_suites
from expectations.suites import all_suites
from expectations.taken_back import taken_back_result
from expectations.thresholds import load_thresholds
from warehouse.content_hash import hash_candidate
from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import GateError
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.signature_requests import is_refused
from warehouse.signing import valid_signature

_GATEABLE = ("built", "open", "held", "waiting_signature", "ready")


@dataclass(frozen=True)
class _Build:
    build_id: int
    token: UUID
    state: str
    candidate_hash: str


def gate_month(settings: Settings, month: Month, *, now: datetime | None = None) -> GateVerdict:
    """Judge the build in force of a month, record the results and set the build's state.

    Before the deadline of the month a missing return leaves it `open`. A published build is
    not judged again: its recorded results are returned. `now` is for tests. Raises `GateError`
    where there is no finished build, or where a newer build overtook this one.
    """
    with connect(settings, Role.builder) as connection:
        build = _build_in_force(connection, month)
        if build.state == "published":
            results = _recorded(connection, build.build_id)
            return GateVerdict(month, "published", build.build_id, build.candidate_hash, results)
        contracts = mart_contracts(settings)
        _check_candidate(connection, contracts, month, build)
        scope = Scope(
            month=month,
            build_id=build.build_id,
            contracts={contract.subject: contract for contract in contracts},
            thresholds=load_thresholds(month),
        )
        connection.commit()
        results = run_suites(settings, connection, all_suites(scope))
        connection.commit()
        # From here on no newer build and no rollback can come between the verdict and its record.
        _lock(connection, month, build)
        results += taken_back_result(connection, month, build.candidate_hash)
        state = _state(connection, month, build, results, now or datetime.now(UTC))
        _record(connection, build, results, state)
        return GateVerdict(month, state, build.build_id, build.candidate_hash, results)


def _build_in_force(connection: psycopg.Connection, month: Month) -> _Build:
    row = connection.execute(
        "select build_id, token, state, candidate_hash from ops.build"
        " where stat_month = %s and in_force",
        (month.first_day,),
    ).fetchone()
    remedy = f"Build it with `tmw build --month {month}`."
    if row is None:
        raise GateError(f"{month} has no build.", remedy=remedy)
    build_id, token, state, candidate_hash = row
    if candidate_hash is None or state not in (*_GATEABLE, "published"):
        raise GateError(f"Build {build_id} of {month} is {state}, not built.", remedy=remedy)
    return _Build(build_id, token, state, candidate_hash)


def _check_candidate(
    connection: psycopg.Connection,
    contracts: tuple[MartContract, ...],
    month: Month,
    build: _Build,
) -> None:
    """Refuse to judge a candidate that is no longer what the build made."""
    found = hash_candidate(connection, contracts, schema="marts", month=month.first_day)
    if found.total != build.candidate_hash:
        raise GateError(
            f"The candidate of {month} has changed since build {build.build_id} made it.",
            remedy=f"Build it again with `tmw build --month {month}`.",
        )


def _state(
    connection: psycopg.Connection,
    month: Month,
    build: _Build,
    results: tuple[GateResult, ...],
    now: datetime,
) -> GateState:
    failed = [result for result in results if not result.success]
    if any(result.check_id == MISSING_RETURN for result in failed) and now < _deadline(
        connection, month
    ):
        return "open"
    if any(result.severity == "critical" for result in failed):
        return "held"
    if any(result.severity == "warning" for result in failed) and not valid_signature(
        connection, month, build.build_id, build.candidate_hash
    ):
        refused = is_refused(connection, build.build_id, build.candidate_hash)
        return "held" if refused else "waiting_signature"
    return "ready"


def _deadline(connection: psycopg.Connection, month: Month) -> datetime:
    """Return the last deadline among the units that owe a return of the month."""
    row = connection.execute(
        "select max(deadline_at) from core.fct_return_monthly"
        " where stat_month = %s and (is_expected or is_excused)",
        (month.first_day,),
    ).fetchone()
    if row is None or row[0] is None:
        return datetime.min.replace(tzinfo=UTC)
    deadline: datetime = row[0]
    return deadline


def _lock(connection: psycopg.Connection, month: Month, build: _Build) -> None:
    """Lock the build; raise `GateError` when it is no longer the candidate that was judged."""
    row = connection.execute(
        "select state from ops.build where build_id = %s and in_force and token = %s"
        " and candidate_hash = %s for update",
        (build.build_id, build.token, build.candidate_hash),
    ).fetchone()
    if row is None or row[0] not in _GATEABLE:
        raise GateError(
            f"Build {build.build_id} of {month} was overtaken while it was judged.",
            remedy=f"Run `tmw gate --month {month}` again.",
        )


def _record(
    connection: psycopg.Connection,
    build: _Build,
    results: tuple[GateResult, ...],
    state: GateState,
) -> None:
    connection.execute("delete from ops.gate_result where build_id = %s", (build.build_id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.gate_result (build_id, candidate_hash, mart, check_id, severity,"
            " success, explained, observed, expected, unexpected_keys, message_zh, message_en,"
            " owner, reason) values"
            " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [_values(build, result) for result in results],
        )
    connection.execute(
        "update ops.build set state = %s where build_id = %s", (state, build.build_id)
    )
    connection.commit()


def _values(build: _Build, result: GateResult) -> tuple[Any, ...]:
    return (
        build.build_id,
        build.candidate_hash,
        result.mart,
        result.check_id,
        result.severity,
        result.success,
        result.explained,
        Jsonb(result.observed, dumps=_dumps),
        result.expected,
        Jsonb(list(result.unexpected), dumps=_dumps),
        result.message_zh,
        result.message_en,
        result.owner,
        result.reason,
    )


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _recorded(connection: psycopg.Connection, build_id: int) -> tuple[GateResult, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(
        "select mart, check_id, severity, success, explained, observed, expected,"
        " unexpected_keys, message_zh, message_en, owner, reason from ops.gate_result"
        " where build_id = %s order by check_id",
        (build_id,),
    ).fetchall()
    return tuple(
        GateResult(unexpected=tuple(row.pop("unexpected_keys") or ()), **row) for row in rows
    )
