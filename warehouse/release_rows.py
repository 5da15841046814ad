"""What a release writes: its record, its publications with their rows, the switch of readers.

All of it runs in the one transaction that `warehouse.releases.publish` opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from warehouse.content_hash import hash_candidate
from warehouse.contracts import MartContract
from warehouse.errors import PublishError
from warehouse.locks import Lock, lock_until_commit
from warehouse.month import Month


@dataclass(frozen=True)
class Candidate:
    """A gated build on its way to readers; `published_hash` is that of the release in force."""

    month: Month
    build_id: int
    candidate_hash: str
    mart_hashes: dict[str, str]
    published_hash: str | None
    publications: int
    signed_by: str | None
    sign_reason: str | None


def add_release(
    connection: psycopg.Connection,
    changed: Sequence[Candidate],
    reason: str | None,
    left: Sequence[Month],
) -> int:
    """Record the release and return its id; the reason is made up where none was given.

    `left` are months that show figures of these, or are shown by them, and are not switched.
    """
    signers = sorted({c.signed_by for c in changed if c.signed_by})
    reasons = [reason] if reason else sorted({c.sign_reason for c in changed if c.sign_reason})
    if not reasons:
        first, later = "首次发布 first release", "更正发布 revised returns"
        reasons = [f"{c.month}: {later if c.publications else first}" for c in changed]
    reservations = _warnings(connection, changed) + _left_behind(changed, left)
    row = connection.execute(
        "insert into ops.release (reason, signed_by, reservations) values (%s, %s, %s)"
        " returning release_id",
        ["; ".join(reasons), "; ".join(signers) or None, Jsonb(reservations)],
    ).fetchone()
    if row is None:
        raise PublishError("No release was recorded.", remedy="Run the command again.")
    return int(row[0])


def _left_behind(changed: Sequence[Candidate], left: Sequence[Month]) -> list[dict[str, Any]]:
    """Return what readers should know of months that no longer fit those switched."""
    switched = ", ".join(str(candidate.month) for candidate in changed)
    return [
        {
            "stat_month": str(month),
            "check_id": "group",
            "zh": f"{month} 与 {switched} 的数字互相引用，未一并发布",
            "en": f"{month} belongs together with {switched} and was not switched with it",
        }
        for month in left
    ]


def _warnings(connection: psycopg.Connection, changed: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Return what readers should know: the gate's warnings that a signature let pass."""
    rows = connection.execute(
        "select build.stat_month, result.check_id, result.message_zh, result.message_en"
        " from ops.gate_result as result"
        " inner join ops.build as build on result.build_id = build.build_id"
        " where result.build_id = any(%s) and not result.success and not result.explained"
        " and result.severity = 'warning' order by build.stat_month, result.check_id",
        [[candidate.build_id for candidate in changed]],
    ).fetchall()
    return [
        {"stat_month": str(Month.of(row[0])), "check_id": row[1], "zh": row[2], "en": row[3]}
        for row in rows
    ]


def add_publication(
    connection: psycopg.Connection,
    release_id: int,
    candidate: Candidate,
    marts: Sequence[MartContract],
) -> str:
    """Copy one month's candidate into `released` with its manifest; return its id."""
    publication_id = f"{candidate.month}.r{candidate.publications + 1}"
    rows: dict[str, int] = {}
    for mart in marts:
        columns = sql.SQL(", ").join(map(sql.Identifier, mart.column_names))
        rows[mart.subject] = connection.execute(
            sql.SQL(
                "insert into {released} (publication_id, {columns})"
                " select %s, {columns} from {candidate} where stat_month = %s"
            ).format(
                released=sql.Identifier("released", mart.subject),
                candidate=sql.Identifier("marts", mart.name),
                columns=columns,
            ),
            [publication_id, candidate.month.first_day],
        ).rowcount
    connection.execute(
        "insert into ops.publication (publication_id, stat_month, build_id, release_id,"
        " candidate_hash, mart_hashes, row_counts) values (%s, %s, %s, %s, %s, %s, %s)",
        [
            publication_id, candidate.month.first_day, candidate.build_id, release_id,
            candidate.candidate_hash, Jsonb(candidate.mart_hashes), Jsonb(rows),
        ],
    )  # fmt: skip
    _require_same(connection, candidate, publication_id, marts)
    return publication_id


def _require_same(
    connection: psycopg.Connection,
    candidate: Candidate,
    publication_id: str,
    marts: Sequence[MartContract],
) -> None:
    """Compare what was inserted with what was gated: nobody may have touched the candidate."""
    released = hash_candidate(
        connection,
        marts,
        schema="released",
        month=candidate.month.first_day,
        publication_id=publication_id,
    )
    if released.total != candidate.candidate_hash:
        raise PublishError(
            f"The candidate of {candidate.month} is not the one that was built and gated.",
            remedy=f"Run `tmw build --month {candidate.month}` again.",
        )


def switch_readers(
    connection: psycopg.Connection, release_id: int, publications: Mapping[Month, str]
) -> None:
    """Close the intervals in force and open the new ones at one instant, until the commit.

    Releases are switched one after the other, and each instant is later than every one before,
    whatever the server's clock does: what was in force when is never in doubt.
    """
    lock_until_commit(connection, Lock.release)
    row = connection.execute(
        "select greatest(clock_timestamp(), max(valid_from) + interval '1 microsecond')"
        " from ops.release_month"
    ).fetchone()
    if row is None:
        raise PublishError("No instant could be fixed.", remedy="Run the command again.")
    for month, publication_id in publications.items():
        connection.execute(
            "update ops.release_month set valid_to = %s where stat_month = %s and valid_to is null",
            [row[0], month.first_day],
        )
        connection.execute(
            "insert into ops.release_month (release_id, stat_month, publication_id, valid_from)"
            " values (%s, %s, %s, %s)",
            [release_id, month.first_day, publication_id, row[0]],
        )
