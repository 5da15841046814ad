"""Figures a rollback took back: they go out again by a new signature only."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import psycopg

from warehouse.month import Month


class TakenBack(NamedTuple):
    """The rollback that took figures back: its release, since when, by whom and why."""

    release_id: int
    since: datetime
    signed_by: str
    reason: str


def taken_back(
    connection: psycopg.Connection, month: Month, candidate_hash: str
) -> TakenBack | None:
    """Return the rollback that took the figures of this hash back, unless readers saw them since.

    The hash counts and not the build: the same figures built again are the same figures.
    """
    row = connection.execute(
        _TAKEN_BACK, {"month": month.first_day, "hash": candidate_hash}
    ).fetchone()
    return TakenBack(*row) if row else None


# The last interval of any publication with these figures, and the rollback that came after it.
_TAKEN_BACK = """
select release.release_id, opened.valid_from, release.signed_by, release.reason
from ops.taken_back as taken_back
inner join ops.publication as publication
    on taken_back.publication_id = publication.publication_id
inner join ops.release as release on taken_back.release_id = release.release_id
inner join ops.release_month as opened
    on
        release.release_id = opened.release_id
        and publication.stat_month = opened.stat_month
where
    publication.stat_month = %(month)s
    and publication.candidate_hash = %(hash)s
    and not exists (
        select from ops.release_month as shown
        inner join ops.publication as again on shown.publication_id = again.publication_id
        where
            again.stat_month = %(month)s
            and again.candidate_hash = %(hash)s
            and shown.valid_from >= opened.valid_from
    )
order by opened.valid_from desc
limit 1
"""
