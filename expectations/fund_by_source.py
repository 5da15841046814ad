"""Suite of `mart_fund_by_source`: funds by programme and source of money."""

from __future__ import annotations

from expectations.comparisons import levels_query, presence_query, totals_query
from expectations.finding_checks import finding_batch
from expectations.model import Batch, Check, Scope, Suite

MART = "fund_by_source"
_OWNER = "资金监测岗 fund monitoring desk"


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            finding_batch(scope, MART, "G-fund_by_source-01", "G-fund_by_source-02"),
            _presence(scope),
            _programmes(scope),
            _levels(scope),
        ),
    )


def _presence(scope: Scope) -> Batch:
    return Batch(
        name="presence",
        query=presence_query(scope, MART, "FP-02"),
        keys=("returns", "row_count"),
        checks=(
            Check(
                check_id="G-fund_by_source-03",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "emptiness"},
                expected="rows, where FP-02 returns with detail or lump rows were accepted",
                message_zh="已受理 FP-02 报表，资金表却无一行数据",
                message_en="FP-02 returns were accepted but the fund table is empty",
                item_zh="受理 {returns} 份",
                item_en="{returns} returns accepted",
                owner=_OWNER,
                reason="An empty table would be read as: no money moved.",
            ),
        ),
    )


def _programmes(scope: Scope) -> Batch:
    return Batch(
        name="programmes",
        query=totals_query(
            scope,
            parts_of=MART,
            total_of=MART,
            keys=("area_code", "fund_source_code"),
            is_part="mart.programme_code <> '00'",
            is_total="mart.programme_code = '00'",
        ),
        keys=("area_code", "fund_source_code", "differing"),
        checks=(
            Check(
                check_id="G-fund_by_source-04",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="programme 00 = sum of the programmes, for each area and source",
                message_zh="各项目类别之和与合计（00）不一致",
                message_en="The programmes do not add up to programme 00",
                item_zh="{area_code} 来源 {fund_source_code}：{differing}",
                item_en="{area_code} source {fund_source_code}: {differing}",
                owner=_OWNER,
                reason="Readers add the programmes up themselves; both ways must agree.",
            ),
        ),
    )


def _levels(scope: Scope) -> Batch:
    keys = ("area_code", "programme_code", "fund_source_code")
    return Batch(
        name="levels",
        query=levels_query(scope, MART, keys),
        keys=(*keys, "area_name_zh", "differing"),
        checks=(
            Check(
                check_id="G-fund_by_source-05",
                severity="warning",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="an area holds at least the sum of the areas below it",
                message_zh="上级地区的数小于下级各地区之和",
                message_en="A higher area holds less than the areas below it",
                item_zh="{area_name_zh}（{area_code}）类别 {programme_code}"
                " 来源 {fund_source_code}：{differing}",
                item_en="{area_code} programme {programme_code}"
                " source {fund_source_code}: {differing}",
                owner=_OWNER,
                reason="Only a correction booked at the higher area itself can explain it.",
            ),
        ),
    )
