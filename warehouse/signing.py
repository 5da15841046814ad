"""A signature: a named person takes the warnings of one candidate upon them, with a reason."""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.signature_requests import is_refused
from warehouse.signers import require_signer
from warehouse.taken_back import taken_back
from warehouse.verdicts import lock_build, not_fit


class Signature(NamedTuple):
    """Who took a candidate's warnings upon them, and why."""

    signed_by: str
    reason: str


def valid_signature(
    connection: psycopg.Connection, month: Month, build_id: int, candidate_hash: str
) -> Signature | None:
    """Return the signature of this very candidate; a rollback voids those given before it."""
    rolled_back = taken_back(connection, month, candidate_hash)
    row = connection.execute(
        "select signed_by, reason from ops.signature where build_id = %s and candidate_hash = %s"
        " and signed_at >= coalesce(%s, '-infinity'::timestamptz)",
        [build_id, candidate_hash, rolled_back.since if rolled_back else None],
    ).fetchone()
    return Signature(*row) if row else None


def sign(settings: Settings, month: Month, signed_by: str, reason: str) -> int:
    """Sign the candidate of a month that waits for a signature; return its build.

    The signature names the build and its hash, so a newer build voids it. Raises `UsageError`
    without name or reason, `SignerError` when this person may not sign and `MonthHeldError`
    when no signature can help.
    """
    signed_by, reason = signed_by.strip(), reason.strip()
    if not signed_by or not reason:
        raise UsageError(
            "A signature needs a name and a reason.", remedy="Give --sign NAME and --reason TEXT."
        )
    with connect(settings, Role.publisher) as connection:
        require_signer(connection, signed_by)
        build = lock_build(connection, month)
        if build.state in ("ready", "published"):
            return build.build_id
        if build.state == "held" and is_refused(connection, build.build_id, build.candidate_hash):
            # who refused may think again; what the gate itself holds cannot be signed
            connection.execute(
                "update ops.build set state = 'waiting_signature' where build_id = %s",
                [build.build_id],
            )
        elif build.state != "waiting_signature":
            raise not_fit(month, build.state)
        record_signature(connection, build.build_id, build.candidate_hash, signed_by, reason)
    return build.build_id


def record_signature(
    connection: psycopg.Connection, build_id: int, candidate_hash: str, signed_by: str, reason: str
) -> None:
    """Write a signature down; a candidate has one, the last given. The caller checks the signer."""
    connection.execute(
        "insert into ops.signature (build_id, candidate_hash, signed_by, reason)"
        " values (%s, %s, %s, %s) on conflict (build_id) do update set"
        " candidate_hash = excluded.candidate_hash, signed_by = excluded.signed_by,"
        " reason = excluded.reason, signed_at = now()",
        [build_id, candidate_hash, signed_by, reason],
    )
