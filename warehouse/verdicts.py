"""What the gate said of the build in force of a month, and why a month may not be published."""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from warehouse.errors import MonthHeldError, PublishError
from warehouse.month import Month


class LockedBuild(NamedTuple):
    """The build in force of a month, locked: no newer one can take its place meanwhile."""

    build_id: int
    state: str
    candidate_hash: str
    mart_hashes: dict[str, str]


def lock_build(connection: psycopg.Connection, month: Month) -> LockedBuild:
    """Lock the build in force; raise `PublishError` when there is none that ended well."""
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
    return LockedBuild(*row)


def not_fit(month: Month, state: str) -> MonthHeldError:
    """Return why a month in this state is not published, and what can be done."""
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
