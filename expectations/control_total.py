"""Suite of `mart_control_total`: printed totals beside the sums of their parts."""

from __future__ import annotations

from expectations.comparisons import mart_rows
from expectations.finding_checks import CONTROL_TOTAL_CHECKS, finding_source, quoted
from expectations.model import Batch, Check, Scope, Suite

MART = "control_total"

_KEYS = (
    "check_id", "form_code", "filing_unit_code", "row_key", "measure", "printed", "computed",
    "difference", "message_zh", "message_en", "finding_id",
)  # fmt: skip


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(MART, (_broken(scope),))


def _broken(scope: Scope) -> Batch:
    """Judge each broken total by the finding that stands on it, and findings without a total.

    A broken total on which no finding stands is unexplained too: then the comparison of the
    mart and that of the finding have parted, and neither may be published.
    """
    query = (
        "with finding as (select finding.finding_id, finding.check_id, finding.form_code,"
        " finding.area_code as filing_unit_code, finding.row_key, finding.column_name as measure,"
        " finding.state, finding.message_zh, finding.message_en"
        f" {finding_source(scope.build_id)} and finding.severity = 'error'"
        f" and finding.check_id in ({quoted(CONTROL_TOTAL_CHECKS)})),"
        " broken as (select mart.form_code, mart.filing_unit_code,"
        " cast(mart.row_key as jsonb) as row_key, mart.measure, mart.printed, mart.computed,"
        f" mart.difference from {mart_rows(scope, MART)} and mart.verdict = 'broken')"
        " select finding.finding_id, coalesce(finding.check_id, 'G5') as check_id, form_code,"
        " filing_unit_code, cast(row_key as text) as row_key, measure, broken.printed,"
        " broken.computed, broken.difference,"
        " coalesce(finding.message_zh, '合计与构成不符，且无审核记录') as message_zh,"
        " coalesce(finding.message_en, 'a broken total without a finding') as message_en,"
        " coalesce(finding.state, 'no finding') as explanation"
        " from broken full outer join finding"
        " using (form_code, filing_unit_code, row_key, measure)"
    )
    return Batch(
        name="broken",
        query=query,
        keys=_KEYS,
        checks=(
            Check(
                check_id="G-control_total-01",
                severity="critical",
                expectation="ExpectColumnValuesToBeInSet",
                arguments={"column": "explanation", "value_set": ["explained"]},
                expected="every broken control total explained",
                message_zh="合计核对不符，未作说明",
                message_en="Control totals broken without an explanation",
                item_zh="{check_id} {filing_unit_code} {message_zh}",
                item_en="{check_id} {filing_unit_code} {message_en}",
                owner="审核岗 review desk",
                reason="A total that contradicts its parts shows that one of the two is wrong.",
                explained_where="explanation = 'explained'",
            ),
        ),
    )
