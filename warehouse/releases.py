"""Publish months: one transaction of plain SQL that switches all readers at one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import NotGatedError, PublishError, UsageError
from warehouse.explanations import record_explanations
from warehouse.faults import fault_in
from warehouse.month import Month
from warehouse.release_group import left_behind
from warehouse.release_rows import (
    Candidate,
    add_publication,
    add_release,
    switch_readers,
)
from warehouse.revisions import record_revisions
from warehouse.settings import Settings
from warehouse.signing import sign, valid_signature
from warehouse.taken_back import taken_back
from warehouse.verdicts import lock_build, not_fit


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
    the month is left as it is; without any change there is no release. Months that belong to the
    same group and are left out are told to readers as reservations. Raises `MonthHeldError`
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
        named = ", ".join(str(month) for month in sorted(set(months)))
        fault = fault_in(settings, error, f"{named} may not have been published")
        if fault is not None:  # lost at the very end, the release is there whole or not at all
            raise fault from error
        raise PublishError(
            f"Nothing was published: {' '.join(str(error).split())}",
            remedy="Run `tmw db migrate`, then publish again.",
        ) from error


def _publish(settings: Settings, months: Sequence[Month], reason: str | None) -> ReleaseResult:
    marts = mart_contracts(settings)
    with connect(settings, Role.publisher) as connection:
        candidates = [_candidate(connection, month) for month in sorted(set(months))]
        changed = [c for c in candidates if c.candidate_hash != c.published_hash]
        left = left_behind(settings, [c.month for c in changed])
        release_id = add_release(connection, changed, reason, left) if changed else None
        publications: dict[Month, str] = {}
        if release_id is not None:
            for candidate in changed:
                publications[candidate.month] = add_publication(
                    connection, release_id, candidate, marts
                )
            record_explanations(connection, list(publications.values()))
            record_revisions(connection, marts, release_id, publications)
            switch_readers(connection, release_id, publications)
        connection.execute(
            "update ops.build set state = 'published' where build_id = any(%s)",
            [[candidate.build_id for candidate in candidates]],
        )
    return ReleaseResult(
        release_id=release_id,
        publications={str(month): name for month, name in publications.items()},
        unchanged=tuple(str(c.month) for c in candidates if c not in changed),
    )


def _candidate(connection: psycopg.Connection, month: Month) -> Candidate:
    build_id, state, candidate_hash, mart_hashes = lock_build(connection, month)
    if state == "built":
        raise NotGatedError(
            f"{month} has been built, but no gate has passed it.",
            remedy=f"Run `tmw gate --month {month}` first.",
        )
    signature = valid_signature(connection, month, build_id, candidate_hash)
    signed = state == "waiting_signature" and signature is not None
    if state not in ("ready", "published") and not signed:
        raise not_fit(month, state)
    if signature is None and taken_back(connection, month, candidate_hash):
        raise not_fit(month, "waiting_signature")
    known = connection.execute(
        "select count(*), max(candidate_hash) filter (where publication_id ="
        " (select publication_id from ops.release_month where stat_month = %(month)s"
        " and valid_to is null)) from ops.publication where stat_month = %(month)s",
        {"month": month.first_day},
    ).fetchone()
    publications, published_hash = known or (0, None)
    return Candidate(
        month=month,
        build_id=build_id,
        candidate_hash=candidate_hash,
        mart_hashes=mart_hashes,
        published_hash=published_hash,
        publications=publications,
        signed_by=signature.signed_by if signature else None,
        sign_reason=signature.reason if signature else None,
    )
