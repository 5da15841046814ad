"""A whole county, month by month: `simulate_county`."""

from __future__ import annotations

from collections.abc import Collection

from examples.simulator.chance import index_of
from examples.simulator.geography import read_county
from examples.simulator.tables import FORMS, SimulatedReturn, Simulation, month_indexes
from examples.simulator.totals import add_control_totals
from examples.simulator.township import office_world, township_world
from warehouse.errors import UsageError
from warehouse.month import Month

YEARS_BEFORE = 1  # plan years before the first month whose projects are still open


def simulate_county(
    county: str,
    first_month: Month,
    months: int,
    seed: int,
    *,
    townships: int | None = None,
    forms: Collection[str] = FORMS,
) -> Simulation:
    """Return what a county's townships and its office file over some months.

    `county` has 6 or 12 digits; `townships` takes the first so many. The same arguments give
    the same simulation; more months or fewer forms change nothing in those that remain, except
    that villages' counts are drawn from the first month on. Raises `UsageError` for a county or
    form that does not exist, or a simulation without months.
    """
    unknown = sorted(set(forms) - set(FORMS))
    if unknown or not forms:
        raise UsageError(
            f"The simulator has no form {', '.join(unknown) or '(none named)'}.",
            remedy=f"Name some of {', '.join(FORMS)}.",
        )
    if months < 1:
        raise UsageError(
            "A simulation needs at least one month.", remedy="Give --months 1 or more."
        )
    area = read_county(county, seed, townships)
    simulation = Simulation(area, first_month, months, seed)
    indexes = month_indexes(first_month, months)
    years = range(index_of(first_month) // 12 - YEARS_BEFORE, indexes[-1] // 12 + 1)
    *township_units, office = simulation.units
    worlds = [
        *(township_world(seed, area, township, years, indexes) for township in area.townships),
        office_world(seed, area, office, years),
    ]
    printed: dict[str, dict[int, int]] = {}
    for index in indexes:
        by_unit = {world.unit.area_code: world.rows(index) for world in worlds}
        add_control_totals(by_unit, office.area_code, index, printed)
        simulation.returns += [
            SimulatedReturn(unit, form, index, by_unit[unit.area_code][form])
            for unit in (*township_units, office)
            for form in FORMS
            if form in forms
        ]
    return simulation
