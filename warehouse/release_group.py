"""Which months are switched together: a month and the published ones that show it as last year."""

from __future__ import annotations

from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings


def release_group(settings: Settings, month: Month) -> list[Month]:
    """Return the months that one release switches with this one: it first, then in calendar order.

    Call it when the month has been built. A published month belongs to the group of another whose
    published columns it shows beside its own (or that shows its columns), as long as one of the
    two has to be built again for the other, or has a candidate that readers do not see yet. So a
    group that waits stays together however often it is asked for, and a month whose figures came
    out the same leaves it. Months never published are in no group but their own.
    """
    with connect(settings, Role.builder) as connection:
        rows = connection.execute(_PENDING).fetchall()
    pending = {Month.of(first_day) for (first_day,) in rows}
    group = {month}
    reached = [month]
    while reached:
        of = reached.pop()
        near = {of.shift(offset) for offset in (*_SHOWS, *(-o for o in _SHOWS))}
        found = (near & pending) - group
        group |= found
        reached += found
    return [month, *sorted(group - {month})]


# A month shows columns of the month a year before.
_SHOWS = (-12,)

# Published months whose candidate is not what readers see, or no longer fits the year before.
_PENDING = """
select shown.stat_month
from ops.release_month as shown
inner join ops.publication as publication on shown.publication_id = publication.publication_id
inner join ops.build as build on shown.stat_month = build.stat_month and build.in_force
left join ops.build as year_before
    on
        year_before.stat_month = (build.stat_month - interval '1 year')::date
        and year_before.in_force
where
    shown.valid_to is null
    and (
        build.candidate_hash is distinct from publication.candidate_hash
        or year_before.build_id > build.build_id
    )
"""
