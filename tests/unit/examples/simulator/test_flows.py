"""The statistics that docs/simulator.md promises of a clean simulation, on two years of tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

FLOWS = ("amount_issued_m", "amount_inplace_m", "amount_paid_m", "amount_reimbursed_m")
DECEMBER = 11


@pytest.fixture(scope="module")
def money(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    frame = tables["fp02"]
    return frame[frame["row_kind"].isin(["1", "2"])]


def test_between_30_and_60_percent_of_the_in_month_money_cells_are_zero(
    money: pd.DataFrame,
) -> None:
    cells = pd.concat([money[name].dropna() for name in FLOWS])
    assert 0.30 <= (cells == 0).mean() <= 0.60
    for year, rows in money.groupby(money["index"] // 12):
        cells = pd.concat([rows[name].dropna() for name in FLOWS])
        assert 0.30 <= (cells == 0).mean() <= 0.60, year


@pytest.mark.parametrize("flow", FLOWS)
def test_positive_amounts_are_lognormal_with_a_wide_spread(money: pd.DataFrame, flow: str) -> None:
    logs = np.log(money.loc[money[flow] > 0, flow])
    assert logs.std() >= 0.8
    # Symmetric on the log scale: the lognormal shape, not a few outliers, makes the spread.
    assert abs(((logs - logs.mean()) ** 3).mean() / logs.std() ** 3) < 0.75


@pytest.mark.parametrize("flow", ["amount_issued_m", "amount_inplace_m", "amount_paid_m"])
def test_december_brings_three_to_five_times_an_ordinary_month(
    money: pd.DataFrame, flow: str
) -> None:
    by_month = money.groupby("index")[flow].sum()
    for year in sorted({index // 12 for index in by_month.index}):
        ordinary = by_month.loc[year * 12 + 2 : year * 12 + 10].mean()
        assert 3 <= by_month.loc[year * 12 + DECEMBER] / ordinary <= 5, (flow, year)


def test_money_arrives_from_march_to_december_and_not_most_in_the_last_quarter(
    money: pd.DataFrame,
) -> None:
    arriving = money[money["amount_inplace_m"] > 0]
    assert set(arriving["index"] % 12) == set(range(2, 12))
    keys = ["unit", "row_key", arriving["index"] // 12]
    late = arriving["amount_inplace_m"].where(arriving["index"] % 12 >= 9, 0)
    shares = late.groupby([arriving[k] if isinstance(k, str) else k for k in keys]).sum()
    whole = arriving.groupby(keys)["amount_inplace_m"].sum()
    assert (shares / whole).max() <= 0.5


def test_arrivals_are_lumpy(money: pd.DataFrame) -> None:
    """The largest tenth of the arrivals carries more than four tenths of the money."""
    arrived = money.loc[money["amount_inplace_m"] > 0, "amount_inplace_m"].sort_values()
    assert arrived.tail(len(arrived) // 10).sum() / arrived.sum() > 0.4


def test_accounted_projects_are_paid_in_stages_of_40_50_and_10_percent(
    money: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    """Whole lives only: lines whose plan year and last payment lie in the simulation."""
    lines = money[money["project_code"].notna() & money["fund_source"].isin(["11", "12", "14"])]
    finished = 0
    for _, line in lines.groupby(["unit", "row_key"]):
        total = line["amount_planned_c"].iloc[0]
        if line["fund_year"].iloc[0] < 2010 or line["amount_paid_c"].max() < total:
            continue
        finished += 1
        paid = line.loc[line["amount_paid_m"] > 0, ["index", "amount_paid_m"]]
        stages = [round(100 * amount / total) for amount in paid["amount_paid_m"]]
        assert stages[0] == 40
        assert stages[-1] == 10
        assert sum(stages[1:-1]) == 50
        held = line.loc[line["retention"] > 0, "retention"]
        assert (held / total).round(2).eq(0.1).all()
    assert finished > 50


def test_projects_of_the_year_before_go_on_and_a_few_are_terminated(
    tables: dict[str, pd.DataFrame],
) -> None:
    projects = tables["fp01"][tables["fp01"]["row_kind"].isin(["1", "2"])]
    first = projects[projects["index"] == projects["index"].min()]
    assert (first["plan_year"] == 2009).sum() > 10
    assert (first["investment_done_c"] > first["investment_done_y"]).any()
    states = projects.groupby("project_code")["state"].last()
    assert 0 < (states == "9").mean() < 0.1
    assert (projects["rework_reason"] == "1").any()
    assert (tables["fp02"]["carried_in"] > 0).any()
    taken_back = tables["fp02"][tables["fp02"]["amount_issued_m"] < 0]
    assert len(taken_back)
    assert taken_back["reversal_reason"].notna().all()
    assert taken_back["reversal_doc"].notna().all()


def test_townships_with_nothing_to_report_file_nil(tables: dict[str, pd.DataFrame]) -> None:
    returns = tables["returns"]
    nil = returns[returns["is_nil"].astype(bool)]
    assert "FP-08" in set(nil["form_code"])
    assert len(nil) < len(returns) / 4
    assert len(returns) == 13 * 24 * 4
