"""Suite of `mart_fund_progress`: the same funds by group of sources, with their rates."""

from __future__ import annotations

from typing import Final

from expectations.comparisons import mart_rows, totals_query
from expectations.mart_checks import range_check
from expectations.model import Batch, Check, Scope, Suite
from expectations.value_coverage import value_coverage_query

MART = "fund_progress"
_OWNER = "资金监测岗 fund monitoring desk"

# Check number and Chinese name of each rate with a range of plausibility.
RATES: Final = (
    ("in_place_rate_pct", "G-fund_progress-03", "资金到位率"),
    ("in_place_of_plan_pct", "G-fund_progress-04", "到位占计划比重"),
    ("expenditure_progress_pct", "G-fund_progress-05", "支出进度"),
    ("year_spending_rate_pct", "G-fund_progress-06", "当年支出率"),
    ("reimbursement_rate_pct", "G-fund_progress-07", "报账率"),
    ("growth_pct", "G-fund_progress-08", "比上年增长"),
)


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(MART, (_sources(scope), _groups(scope), _rates(scope), _coverage(scope)))


def _sources(scope: Scope) -> Batch:
    return Batch(
        name="sources",
        query=totals_query(
            scope,
            parts_of="fund_by_source",
            total_of=MART,
            keys=("area_code", "programme_code"),
            is_part="true",
            is_total="mart.source_group = 'all'",
        ),
        keys=("area_code", "programme_code", "differing"),
        checks=(
            Check(
                check_id="G-fund_progress-01",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="group all = sum of the sources in fund_by_source",
                message_zh="资金进度表与资金来源表的合计不一致",
                message_en="fund_progress and fund_by_source do not hold the same money",
                item_zh="{area_code} 类别 {programme_code}：{differing}",
                item_en="{area_code} programme {programme_code}: {differing}",
                owner=_OWNER,
                reason="Two published tables must not answer one question differently.",
            ),
        ),
    )


def _groups(scope: Scope) -> Batch:
    return Batch(
        name="groups",
        query=totals_query(
            scope,
            parts_of=MART,
            total_of=MART,
            keys=("area_code", "programme_code"),
            is_part="mart.source_group <> 'all'",
            is_total="mart.source_group = 'all'",
        ),
        keys=("area_code", "programme_code", "differing"),
        checks=(
            Check(
                check_id="G-fund_progress-02",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="group all = sum of the groups, for each area and programme",
                message_zh="各资金来源组之和与全部来源不一致",
                message_en="The groups of sources do not add up to all sources",
                item_zh="{area_code} 类别 {programme_code}：{differing}",
                item_en="{area_code} programme {programme_code}: {differing}",
                owner=_OWNER,
                reason="A source in two groups or in none is counted twice or lost.",
            ),
        ),
    )


def _rates(scope: Scope) -> Batch:
    names = [rate for rate, _, _ in RATES]
    top = (
        "case when mart.programme_code = '00' and mart.source_group = 'all' and not exists"
        f" (select 1 from marts.mart_{MART} as above join ops.area as area"
        " on area.parent_code = above.area_code where area.area_code = mart.area_code"
        " and above.stat_month = mart.stat_month) then mart.estimated_share_pct end"
    )
    keys = ("area_code", "area_name_zh", "programme_code", "source_group")
    query = (
        f"select {', '.join(f'mart.{name}' for name in (*keys, *names))},"
        f" {top} as estimated_share_pct from {mart_rows(scope, MART)}"
    )
    ranges = (*RATES, ("estimated_share_pct", "G-fund_progress-09", "最高地区估计值所占比重"))
    return Batch(
        name="rates",
        query=query,
        keys=(*keys, *names, "estimated_share_pct"),
        checks=tuple(
            range_check(
                scope,
                rate,
                check_id,
                "warning",
                label,
                row_zh="类别 {programme_code} {source_group}",
                row_en="programme {programme_code} {source_group}",
            )
            for rate, check_id, label in ranges
        ),
    )


def _coverage(scope: Scope) -> Batch:
    limit = scope.thresholds["value_coverage_pct"]
    return Batch(
        name="coverage",
        query=value_coverage_query(scope),
        keys=("covered_yuan", "due_yuan", "value_coverage_pct"),
        checks=(
            Check(
                check_id="G-fund_progress-10",
                severity="warning",
                expectation="ExpectColumnValuesToBeBetween",
                arguments={
                    "column": "value_coverage_pct",
                    "min_value": limit.low,
                    "max_value": limit.high,
                },
                expected=f"value_coverage_pct at least {limit.low:g}",
                message_zh="已报单位上年同期下达资金占应报单位的比重偏低",
                message_en="The units that reported held too little of last year's money",
                item_zh="{value_coverage_pct}%：{covered_yuan} / {due_yuan} 元",
                item_en="{value_coverage_pct} per cent: {covered_yuan} of {due_yuan} yuan",
                owner=limit.owner,
                reason=limit.reason,
            ),
        ),
    )
