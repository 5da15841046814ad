"""The rules over months and forms, written down once more in pandas, hold in a simulation."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd
import pytest

Tables = dict[str, pd.DataFrame]
FLOWS = {
    "fp01": ["investment_done"],
    "fp02": ["amount_issued", "amount_inplace", "amount_paid", "amount_reimbursed"],
    "fp08": ["moved_hh", "moved_p"],
}
STOCKS = {
    "fp01": ["benefit_households", "benefit_persons", "progress_pct"],
    "fp02": ["carried_in", "advance_open", "payable", "bridged", "retention", "balance", "units"],
    "fp03": ["households", "persons", "poor_households", "poor_persons"],
    "fp08": ["houses_started", "houses_roofed", "houses_finished", "moved_hh_c", "moved_p_c"],
}
LEAST = 20
CENT = 0.005


def with_month_before(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the detail and lump rows, each beside the row of its key in the month before."""
    rows = frame[frame["row_kind"].isin(["1", "2"])]
    before = rows[["unit", "row_key", "index", *columns]].copy()
    before["index"] += 1
    return rows.merge(before, on=["unit", "row_key", "index"], suffixes=("", "_before"))


@pytest.mark.parametrize("table", sorted(FLOWS))
def test_totals_go_on_from_the_month_before(tables: Tables, table: str) -> None:
    for flow in FLOWS[table]:
        names = [f"{flow}_{basis}" for basis in "myc"]
        both = with_month_before(tables[table], names)
        assert len(both) > 100
        january = both["index"] % 12 == 0
        start = both[f"{flow}_y_before"].where(~january, 0)
        filed = both[f"{flow}_m"].notna()
        assert ((start + both[f"{flow}_m"] - both[f"{flow}_y"])[filed].abs() < CENT).all()
        total = both[f"{flow}_c_before"] + both[f"{flow}_m"] - both[f"{flow}_c"]
        assert (total[filed].abs() < CENT).all()
        assert (tables[table][f"{flow}_c"].dropna() >= 0).all()


def test_a_row_stays_in_every_month_of_its_year(tables: Tables) -> None:
    for table in ("fp01", "fp02", "fp03", "fp08"):
        rows = tables[table][tables[table]["row_kind"].isin(["1", "2"])]
        year = rows["index"] // 12
        spans = rows.groupby(["unit", "row_key", year])["index"].agg(["min", "max", "size"])
        assert (spans["max"] % 12 == 11).all(), table
        assert (spans["size"] == spans["max"] - spans["min"] + 1).all(), table


@pytest.mark.parametrize("table", sorted(STOCKS))
def test_stocks_move_by_less_than_a_factor_of_five(tables: Tables, table: str) -> None:
    both = with_month_before(tables[table], STOCKS[table])
    for name in STOCKS[table]:
        before, now = both[f"{name}_before"], both[name]
        looked_at = (before >= LEAST) & (now >= LEAST)
        jumps = looked_at & ((now > 5 * before) | (before > 5 * now))
        assert not jumps.any(), both.loc[jumps, ["unit", "index", "row_key", name]].head()


def test_the_balance_follows_arrivals_and_payments(tables: Tables) -> None:
    both = with_month_before(tables["fp02"], ["balance", "bridged"])
    flow = both["amount_inplace_m"] - both["amount_paid_m"]
    before = both["balance_before"] - both["bridged_before"]
    assert ((before + flow - both["balance"] + both["bridged"]).dropna().abs() < CENT).all()


def test_money_is_settled_within_its_row(tables: Tables) -> None:
    rows = tables["fp02"][tables["fp02"]["row_kind"].isin(["1", "2"])]
    accounted = rows[rows["advance_open"].notna()]
    due = accounted["amount_reimbursed_c"] + accounted["advance_open"] - accounted["payable"]
    assert ((accounted["amount_paid_c"] - due).abs() < CENT).all()
    assert (rows["balance"].dropna() >= 0).all()
    assert (rows["amount_inplace_c"] <= rows["amount_issued_c"] + CENT).all()
    dated = rows[rows["arrival_date"].notna()]
    lags = [(b - a).days for a, b in zip(dated["issue_date"], dated["arrival_date"], strict=True)]
    assert min(lags) >= 0
    assert max(lags) <= 90
    bridged = rows[rows["bridged"] > 0].groupby(["unit", "row_key"]).size()
    assert len(bridged)
    assert bridged.max() <= 6


def test_claims_add_up_to_what_was_reimbursed(tables: Tables) -> None:
    claims = tables["fp02b"].copy()
    for name in ("amount_claimed", "amount_approved", "amount_paid"):
        claims[name] = claims[name].astype("float64")
    keys = ["unit", "index", "fund_doc_no", "fund_source", "programme"]
    approved = claims.groupby([*keys, claims["project_code"].fillna("-")])["amount_approved"].sum()
    rows = tables["fp02"][tables["fp02"]["amount_reimbursed_m"] != 0].dropna(
        subset=["amount_reimbursed_m"]
    )
    booked = rows.groupby([*keys, rows["project_code"].fillna("-")])["amount_reimbursed_m"].sum()
    assert (approved - booked).abs().max() < CENT
    assert len(approved) == len(booked) > 500
    assert (claims["amount_claimed"] >= claims["amount_approved"]).all()
    assert (claims["amount_approved"] >= claims["amount_paid"]).all()
    assert claims["claim_no"].is_unique


def test_planned_money_of_a_project_is_that_of_its_sources(tables: Tables) -> None:
    projects = tables["fp01"][tables["fp01"]["row_kind"].isin(["1", "2"])]
    projects = projects.dropna(subset=["plan_amount"])
    money = tables["fp02"].dropna(subset=["project_code"])
    planned = money.groupby(["index", "project_code"])["amount_planned_c"].sum()
    both = projects.set_index(["index", "project_code"])["plan_amount"].to_frame()
    both["planned"] = planned
    assert ((both["plan_amount"] - both["planned"]).abs() < CENT).all()


def test_what_is_named_is_listed(tables: Tables) -> None:
    projects = set(tables["fp01"]["project_code"].dropna())
    villages = set(tables["fp03"]["village_id"].dropna())
    assert set(tables["fp02"]["project_code"].dropna()) <= projects
    assert set(tables["fp02b"]["project_code"].dropna()) <= projects
    assert set(tables["fp01b"]["project_code"]) <= projects
    named = pd.concat([tables["fp01"]["village_id"], tables["fp01b"]["village_id"]]).dropna()
    assert set(named) <= villages
    assert set(tables["fp08"]["from_village"].dropna()) <= villages
    for name in ("fp01", "fp03"):
        code = "project_code" if name == "fp01" else "village_id"
        rows = tables[name].dropna(subset=[code])
        assert not rows.duplicated(["index", code]).any()


def test_payments_follow_the_works(tables: Tables) -> None:
    money = tables["fp02"].dropna(subset=["project_code"])
    sums = money.groupby(["index", "project_code"])[["amount_paid_c", "amount_issued_c"]].sum()
    projects = tables["fp01"][tables["fp01"]["row_kind"].isin(["1", "2"])]
    both = projects.set_index(["index", "project_code"]).join(sums, how="inner")
    ratio = 100 * both["amount_paid_c"] / both["amount_issued_c"]
    assert (ratio - both["progress_pct"]).max() <= 45
    fiscal = money[money["fund_source"].isin(["11", "12", "14"])]
    paid = fiscal.groupby(["index", "project_code"])["amount_paid_c"].sum()
    paid_now = projects.set_index(["index", "project_code"]).join(paid, how="inner")
    assert paid_now.loc[paid_now["amount_paid_c"] > 0, "notice_to"].notna().all()
    ready: dict[str, int] = {}
    for (index, code), row in both.iterrows():
        if row["progress_pct"] == 100:
            since = ready.setdefault(code, index)
            if index - since > 6:
                assert row["amount_paid_c"] >= 0.85 * row["amount_issued_c"], (code, index)


def test_progress_never_jumps_and_states_move_by_the_table(tables: Tables) -> None:
    both = with_month_before(tables["fp01"], ["progress_pct", "state", "rework_reason"])
    assert (both["progress_pct"] - both["progress_pct_before"]).max() <= 40
    moved = both[both["state"] != both["state_before"]]
    back = moved[moved["state"] < moved["state_before"]]
    assert len(back)
    assert set(zip(back["state_before"], back["state"], strict=True)) == {("5", "4")}
    assert (back["rework_reason"] == "1").all()
    on = moved[(moved["state"] != "9") & (moved["state_before"] != "1")]
    assert (on["state"].astype(int) - on["state_before"].astype(int) <= 1).all()


def test_villages_have_no_more_beneficiaries_than_people(tables: Tables) -> None:
    persons = tables["fp03"].dropna(subset=["village_id"]).set_index(["index", "village_id"])
    rows = tables["fp01"][tables["fp01"]["row_kind"] == "1"]
    open_rows = rows[~rows["state"].isin(["8", "9"])]
    shared: dict[str, list[str]] = defaultdict(list)
    for _, row in tables["fp01b"].drop_duplicates(["project_code", "village_id"]).iterrows():
        shared[row["project_code"]].append(row["village_id"])
    benefits: dict[tuple[Any, str], float] = defaultdict(float)
    for _, row in open_rows.iterrows():
        own = [row["village_id"]] if isinstance(row["village_id"], str) else []
        for village in {*own, *shared[row["project_code"]]}:
            benefits[row["index"], village] += row["benefit_persons"]
    assert benefits
    for key, benefit in benefits.items():
        assert benefit <= 1.5 * persons.at[key, "persons"], key


def test_whole_village_batches_agree_between_the_forms(tables: Tables) -> None:
    """X6: villages of started whole-village projects = villages listed with that batch."""
    rows = tables["fp01"]
    started = rows[(rows["programme"] == "01") & (rows["row_kind"] == "1")]
    started = started[started["state"].isin(list("45678"))]
    shares = tables["fp01b"].groupby(["index", "project_code"]).size()
    keys = list(zip(started["index"], started["project_code"], strict=True))
    villages = [shares.get(key, 1) for key in keys]
    of_projects = pd.Series(villages, index=started.index).groupby(
        [started["unit"], started["index"], started["batch_no"]]
    )
    listed = tables["fp03"].dropna(subset=["programme_batch"])
    of_villages = listed.groupby(["unit", "index", "programme_batch"]).size()
    for key, count in of_projects.sum().items():
        assert of_villages[key] == count, key


def test_housing_subsidies_follow_people_and_stay_within_the_money(tables: Tables) -> None:
    sites = tables["fp08"][tables["fp08"]["row_kind"].isin(["1", "2"])]
    quantity = sites["moved_p_c"].where(sites["programme"] == "03", sites["moved_hh_c"])
    assert ((quantity * sites["standard"] - sites["subsidy_c"]).abs() < CENT).all()
    assert (sites["houses_finished"] <= sites["houses_roofed"]).all()
    assert (sites["houses_roofed"] <= sites["houses_started"]).all()
    assert (sites["houses_started"] <= sites["houses_plan"]).all()
    assert (sites["moved_hh_c"] <= sites["houses_finished"]).all()
    subsidies = sites.groupby(["unit", "index", "programme"])["subsidy_y"].sum()
    money = tables["fp02"][tables["fp02"]["row_kind"].isin(["1", "2"])]
    paid = money.groupby(["unit", "index", "programme"])["amount_paid_y"].sum()
    assert (subsidies <= paid.reindex(subsidies.index) + CENT).all()
    lumps = tables["fp02"][tables["fp02"]["row_kind"] == "2"]
    unit_cost = lumps["amount_issued_c"] / lumps["units"]
    assert set(unit_cost[lumps["programme"] == "03"]) == {5000}
    assert set(unit_cost[lumps["programme"] == "101"]) == {6000}


def test_enough_is_issued_for_the_time_of_year(tables: Tables) -> None:
    """G9 looks at a unit's programmes against the shares expected by month."""
    rows = tables["fp02"][tables["fp02"]["row_kind"].isin(["1", "2"])]
    sums = rows.groupby(["unit", "index", "programme"])[["amount_issued_y", "amount_planned_y"]]
    shares = sums.sum().query("amount_planned_y > 0").reset_index()
    shares["share"] = shares["amount_issued_y"] / shares["amount_planned_y"]
    low = {6: 0.10, 7: 0.15, 8: 0.20, 9: 0.25, 10: 0.35, 11: 0.70}
    for month, least in low.items():
        found = shares[shares["index"] % 12 == month]
        assert len(found)
        assert found["share"].min() >= least, (month, found.sort_values("share").head(3))
