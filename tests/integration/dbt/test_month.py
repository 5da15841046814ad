"""Months built from rows: what a figure is, and what stays when another month is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.month import Month

if TYPE_CHECKING:
    from tests.integration.dbt.conftest import Lab

MONTH = Month(2009, 11)
CITY = "530700000000"
COUNTY = "530723000000"


def test_growth_is_over_the_same_month_of_last_year(lab: Lab) -> None:
    year_before = MONTH.shift(-12)
    lab.receive(COUNTY, "FP-02", [lab.fund(80)], month=year_before)
    lab.receive(CITY, "FP-02", [lab.fund(1000)], month=year_before)
    lab.build_model("mart_fund_progress", year_before)
    before = lab.rows("select to_jsonb(m) from marts.mart_fund_progress as m order by 1")
    # The city files nothing this year: its money of last year is shown and stands in no growth.
    lab.receive(COUNTY, "FP-02", [lab.fund(100)])
    lab.build_model("mart_fund_progress")

    assert lab.rows(
        "select area_code, issued_yuan_ytd, issued_yuan_ytd_last_year, growth_pct,"
        " growth_pct_numerator, growth_pct_denominator, units_due, units_included, coverage_pct"
        " from marts.mart_fund_progress"
        " where stat_month = '2009-11-01' and source_group = 'fiscal' and programme_code = '03'"
        " order by 1"
    ) == [
        (CITY, 100, 1080, 25, 20, 80, 2, 1, 50),
        (COUNTY, 100, 80, 25, 20, 80, 1, 1, 100),
    ]
    assert before == lab.rows(
        "select to_jsonb(m) from marts.mart_fund_progress as m"
        " where stat_month = '2008-11-01' order by 1"
    )


def test_blank_is_not_zero_and_no_area_above_the_highest_unit_has_a_row(lab: Lab) -> None:
    lab.receive(COUNTY, "FP-02", [lab.fund(None, amount_paid_y=0)])
    lab.build_model("mart_fund_by_source")
    assert lab.rows(
        "select distinct area_code, issued_yuan_ytd, paid_yuan_ytd, lump_share_pct, obs_status"
        " from marts.mart_fund_by_source"
    ) == [(COUNTY, None, 0, None, "A")]
