"""village_poverty: FP-03 as filed, and the incidence of poverty of each village."""

from __future__ import annotations

from figures import Frame, both, percent, total, whole
from world import World

COUNTS = ("units", "households", "persons", "poor_households", "poor_persons")
KEYS = ["area_code", "village_id", "coverage", "pop_band"]
SHARED = ["village_kind", "programme_batch", "exit_year_planned"]


def village_poverty(world: World) -> Frame:
    filed = world.rows("fp03")
    frame = filed[["village_id", "coverage", "pop_band", *SHARED]].copy()
    frame[["village_id", "pop_band"]] = frame[["village_id", "pop_band"]].fillna("-")
    frame["area_code"] = filed["place_code"]
    for measure in COUNTS:
        frame[measure] = whole(filed[measure])
    top, bottom = both(frame, "poor_persons", "persons")
    frame["incidence_pct_numerator"], frame["incidence_pct_denominator"] = top, bottom
    sides = ["incidence_pct_numerator", "incidence_pct_denominator"]
    result = total(frame, KEYS, [*COUNTS, *sides])
    shared = frame.groupby(KEYS, dropna=False)[SHARED].agg(_shared).reset_index()
    result = result.merge(shared, on=KEYS)
    result["incidence_pct"] = percent(result[sides[0]], result[sides[1]])
    result["denominator_kind"] = "2"
    result["obs_status"] = "A"
    return world.with_area(result)


def _shared(values):
    """Return the value that all rows have in common, else nothing."""
    distinct = values.unique()
    return distinct[0] if len(distinct) == 1 else None
