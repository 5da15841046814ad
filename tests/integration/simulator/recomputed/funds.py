"""fund_by_source and fund_progress: sums of FP-02, rates over units that filed both sides."""

from __future__ import annotations

import pandas as pd
from codes import GROUP_OF
from figures import Frame, both, fen, in_yuan, percent, status_of, total, whole
from world import World

FLOWS = {"issued": "issued", "in_place": "inplace", "paid": "paid", "reimbursed": "reimbursed"}
RATES = {
    "in_place_rate_pct": ("in_place_yuan_fund_year", "issued_yuan_fund_year"),
    "in_place_of_plan_pct": ("in_place_yuan_ytd", "planned_yuan_year"),
    "expenditure_progress_pct": ("paid_yuan_fund_year", "in_place_yuan_fund_year"),
    "year_spending_rate_pct": ("paid_yuan_ytd", "spendable"),
    "reimbursement_rate_pct": ("reimbursed_yuan_fund_year", "in_place_yuan_fund_year"),
    "growth_pct": ("grown", "issued_yuan_ytd_last_year"),
    "lump_share_pct": ("lump", "issued_yuan_ytd"),
    "estimated_share_pct": ("estimated", "issued_yuan_ytd"),
}


def measured_funds(world: World, month: str) -> Frame:
    """Return FP-02 by row with the measures of the fund marts, in fen."""
    filed = world.rows("fp02", month)
    year = int(month[:4])
    of_year = whole(filed["fund_year"]) == year
    frame = filed[["unit", "place_code", "programme", "fund_source"]].copy()
    frame["planned_yuan_year"] = fen(filed["amount_planned_y"])
    frame["expected_yuan_year"] = fen(filed["expected_y"])
    frame["carried_in_yuan"] = fen(filed["carried_in"])
    for flow, column in FLOWS.items():
        frame[f"{flow}_yuan_month"] = fen(filed[f"amount_{column}_m"])
        frame[f"{flow}_yuan_ytd"] = fen(filed[f"amount_{column}_y"])
        frame[f"{flow}_yuan_fund_year"] = fen(filed[f"amount_{column}_c"]).where(of_year)
    issued = frame["issued_yuan_ytd"]
    frame["lump"] = issued.where(filed["row_kind"] == "2", issued * 0)
    frame["estimated"] = issued * 0
    return world.spread(frame)


def scoped(frame: Frame, key: str) -> Frame:
    """Return the rows once for their programme and once for 00, by source or by group and all."""
    programmes = pd.concat(
        [frame.assign(programme_code=frame["programme"]), frame.assign(programme_code="00")]
    )
    if key == "fund_source_code":
        return programmes.assign(fund_source_code=programmes["fund_source"])
    grouped = programmes.assign(source_group=programmes["fund_source"].map(GROUP_OF))
    return pd.concat([grouped, grouped.assign(source_group="all")])


def funds(world: World, key: str) -> Frame:
    """Return `fund_by_source` or `fund_progress`."""
    keys = ["area_code", "programme_code", key]
    this_year = scoped(measured_funds(world, world.month), key)
    measures = [c for c in this_year if c.endswith(("_month", "_ytd", "_year", "_yuan"))]
    measures += ["lump", "estimated"]
    by_unit = total(this_year, [*keys, "unit"], measures)
    flows = [f"{flow}_yuan_ytd" for flow in FLOWS]
    before = scoped(measured_funds(world, world.last_year), key)
    before = total(before, [*keys, "unit"], flows).rename(
        columns={flow: f"{flow}_last_year" for flow in flows}
    )
    by_unit = by_unit.merge(before, on=[*keys, "unit"], how="outer")
    by_unit["spendable"] = by_unit["carried_in_yuan"] + by_unit["in_place_yuan_ytd"]
    by_unit["grown"] = by_unit["issued_yuan_ytd"] - by_unit["issued_yuan_ytd_last_year"]
    measures += [f"{flow}_last_year" for flow in flows]
    for rate, (numerator, denominator) in RATES.items():
        top, bottom = both(by_unit, numerator, denominator)
        by_unit[f"{rate}_numerator"], by_unit[f"{rate}_denominator"] = top, bottom
        measures += [f"{rate}_numerator", f"{rate}_denominator"]
    result = total(by_unit, keys, measures)
    present = this_year[keys].drop_duplicates()
    result = result.merge(present, on=keys)
    filed = [m for m in measures if "_pct" not in m and m not in ("lump", "estimated")]
    result["obs_status"] = status_of(result, filed)
    for rate in RATES:
        result[rate] = percent(result[f"{rate}_numerator"], result[f"{rate}_denominator"])
    money = [m for m in measures if m not in ("lump", "estimated")]
    result[money] = result[money].apply(in_yuan)
    result["row_is_total"] = (result["programme_code"] == "00") | (result[key] == "all")
    months = int(world.month[5:7])
    result["time_progress_pct_numerator"], result["time_progress_pct_denominator"] = months, 12
    result["time_progress_pct"] = percent(
        result["time_progress_pct_numerator"], result["time_progress_pct_denominator"]
    )
    result = result.merge(world.unit_counts("FP-02"), on="area_code", how="left")
    due = result["due"].fillna(0).astype("Int64")
    result["units_due"] = result["units_included"] = due
    result["coverage_pct_numerator"] = result["coverage_pct_denominator"] = due
    result["coverage_pct"] = percent(due, due)
    return world.with_area(result.drop(columns=["lump", "estimated", "due"]))
