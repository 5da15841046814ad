"""project_status and project_progress: FP-01 as filed, beside the money FP-02 names it with."""

from __future__ import annotations

import pandas as pd
from figures import Frame, Series, both, fen, in_yuan, percent, total, whole
from world import World

DATES = ("apply_date", "approve_date", "start_date", "complete_date", "twp_accept_date",
         "cty_accept_date", "handover_date", "audit_date")  # fmt: skip
AS_FILED = {
    "row_kind": "row_kind",
    "project_code": "project_code",
    "project_name": "project_name",
    "programme_code": "programme",
    "plan_year": "plan_year",
    "batch_no": "batch_no",
    "construct_mode": "construct_mode",
    "place_code": "place_code",
    "filing_unit_code": "unit",
    "state_code": "state",
    **{day: day for day in DATES},
}
AMOUNTS = {
    "applied_yuan": "amount_applied",
    "approved_yuan": "amount_approved",
    "planned_yuan": "plan_amount",
    "investment_done_yuan_ytd": "investment_done_y",
    "investment_done_yuan": "investment_done_c",
}
COUNTS = ("units", "benefit_households", "benefit_persons")


def project_rows(world: World) -> Frame:
    """Return the projects and lines of the month with the money filed under their codes, in fen."""
    filed = world.rows("fp01")
    frame = pd.DataFrame({name: filed[column] for name, column in AS_FILED.items()})
    for measure, column in AMOUNTS.items():
        frame[measure] = fen(filed[column])
    for measure in COUNTS:
        frame[measure] = whole(filed[measure])
    frame["progress"] = fen(filed["progress_pct"])  # hundredths of a point
    return frame.merge(project_money(world), on="project_code", how="left")


def project_money(world: World) -> Frame:
    """Return money issued and paid since the start by project; sides by unit that filed both."""
    filed = world.rows("fp02")
    filed = filed[filed["project_code"].notna() & (filed["project_code"] != "-")]
    frame = filed[["project_code", "unit"]].copy()
    frame["issued_yuan_total"] = fen(filed["amount_issued_c"])
    frame["paid_yuan_total"] = fen(filed["amount_paid_c"])
    money = ["issued_yuan_total", "paid_yuan_total"]
    by_unit = total(frame, ["project_code", "unit"], money)
    by_unit["top"], by_unit["bottom"] = both(by_unit, "paid_yuan_total", "issued_yuan_total")
    return total(by_unit, ["project_code"], [*money, "top", "bottom"])


def project_status(world: World) -> Frame:
    frame = project_rows(world).rename(
        columns={"top": "money_progress_pct_numerator", "bottom": "money_progress_pct_denominator"}
    )
    top, bottom = both(frame, "paid_yuan_total", "investment_done_yuan")
    frame["payment_rate_pct_numerator"], frame["payment_rate_pct_denominator"] = top, bottom
    for rate in ("money_progress_pct", "payment_rate_pct"):
        frame[rate] = percent(frame[f"{rate}_numerator"], frame[f"{rate}_denominator"])
    progress = in_yuan(frame["progress"])
    gap = fen(frame["money_progress_pct"]) - frame["progress"]
    frame["progress_gap_points"] = in_yuan(gap)
    frame["progress_pct"] = progress
    money = [*AMOUNTS, "issued_yuan_total", "paid_yuan_total"]
    money += [c for c in frame if c.endswith(("_numerator", "_denominator"))]
    frame[money] = frame[money].apply(in_yuan)
    frame["obs_status"] = "A"
    return world.with_area(world.spread(frame.drop(columns="progress")))


STAGES = ("proposed", "approved", "started", "completed", "county_accepted", "handed_over",
          "terminated")  # fmt: skip
REACHED = {
    "started": ("start_date", "4"),
    "completed": ("complete_date", "5"),
    "county_accepted": ("cty_accept_date", "7"),
    "handed_over": ("handover_date", "8"),
}


def with_stages(frame: Frame) -> Frame:
    """Add which stages a project has reached: by its date or by its state."""
    state, line = frame["state_code"], frame["row_kind"] == "2"
    frame["proposed"] = state.isin(["1", "2"])
    frame["approved"] = state.isin(list("345678"))
    frame["terminated"] = state == "9"
    for stage, (day, first_state) in REACHED.items():
        reached = frame[day].notna() | (state >= first_state)
        frame[stage] = reached & frame["approved"]
    frame["projects"] = frame["units"].where(line, 1)
    return frame


def project_progress(world: World) -> Frame:
    frame = world.spread(with_stages(project_rows(world)))
    frame = pd.concat([frame, frame.assign(programme_code="00")])
    keys = ["area_code", "programme_code"]
    number = frame["projects"]
    counted = {
        "start_rate_pct": (frame["started"], frame["approved"]),
        "completion_rate_pct": (frame["completed"], frame["approved"]),
        "acceptance_pass_rate_pct": (
            frame["completed"] & frame["county_accepted"], frame["completed"],
        ),
        "handover_rate_pct": (
            frame["county_accepted"] & frame["handed_over"], frame["county_accepted"],
        ),
    }  # fmt: skip
    for rate, sides in counted.items():
        for side, holds in zip(("numerator", "denominator"), sides, strict=True):
            frame[f"{rate}_{side}"] = number.where(holds, 0)
    for stage in STAGES:
        frame[f"{stage}_projects"] = number.where(frame[stage], 0)
    alive = ~frame["terminated"]
    weighed = frame["planned_yuan"].where(alive & frame["progress"].notna())
    frame["done"] = weighed * frame["progress"]  # fen x hundredths of a point
    frame["weight"] = weighed
    frame["top"], frame["bottom"] = frame["top"].where(alive), frame["bottom"].where(alive)
    amounts = ["planned_yuan", "investment_done_yuan_ytd", "investment_done_yuan",
               "issued_yuan_total", "paid_yuan_total"]  # fmt: skip
    numbers = ["projects", *(f"{stage}_projects" for stage in STAGES)]
    numbers += [f"{rate}_{side}" for rate in counted for side in ("numerator", "denominator")]
    summed = total(frame, keys, [*numbers, *amounts, "done", "weight", "top", "bottom"])
    for rate in counted:
        summed[rate] = percent(summed[f"{rate}_numerator"], summed[f"{rate}_denominator"])
    summed = _progress(summed, "physical_progress_pct", _hundredths(summed["done"]), "weight")
    summed = _progress(summed, "money_progress_pct", summed["top"], "bottom")
    summed[amounts] = summed[amounts].apply(in_yuan)
    summed["row_is_total"] = summed["programme_code"] == "00"
    summed["obs_status"] = "A"
    return world.with_area(summed.drop(columns=["done", "weight", "top", "bottom"]))


def _hundredths(product: Series) -> Series:
    """Return fen x hundredths of a point as fen: half-up, like any sum of yuan."""
    return product.map(lambda value: (int(value) + 5_000) // 10_000, na_action="ignore")


def _progress(summed: Frame, rate: str, numerator: Series, denominator: str) -> Frame:
    summed[rate] = percent(numerator, summed[denominator])
    summed[f"{rate}_numerator"] = in_yuan(numerator)
    summed[f"{rate}_denominator"] = in_yuan(summed[denominator])
    return summed
