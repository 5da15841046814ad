"""Put an earlier publication of a month in force again, by a named decision.

Nothing is overwritten: the rollback is a release of its own, the interval in force ends and a
new one begins. The figures taken back wait for a new signature from then on, whoever builds
them again; a corrected build goes out as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import PublishError, UsageError
from warehouse.month import Month
from warehouse.release_rows import switch_readers
from warehouse.revisions import record_revisions
from warehouse.settings import Settings
from warehouse.signers import require_signer


@dataclass(frozen=True)
class RollbackResult:
    """What a rollback put in force and what that replaced, by month.

    `release_id` is None where everything was as asked for already; those months are `unchanged`.
    """

    release_id: int | None
    publications: dict[str, str]
    replaced: dict[str, str]
    unchanged: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw rollback --json` prints."""
        return asdict(self)


class _Interval(NamedTuple):
    release_id: int
    publication_id: str
    kind: str
    signed_by: str | None
    reason: str


def rollback(
    settings: Settings,
    months: Sequence[Month],
    *,
    signed_by: str,
    reason: str,
    to: str | None = None,
) -> RollbackResult:
    """Put the publication before the present one (or `to`) in force again, all months or none.

    May be repeated: what is in force already is left as it is, and so is a month that this very
    signature and reason have rolled back. Raises `UsageError` without name or reason, or where
    it is not clear which publication is meant, `SignerError` when this person may not sign, and
    `PublishError` when there is nothing to go back to.
    """
    signed_by, reason = signed_by.strip(), reason.strip()
    if not signed_by or not reason:
        raise UsageError(
            "A rollback needs a name and a reason.", remedy="Give --sign NAME and --reason TEXT."
        )
    if not months or (to is not None and len(set(months)) > 1):
        raise UsageError(
            "A rollback to one publication needs its one month.", remedy="Give --month YYYY-MM."
        )
    try:
        with connect(settings, Role.publisher) as connection:
            require_signer(connection, signed_by)
            marts = mart_contracts(settings)
            return _rollback(connection, marts, sorted(set(months)), to, signed_by, reason)
    except psycopg.Error as error:
        raise PublishError(
            f"Nothing was rolled back: {' '.join(str(error).split())}",
            remedy="Run `tmw db migrate`, then the same command again.",
        ) from error


def _rollback(
    connection: psycopg.Connection,
    marts: Sequence[MartContract],
    months: Sequence[Month],
    to: str | None,
    signed_by: str,
    reason: str,
) -> RollbackResult:
    targets: dict[Month, str] = {}
    replaced: dict[Month, _Interval] = {}
    unchanged: dict[str, str] = {}
    for month in months:
        present, *earlier = _intervals(connection, month)
        target = to or _before(month, present, earlier, signed_by, reason)
        if target == present.publication_id:
            unchanged[str(month)] = target
            continue
        if target not in {interval.publication_id for interval in earlier}:
            raise UsageError(
                f"{target} has never been in force for {month}.",
                remedy=f"See `tmw releases --month {month}`.",
            )
        targets[month], replaced[month] = target, present
    if not targets:
        return RollbackResult(None, {}, {}, unchanged)
    release_id = _add_release(connection, targets, replaced, signed_by, reason)
    for month, target in targets.items():
        _take_back(connection, release_id, month, target)
    record_revisions(connection, marts, release_id, targets)
    switch_readers(connection, release_id, targets)
    return RollbackResult(
        release_id,
        {str(month): target for month, target in targets.items()},
        {str(month): present.publication_id for month, present in replaced.items()},
        unchanged,
    )


def _intervals(connection: psycopg.Connection, month: Month) -> list[_Interval]:
    """Return what was in force, the present first; no publish of the month goes on meanwhile."""
    connection.execute(
        "select from ops.build where stat_month = %s and in_force for update", [month.first_day]
    )
    rows = connection.execute(
        "select release_month.release_id, release_month.publication_id, release.kind,"
        " release.signed_by, release.reason"
        " from ops.release_month as release_month"
        " inner join ops.release as release on release_month.release_id = release.release_id"
        " where release_month.stat_month = %s order by release_month.valid_from desc",
        [month.first_day],
    ).fetchall()
    if not rows:
        raise PublishError(
            f"{month} has never been published.", remedy=f"See `tmw status --month {month}`."
        )
    return [_Interval(*row) for row in rows]


def _before(
    month: Month,
    present: _Interval,
    earlier: Sequence[_Interval],
    signed_by: str,
    reason: str,
) -> str:
    """Return the publication before the present one.

    After a rollback "the one before" would be the one just taken back, so a command repeated
    after a crash would undo itself: the same command changes nothing, another has to say more.
    """
    if present.kind == "rollback":
        if (present.signed_by, present.reason) == (signed_by, reason):
            return present.publication_id
        raise UsageError(
            f"{month} was rolled back to {present.publication_id} in release {present.release_id}.",
            remedy="Name the publication that shall be in force: --to PUBLICATION.",
        )
    if not earlier:
        raise PublishError(
            f"{present.publication_id} is the first publication of {month}: there is none before.",
            remedy="Correct the returns and build the month again.",
        )
    return earlier[0].publication_id


def _add_release(
    connection: psycopg.Connection,
    targets: dict[Month, str],
    replaced: dict[Month, _Interval],
    signed_by: str,
    reason: str,
) -> int:
    """Record the release; readers of an earlier publication get the reservations it had."""
    row = connection.execute(
        _ADD_RELEASE,
        {
            "reason": reason,
            "signed_by": signed_by,
            "targets": list(targets.values()),
            "left": Jsonb(_left_behind(connection, replaced)),
        },
    ).fetchone()
    if row is None:
        raise PublishError("No release was recorded.", remedy="Run the command again.")
    return int(row[0])


def _left_behind(
    connection: psycopg.Connection, replaced: dict[Month, _Interval]
) -> list[dict[str, str]]:
    """Return what readers should know of months that were switched together with these."""
    rows = connection.execute(
        "select stat_month, publication_id, release_id from ops.release_month"
        " where release_id = any(%s) and valid_to is null and not stat_month = any(%s)"
        " order by stat_month",
        [
            [present.release_id for present in replaced.values()],
            [month.first_day for month in replaced],
        ],
    ).fetchall()
    return [
        {
            "stat_month": str(Month.of(stat_month)),
            "check_id": "rollback",
            "zh": f"{publication_id} 与被撤回的数据同在第 {release_id} 号发布，未一并撤回",
            "en": f"{publication_id} was switched in release {release_id} together with what was"
            " taken back, and stays in force",
        }
        for stat_month, publication_id, release_id in rows
    ]


def _take_back(connection: psycopg.Connection, release_id: int, month: Month, target: str) -> None:
    """Record what was in force since the target was, and let those candidates wait."""
    values = {"release": release_id, "month": month.first_day, "target": target}
    connection.execute(_TAKE_BACK, values)
    connection.execute(_LET_WAIT, values)


_ADD_RELEASE = """
insert into ops.release (kind, reason, signed_by, reservations)
select 'rollback', %(reason)s, %(signed_by)s, %(left)s || coalesce(jsonb_agg(reservation), '[]')
from ops.publication as publication
inner join ops.release as release on publication.release_id = release.release_id
cross join lateral jsonb_array_elements(release.reservations) as reservation
where
    publication.publication_id = any(%(targets)s)
    and reservation ->> 'stat_month' = to_char(publication.stat_month, 'YYYY-MM')
returning release_id
"""

_TAKE_BACK = """
insert into ops.taken_back (release_id, publication_id)
select distinct %(release)s::bigint, publication_id
from ops.release_month
where
    stat_month = %(month)s
    and publication_id <> %(target)s
    and valid_from > (
        select max(valid_from) from ops.release_month
        where stat_month = %(month)s and publication_id = %(target)s
    )
"""

_LET_WAIT = """
update ops.build set state = 'waiting_signature'
from ops.publication as target
where
    build.stat_month = %(month)s
    and build.in_force
    and build.state in ('ready', 'published')
    and target.publication_id = %(target)s
    and build.candidate_hash <> target.candidate_hash
    and build.candidate_hash in (
        select publication.candidate_hash
        from ops.taken_back as taken_back
        inner join ops.publication as publication
            on taken_back.publication_id = publication.publication_id
        where taken_back.release_id = %(release)s and publication.stat_month = %(month)s
    )
"""
