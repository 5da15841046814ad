"""control_total: each figure of a control total beside the sum of the rows that make it up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
from codes import COVERS, INDUSTRY
from figures import Frame, Series
from world import ADDITIVE_KINDS, World

FLOWS = ("issued", "inplace", "paid", "reimbursed")
KEYS = {
    "fp01": ["project_code", "programme"],
    "fp02": ["fund_doc_no", "fund_source", "project_code", "programme"],
    "fp03": ["village_id", "coverage", "pop_band"],
    "fp08": ["site_code", "from_village", "programme", "plan_year", "mode"],
}
MEASURES = {
    "fp01": ["units", "amount_applied", "amount_approved", "plan_amount", "investment_done_m",
             "investment_done_y", "investment_done_c", "benefit_households", "benefit_persons",
             "maintenance_fund"],
    "fp02": ["units", "amount_planned_y", "amount_planned_c", "expected_y", "carried_in",
             *(f"amount_{flow}_{basis}" for flow in FLOWS for basis in "myc"),
             "advance_open", "payable", "bridged", "retention", "balance", "labour_days_m",
             "labour_days_y", "labour_days_expected_y"],
    "fp03": ["units", "households", "persons", "poor_households", "poor_persons", "arable_mu",
             "irrigated_mu"],
    "fp08": ["units", "plan_hh", "plan_p", "target5_p", "moved_hh_m", "moved_hh_y", "moved_hh_c",
             "moved_p_m", "moved_p_y", "moved_p_c", "houses_plan", "houses_started",
             "houses_roofed", "houses_finished", "house_area_m2", "subsidy_plan", "subsidy_y",
             "subsidy_c"],
}  # fmt: skip
GROWING = {"fp02": ("amount_issued_y", "expected_y"), "fp08": ("moved_p_y", "subsidy_y")}
TOLERANCE = Decimal("0.1")
UNITS_OF = (
    ("growth", "%"), ("units", "个"), ("labour_days", "工日"), ("_hh", "户"), ("households", "户"),
    ("plan_p", "人"), ("target5_p", "人"), ("moved_p", "人"), ("persons", "人"),
    ("houses_", "套"), ("house_area", "平方米"), ("_mu", "亩"),
)  # fmt: skip
LOANS = {"06", "07", "08"}
NOT_LOANED = {"units", "amount_planned_c", "expected_y", "carried_in"}


def unit_of(measure: str) -> str:
    return next((unit for part, unit in UNITS_OF if part in measure), "元")


def covered(total_row: Series, column: str, value: object) -> bool:
    """Return whether a code belongs to what a total names: itself, or one the total covers."""
    wanted = total_row[column]
    if pd.isna(wanted) or wanted in ("-", "0" if column == "mode" else None):
        return True
    if column == "programme":
        return wanted in (value, "00") or (wanted == "40" and value in INDUSTRY)
    return value == wanted or (column == "fund_source" and value in COVERS.get(wanted, ()))


def parts_of(world: World, name: str, row: Series, rows: Frame) -> Frame:
    """Return the rows a control total is compared with."""
    if row["compare_with"] == "2":
        same = (rows["unit"] == row["unit"]) & (rows["place_code"] == row["place_code"])
        same &= (rows["row_kind"] == "3") & (rows["programme"] == row["programme"])
        beside = rows[same & (rows.index != row.name)]
        sources = set(COVERS.get(row["fund_source"], ()))
        inside = [set(COVERS.get(s, [s])) <= sources for s in beside["fund_source"]]
        return beside[inside]
    inside = rows["row_kind"].isin(ADDITIVE_KINDS)
    inside &= rows["place_code"].map(lambda place: row["place_code"] in world.above(place))
    for column in KEYS[name]:
        inside &= rows[column].map(lambda value, c=column: covered(row, c, value)).astype(bool)
    return rows[inside]


def filed_elsewhere(row: Series, measure: str) -> bool:
    """Return whether loans of FP-06, which no simulation files, belong to the total."""
    if measure in NOT_LOANED or not measure.startswith("amount_") or row["compare_with"] == "2":
        return False
    loans = any(covered(row, "programme", programme) for programme in LOANS)
    return loans and covered(row, "fund_source", "31")


def judged(row: Series, printed: Decimal, values: list[Decimal], elsewhere: bool) -> dict:
    computed = sum(values) if values and not elsewhere else None
    tolerance = Decimal(row["tolerance"]) if pd.notna(row["tolerance"]) else Decimal(0)
    complete = row["list_complete"] in ("True", "true", "是", "1")
    if elsewhere:
        verdict = "not_evaluated"
    elif computed is None:
        verdict = "no_parts"
    elif abs(printed - computed) <= tolerance:
        verdict = "holds"
    else:
        verdict = "broken" if complete or computed > printed else "remainder"
    return {
        "printed": f"{printed:.2f}",
        "computed": None if computed is None else f"{computed:.2f}",
        "difference": None if computed is None else f"{printed - computed:.2f}",
        "tolerance": f"{tolerance:.2f}",
        "list_complete": complete,
        "verdict": verdict,
    }


def growth(name: str, row: Series) -> dict | None:
    """Return the growth printed in a total beside the growth of its two figures."""
    current = next((row[m] for m in GROWING.get(name, ()) if pd.notna(row[m])), None)
    if pd.isna(row["growth_printed"]):
        return None
    printed, computed = Decimal(row["growth_printed"]), None
    if current is not None and pd.notna(row["last_year_y"]) and Decimal(row["last_year_y"]):
        before = Decimal(row["last_year_y"])
        computed = (100 * (Decimal(current) - before) / before).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
    found = judged(row, printed, [] if computed is None else [computed], elsewhere=False)
    apart = None if computed is None else abs(printed - computed)
    verdict = "not_evaluated" if apart is None else "holds" if apart <= TOLERANCE else "broken"
    return {**found, "tolerance": f"{TOLERANCE:.2f}", "verdict": verdict}


def compared(world: World, name: str, row: Series, rows: Frame) -> Iterable[tuple[str, dict]]:
    """Yield each figure of a control total with what it was compared with."""
    parts = parts_of(world, name, row, rows)
    for measure in MEASURES[name]:
        if pd.notna(row[measure]):
            values = [Decimal(v) for v in parts[measure].dropna()]
            elsewhere = name == "fp02" and filed_elsewhere(row, measure)
            yield measure, judged(row, Decimal(row[measure]), values, elsewhere)
    printed_growth = growth(name, row)
    if printed_growth:
        yield "growth_printed", printed_growth


def control_total(world: World) -> Frame:
    found = []
    for name, keys in KEYS.items():
        rows = world.all_rows(name)
        for _, row in rows[rows["row_kind"] == "3"].iterrows():
            names = sorted([*keys, "place_code", "row_kind"])
            row_key = ",".join(f"{k}={'-' if pd.isna(row[k]) else row[k]}" for k in names)
            for measure, figures in compared(world, name, row, rows):
                found.append(
                    {
                        "area_code": row["place_code"],
                        "form_code": row["form_code"],
                        "filing_unit_code": row["unit"],
                        "row_key": row_key,
                        "measure": measure,
                        "measure_unit": unit_of(measure),
                        "programme_code": row.get("programme", pd.NA),
                        "fund_source_code": row.get("fund_source", pd.NA),
                        "obs_status": "A",
                        **figures,
                    }
                )
    return world.with_area(pd.DataFrame(found))
