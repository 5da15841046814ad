"""Every release there was, and whether what it published is still what it was: `tmw releases`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from warehouse.content_hash import NOTHING, hash_released
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings


@dataclass(frozen=True)
class Release:
    """One release. `months` holds a record for each month it switched, in calendar order:

    `stat_month, publication_id, replaced` (the publication in force before, if any),
    `in_force_until` (null while it is), `build_id, candidate_hash, mart_hashes, row_counts`.
    """

    release_id: int
    released_at: datetime
    kind: str
    reason: str
    signed_by: str | None
    reservations: list[dict[str, Any]]
    months: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw releases --json` prints, times as ISO text."""
        return {**asdict(self), "released_at": self.released_at.isoformat()}


@dataclass(frozen=True)
class HashDifference:
    """A mart of a publication whose rows are not those that were published."""

    publication_id: str
    table: str
    recorded: str | None
    found: str
    recorded_rows: int
    found_rows: int

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw releases --verify --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class Verification:
    """How many publications and marts were hashed again, and where they differ."""

    publications: int
    marts: int
    differences: list[HashDifference]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw releases --verify --json` prints."""
        return asdict(self)


def releases(settings: Settings, month: Month | None = None) -> list[Release]:
    """Return every release in the order they came into force, or those that switched a month."""
    with (
        connect(settings, Role.publisher) as connection,
        connection.cursor(row_factory=class_row(Release)) as cursor,
    ):
        cursor.execute(_RELEASES, {"month": month.first_day if month else None})
        return cursor.fetchall()


def verify_releases(settings: Settings, month: Month | None = None) -> Verification:
    """Hash the rows of every publication again, or those of a month, and compare.

    A mart that did not exist yet when a month was published has no rows there.
    """
    marts = mart_contracts(settings)
    first_day = month.first_day if month else None
    with connect(settings, Role.publisher) as connection:
        connection.execute("set transaction isolation level repeatable read")
        rows = connection.execute(
            "select publication_id, mart_hashes, row_counts from ops.publication"
            " where %(month)s::date is null or stat_month = %(month)s"
            " order by stat_month, build_id",
            {"month": first_day},
        ).fetchall()
        found = hash_released(connection, marts, month=first_day)
    recorded = {row[0]: (row[1], row[2]) for row in rows}
    differences = []
    for publication_id in [*recorded, *sorted(set(found) - set(recorded))]:
        hashes, counts = recorded.get(publication_id, ({}, {}))
        for mart in marts:
            digest, count = found.get(publication_id, {}).get(mart.subject, (NOTHING, 0))
            if digest != hashes.get(mart.subject, NOTHING):
                differences.append(
                    HashDifference(
                        publication_id, mart.subject, hashes.get(mart.subject), digest,
                        counts.get(mart.subject, 0), count,
                    )
                )  # fmt: skip
    return Verification(len(recorded), len(recorded) * len(marts), differences)


_RELEASES = """
with switched as (
    select
        release_id,
        stat_month,
        publication_id,
        lag(publication_id) over (partition by stat_month order by valid_from) as replaced,
        valid_from,
        valid_to
    from ops.release_month
)
select
    release.release_id,
    min(switched.valid_from) as released_at,
    release.kind,
    release.reason,
    release.signed_by,
    release.reservations,
    jsonb_agg(jsonb_build_object(
        'stat_month', to_char(switched.stat_month, 'YYYY-MM'),
        'publication_id', switched.publication_id,
        'replaced', switched.replaced,
        'in_force_until', switched.valid_to,
        'build_id', publication.build_id,
        'candidate_hash', publication.candidate_hash,
        'mart_hashes', publication.mart_hashes,
        'row_counts', publication.row_counts
    ) order by switched.stat_month) as months
from ops.release as release
inner join switched on release.release_id = switched.release_id
inner join ops.publication as publication
    on switched.publication_id = publication.publication_id
group by release.release_id
having %(month)s::date is null or bool_or(switched.stat_month = %(month)s)
order by released_at
"""
