"""Suite of `mart_relocation_progress`: persons and households moved, houses, subsidies."""

from __future__ import annotations

from expectations.comparisons import mart_rows
from expectations.finding_checks import finding_batch
from expectations.mart_checks import levels_batch, presence_batch
from expectations.model import Batch, Check, Scope, Suite

MART = "relocation_progress"
_OWNER = "易地搬迁岗 relocation desk"
_KEYS = ("area_code", "programme_code", "plan_year", "mode")


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            finding_batch(scope, MART, "G-relocation_progress-01", "G-relocation_progress-02"),
            presence_batch(
                scope,
                MART,
                "FP-08",
                check_id="G-relocation_progress-03",
                name_zh="搬迁进度表",
                owner=_OWNER,
                reason="An empty table would be read as: nobody is to be moved.",
            ),
            levels_batch(
                scope,
                MART,
                _KEYS,
                check_id="G-relocation_progress-04",
                row_zh="类别 {programme_code} {plan_year} 年",
                row_en="programme {programme_code} {plan_year}",
                owner=_OWNER,
            ),
            _unit_cost(scope),
        ),
    )


def _unit_cost(scope: Scope) -> Batch:
    limit = scope.thresholds["unit_cost_yuan"]
    keys = (*_KEYS, "area_name_zh", "unit_cost_yuan")
    return Batch(
        name="unit_cost",
        query=f"select {', '.join(f'mart.{key}' for key in keys)} from {mart_rows(scope, MART)}",
        keys=keys,
        checks=(
            Check(
                check_id="G-relocation_progress-05",
                severity="warning",
                expectation="ExpectColumnValuesToBeBetween",
                arguments={
                    "column": "unit_cost_yuan",
                    "min_value": limit.low,
                    "max_value": limit.high,
                },
                expected=f"unit_cost_yuan within {limit.low:g}..{limit.high:g}",
                message_zh="补助单位成本超出合理范围",
                message_en="The subsidy per person or household is outside its plausible range",
                item_zh="{area_name_zh}（{area_code}）类别 {programme_code}"
                " {plan_year} 年：{unit_cost_yuan} 元",
                item_en="{area_code} programme {programme_code} {plan_year}: {unit_cost_yuan} yuan",
                owner=limit.owner,
                reason=limit.reason,
            ),
        ),
    )
