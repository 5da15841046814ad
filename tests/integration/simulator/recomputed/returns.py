"""reporting: returns due, received, accepted and on time, and the required cells they fill."""

from __future__ import annotations

import pandas as pd
from figures import Frame, percent
from world import World

REQUIRED = {
    "fp01": {
        "123": ["place_code", "row_kind", "programme"],
        "12": ["project_code", "state", "progress_pct", "benefit_households", "benefit_persons"],
    },
    "fp01b": {"": ["project_code", "village_id"]},
    "fp02": {
        "123": ["place_code", "row_kind", "fund_source", "programme"],
        "12": ["amount_issued_y", "amount_inplace_y", "amount_paid_y", "amount_reimbursed_y"],
    },
    "fp02b": {"": ["claim_no"]},
    "fp03": {
        "123": ["place_code", "row_kind"],
        "12": ["coverage", "households", "persons", "poor_households", "poor_persons"],
        "1": ["village_id", "village_kind", "road", "power", "water", "school", "clinic",
              "arable_mu", "irrigated_mu"],
    },
    "fp08": {"123": ["place_code", "row_kind"], "12": ["programme", "plan_year", "mode"]},
}  # fmt: skip


def due_returns(world: World) -> Frame:
    """Return `reporting`: every unit of a clean simulation files every form in time."""
    counts = [
        world.unit_counts(form).assign(form_code=form)
        for form in sorted(set(world.returns["form_code"]))
    ]
    result = pd.concat(counts, ignore_index=True)
    for measure in ("expected", "received", "accepted", "on_time"):
        result[measure] = result["due"]
    for rate in ("reporting_rate_pct", "on_time_rate_pct"):
        result[f"{rate}_numerator"] = result[f"{rate}_denominator"] = result["due"]
        result[rate] = percent(result["due"], result["due"])
    result["obs_status"] = "A"
    return world.with_area(result.drop(columns="due"))


def completeness(world: World) -> Frame:
    """Return required and filled required cells of each area and form."""
    counted = []
    for name, by_kinds in REQUIRED.items():
        rows = world.all_rows(name)
        required = pd.Series(0, index=rows.index)
        filled = pd.Series(0, index=rows.index)
        for kinds, columns in by_kinds.items():
            due = rows["row_kind"].isin(list(kinds)) if kinds else pd.Series(True, rows.index)
            required += due * len(columns)
            filled += rows[columns].notna().sum(axis=1).where(due, 0)
        rows["required"], rows["filled"] = required, filled
        counted.append(rows[["unit", "form_code", "required", "filled"]])
    spread = world.spread(pd.concat(counted), "unit")
    return spread.groupby(["area_code", "form_code"])[["required", "filled"]].sum().reset_index()


def reporting(world: World) -> Frame:
    result = due_returns(world).merge(
        completeness(world), on=["area_code", "form_code"], how="left"
    )
    result["cell_completeness_pct_numerator"] = result["filled"].fillna(0).astype("Int64")
    result["cell_completeness_pct_denominator"] = result["required"].fillna(0).astype("Int64")
    result["cell_completeness_pct"] = percent(result["filled"], result["required"])
    return result.drop(columns=["filled", "required"])
