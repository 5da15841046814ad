"""Suite of `mart_fund_by_source`: funds by programme and source of money."""

from __future__ import annotations

from expectations.comparisons import totals_query
from expectations.finding_checks import finding_batch
from expectations.mart_checks import levels_batch, presence_batch
from expectations.model import Batch, Check, Scope, Suite

MART = "fund_by_source"
_OWNER = "资金监测岗 fund monitoring desk"


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            finding_batch(scope, MART, "G-fund_by_source-01", "G-fund_by_source-02"),
            presence_batch(
                scope,
                MART,
                "FP-02",
                check_id="G-fund_by_source-03",
                name_zh="资金来源表",
                owner=_OWNER,
                reason="An empty table would be read as: no money moved.",
            ),
            _programmes(scope),
            levels_batch(
                scope,
                MART,
                ("area_code", "programme_code", "fund_source_code"),
                check_id="G-fund_by_source-05",
                row_zh="类别 {programme_code} 来源 {fund_source_code}",
                row_en="programme {programme_code} source {fund_source_code}",
                owner=_OWNER,
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
