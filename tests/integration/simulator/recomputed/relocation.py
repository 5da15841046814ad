"""relocation_progress: sums of FP-08 and the planned subsidy of one person, household or metre."""

from __future__ import annotations

import pandas as pd
from figures import Frame, fen, in_yuan, percent, status_of, total, whole
from world import World

RELOCATION = {
    "planned_households": "plan_hh",
    "planned_persons": "plan_p",
    "moved_households_month": "moved_hh_m",
    "moved_households_ytd": "moved_hh_y",
    "moved_households_total": "moved_hh_c",
    "moved_persons_month": "moved_p_m",
    "moved_persons_ytd": "moved_p_y",
    "moved_persons_total": "moved_p_c",
    "houses_planned": "houses_plan",
    "houses_finished": "houses_finished",
}
SUBSIDIES = {"subsidy_planned_yuan": "subsidy_plan", "subsidy_paid_yuan_ytd": "subsidy_y"}


def relocation_progress(world: World) -> Frame:
    filed = world.rows("fp08")
    frame = filed[["place_code", "mode"]].copy()
    frame["programme_code"], frame["plan_year"] = filed["programme"], filed["plan_year"]
    for measure, column in RELOCATION.items():
        frame[measure] = whole(filed[column])
    for measure, column in SUBSIDIES.items():
        frame[measure] = fen(filed[column])
    units = pd.Series(pd.NA, index=filed.index, dtype="Int64")
    for basis, column in (("1", "plan_p"), ("2", "plan_hh"), ("3", "house_area_m2")):
        units = units.mask(filed["standard_basis"] == basis, fen(filed[column]))
    priced = frame["subsidy_planned_yuan"].notna() & units.notna()
    frame["cost"], frame["cost_units"] = frame["subsidy_planned_yuan"].where(priced), units
    frame["cost_units"] = frame["cost_units"].where(priced)
    frame["basis"] = filed["standard_basis"].where(priced)
    frame = world.spread(frame)
    keys = ["area_code", "programme_code", "plan_year", "mode"]
    measures = [*RELOCATION, *SUBSIDIES]
    result = total(frame, keys, [*measures, "cost", "cost_units"])
    bases = frame.groupby(keys, dropna=False)["basis"].agg(["nunique", "max"]).reset_index()
    result = result.merge(bases, on=keys)
    result["obs_status"] = status_of(result, measures)
    one = result["nunique"] == 1
    result["unit_cost_yuan_numerator"] = in_yuan(result["cost"].where(one))
    result["unit_cost_yuan_denominator"] = in_yuan(result["cost_units"].where(one))
    result["unit_cost_yuan"] = percent(
        result["cost"].where(one), result["cost_units"].where(one), times=1
    )
    result["unit_cost_basis"] = result["max"].where(one)
    for measure in SUBSIDIES:
        result[measure] = in_yuan(result[measure])
    return world.with_area(result.drop(columns=["cost", "cost_units", "nunique", "max"]))
