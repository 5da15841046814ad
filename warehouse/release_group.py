"""Which months are switched together: a month and the published ones that show it as last year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.readings import figure_months
from warehouse.reopened import reopenings
from warehouse.settings import Settings


def release_group(settings: Settings, month: Month) -> list[Month]:
    """Return the months that one release switches with this one: it first, then in calendar order.

    Call it when the month has been built. A published month belongs to the group of another whose
    published columns it shows beside its own (or that shows its columns), as long as one of the
    two has to be built again for the other, or has a candidate that readers do not see yet. So a
    group that waits stays together however often it is asked for, and a month whose figures came
    out the same leaves it. Months never published are in no group but their own.
    """
    return [month, *sorted(_reached(settings, [month]) - {month})]


def left_behind(settings: Settings, months: Iterable[Month]) -> list[Month]:
    """Return the months of the groups of these that are not among them, in calendar order."""
    switched = set(months)
    return sorted(_reached(settings, switched) - switched)


def _reached(settings: Settings, months: Iterable[Month]) -> set[Month]:
    with connect(settings, Role.builder) as connection:
        shown: dict[date, bool] = dict(connection.execute(_SHOWN).fetchall())
        pending = {Month.of(first_day) for first_day, is_pending in shown.items() if is_pending}
        pending |= {
            reason.month
            for reason in reopenings(connection, settings)
            if reason.decides == "figures" and reason.month.first_day in shown
        }
    steps = [step for apart in figure_months(settings) for step in (apart, -apart)]
    group = set(months)
    reached = list(group)
    while reached:
        of = reached.pop()
        near = {of.shift(step) for step in steps}
        found = (near & pending) - group
        group |= found
        reached += found
    return group


# Every published month, and whether its candidate is not what readers see.
_SHOWN = """
select shown.stat_month, build.candidate_hash is distinct from publication.candidate_hash
from ops.release_month as shown
inner join ops.publication as publication on shown.publication_id = publication.publication_id
inner join ops.build as build on shown.stat_month = build.stat_month and build.in_force
where shown.valid_to is null
"""
