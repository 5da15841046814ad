"""Suite of `mart_relocation_progress`: persons and households moved, houses, subsidies."""

from __future__ import annotations

from expectations.comparisons import levels_query, mart_rows, presence_query
from expectations.finding_checks import finding_batch
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
            _presence(scope),
            _levels(scope),
            _unit_cost(scope),
        ),
    )


def _presence(scope: Scope) -> Batch:
    return Batch(
        name="presence",
        query=presence_query(scope, MART, "FP-08"),
        keys=("returns", "row_count"),
        checks=(
            Check(
                check_id="G-relocation_progress-03",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "emptiness"},
                expected="rows, where FP-08 returns with detail or lump rows were accepted",
                message_zh="已受理 FP-08 报表，搬迁表却无一行数据",
                message_en="FP-08 returns were accepted but the relocation table is empty",
                item_zh="受理 {returns} 份",
                item_en="{returns} returns accepted",
                owner=_OWNER,
                reason="An empty table would be read as: nobody is to be moved.",
            ),
        ),
    )


def _levels(scope: Scope) -> Batch:
    return Batch(
        name="levels",
        query=levels_query(scope, MART, _KEYS),
        keys=(*_KEYS, "area_name_zh", "differing"),
        checks=(
            Check(
                check_id="G-relocation_progress-04",
                severity="warning",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="an area holds at least the sum of the areas below it",
                message_zh="上级地区的数小于下级各地区之和",
                message_en="A higher area holds less than the areas below it",
                item_zh="{area_name_zh}（{area_code}）类别 {programme_code}"
                " {plan_year} 年：{differing}",
                item_en="{area_code} programme {programme_code} {plan_year}: {differing}",
                owner=_OWNER,
                reason="Only a correction booked at the higher area itself can explain it.",
            ),
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
