"""Publish months: one transaction of plain SQL that switches all readers at one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from warehouse.content_hash import hash_candidate
from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import MonthHeldError, PublishError, UsageError
from warehouse.month import Month
from warehouse.settings import Settings


@dataclass(frozen=True)
class ReleaseResult:
    """What a release switched: publication ids by month; months whose figures are the same."""

    release_id: int | None
    publications: dict[str, str]
    unchanged: tuple[str, ...]

    @property
    def publication_ids(self) -> tuple[str, ...]:
        """Return the ids of what was published, in calendar order."""
        return tuple(self.publications[month] for month in sorted(self.publications))

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw publish --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class _Candidate:
    month: Month
    build_id: int
    candidate_hash: str
    mart_hashes: dict[str, str]
    published_hash: str | None
    publications: int
    signed_by: str | None
    sign_reason: str | None


def sign(settings: Settings, month: Month, signed_by: str, reason: str) -> int:
    """Sign the candidate of a month that waits for a signature; return its build.

    The signature names the build and its hash, so a newer build voids it. Raises `UsageError`
    without name or reason and `MonthHeldError` when no signature can help.
    """
    if not signed_by.strip() or not reason.strip():
        raise UsageError(
            "A signature needs a name and a reason.", remedy="Give --sign NAME and --reason TEXT."
        )
    with connect(settings, Role.publisher) as connection:
        build_id, state, candidate_hash, _ = _lock_build(connection, month)
        if state in ("ready", "published"):
            return build_id
        if state != "waiting_signature":
            raise _not_fit(month, state)
        connection.execute(
            "insert into ops.signature (build_id, candidate_hash, signed_by, reason)"
            " values (%s, %s, %s, %s) on conflict (build_id) do update set"
            " candidate_hash = excluded.candidate_hash, signed_by = excluded.signed_by,"
            " reason = excluded.reason, signed_at = now()",
            [build_id, candidate_hash, signed_by.strip(), reason.strip()],
        )
    return build_id


def publish(
    settings: Settings,
    months: Sequence[Month],
    *,
    signed_by: str | None = None,
    reason: str | None = None,
) -> ReleaseResult:
    """Publish the candidates of these months in one release; all of them switch or none.

    A month needs the gate's verdict `ready`, or `waiting_signature` and a signature of its very
    candidate (given here or before by `sign`). Where the figures are those already published,
    the month is left as it is; without any change there is no release. Raises `MonthHeldError`
    when a month may not be published and `PublishError` when it was not built or not gated.
    """
    if not months:
        raise UsageError("No month is named.", remedy="Give --month YYYY-MM.")
    if signed_by is not None:
        for month in months:
            sign(settings, month, signed_by, reason or "")
    try:
        return _publish(settings, months, reason)
    except psycopg.Error as error:
        raise PublishError(
            f"Nothing was published: {' '.join(str(error).split())}",
            remedy="Run `tmw db migrate`, then publish again.",
        ) from error


def _publish(settings: Settings, months: Sequence[Month], reason: str | None) -> ReleaseResult:
    marts = mart_contracts(settings)
    with connect(settings, Role.publisher) as connection:
        candidates = [_candidate(connection, month) for month in sorted(set(months))]
        changed = [c for c in candidates if c.candidate_hash != c.published_hash]
        release_id = _release(connection, changed, reason) if changed else None
        publications: dict[str, str] = {}
        if release_id is not None:
            for candidate in changed:
                publications[str(candidate.month)] = _add_publication(
                    connection, release_id, candidate, marts
                )
            _switch(connection, release_id, changed, publications)
        connection.execute(
            "update ops.build set state = 'published' where build_id = any(%s)",
            [[candidate.build_id for candidate in candidates]],
        )
    return ReleaseResult(
        release_id=release_id,
        publications=publications,
        unchanged=tuple(str(c.month) for c in candidates if c not in changed),
    )


def _lock_build(
    connection: psycopg.Connection, month: Month
) -> tuple[int, str, str, dict[str, str]]:
    """Lock the build in force, so that no newer build can replace the candidate meanwhile."""
    row = connection.execute(
        "select build_id, state, candidate_hash, mart_hashes from ops.build"
        " where stat_month = %s and in_force for update",
        [month.first_day],
    ).fetchone()
    if row is None:
        raise PublishError(
            f"{month} has not been built.", remedy=f"Run `tmw build --month {month}` first."
        )
    if row[1] in ("building", "failed"):
        raise PublishError(
            f"The last build of {month} did not end well.",
            remedy=f"Run `tmw build --month {month}` again.",
        )
    return row


def _candidate(connection: psycopg.Connection, month: Month) -> _Candidate:
    build_id, state, candidate_hash, mart_hashes = _lock_build(connection, month)
    if state == "built":
        raise PublishError(
            f"{month} has been built, but no gate has passed it.",
            remedy=f"Run `tmw gate --month {month}` first.",
        )
    signature = connection.execute(
        "select signed_by, reason from ops.signature where build_id = %s and candidate_hash = %s",
        [build_id, candidate_hash],
    ).fetchone()
    signed = state == "waiting_signature" and signature is not None
    if state not in ("ready", "published") and not signed:
        raise _not_fit(month, state)
    known = connection.execute(
        "select count(*), max(candidate_hash) filter (where publication_id ="
        " (select publication_id from ops.release_month where stat_month = %(month)s"
        " and valid_to is null)) from ops.publication where stat_month = %(month)s",
        {"month": month.first_day},
    ).fetchone()
    publications, published_hash = known or (0, None)
    return _Candidate(
        month=month,
        build_id=build_id,
        candidate_hash=candidate_hash,
        mart_hashes=mart_hashes,
        published_hash=published_hash,
        publications=publications,
        signed_by=signature[0] if signature else None,
        sign_reason=signature[1] if signature else None,
    )


def _release(
    connection: psycopg.Connection, changed: Sequence[_Candidate], reason: str | None
) -> int:
    signers = sorted({c.signed_by for c in changed if c.signed_by})
    reasons = [reason] if reason else sorted({c.sign_reason for c in changed if c.sign_reason})
    if not reasons:
        first, later = "首次发布 first release", "更正发布 revised returns"
        reasons = [f"{c.month}: {later if c.publications else first}" for c in changed]
    row = connection.execute(
        "insert into ops.release (reason, signed_by, reservations) values (%s, %s, %s)"
        " returning release_id",
        ["; ".join(reasons), "; ".join(signers) or None, Jsonb(_reservations(connection, changed))],
    ).fetchone()
    if row is None:
        raise PublishError("No release was recorded.", remedy="Run the command again.")
    return int(row[0])


def _reservations(
    connection: psycopg.Connection, changed: Sequence[_Candidate]
) -> list[dict[str, Any]]:
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


def _add_publication(
    connection: psycopg.Connection,
    release_id: int,
    candidate: _Candidate,
    marts: Sequence[MartContract],
) -> str:
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
    candidate: _Candidate,
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


def _switch(
    connection: psycopg.Connection,
    release_id: int,
    changed: Sequence[_Candidate],
    publications: dict[str, str],
) -> None:
    """Close the intervals in force and open the new ones at one instant."""
    row = connection.execute("select clock_timestamp()").fetchone()
    now: datetime = row[0] if row else datetime.now().astimezone()
    for candidate in changed:
        connection.execute(
            "update ops.release_month set valid_to = %s where stat_month = %s and valid_to is null",
            [now, candidate.month.first_day],
        )
        connection.execute(
            "insert into ops.release_month (release_id, stat_month, publication_id, valid_from)"
            " values (%s, %s, %s, %s)",
            [
                release_id, candidate.month.first_day, publications[str(candidate.month)], now,
            ],
        )  # fmt: skip


def _not_fit(month: Month, state: str) -> MonthHeldError:
    if state == "waiting_signature":
        return MonthHeldError(
            f"{month} waits for a signature.",
            remedy=f"See `tmw status --month {month}`; sign with `tmw publish --month {month}"
            " --sign NAME --reason TEXT`.",
        )
    if state == "open":
        return MonthHeldError(
            f"{month} is open: returns are missing and their deadline has not passed.",
            remedy=f"See `tmw status --month {month}`.",
        )
    return MonthHeldError(
        f"{month} is held by its gate.", remedy=f"See `tmw gate --month {month}` for the reasons."
    )
