"""Findings of the build and of its input, judged by the suite of the mart they touch.

Whether a return agrees with its totals and its other forms was asked where the findings were
made; here is asked only whether anybody explained them.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.model import Batch, Check, Scope

KEYS = (
    "finding_id", "check_id", "form_code", "area_code", "column_name", "value",
    "expected_value", "row_key", "message_zh", "message_en",
)  # fmt: skip

# Judged with the control totals they stand on, row by row.
CONTROL_TOTAL_CHECKS = ("G5", "X11")
# Judged with the mart of their form; findings of every other form belong to `reporting`.
FORM_OF_MART = {
    "project_status": "FP-01",
    "fund_by_source": "FP-02",
    "village_poverty": "FP-03",
    "relocation_progress": "FP-08",
}

_OWNER = "审核岗 review desk"
_ERROR_REASON = "An error nobody explained makes the figure wrong for every reader."
_WARNING_REASON = "Comply or explain: a warning is published with a reason or a signature."


def finding_source(build_id: int) -> str:
    """Return the FROM clause of the findings of a build and of the returns frozen into it."""
    return (
        "from ops.finding as finding where (finding.build_id = "
        f"{build_id} or (finding.build_id is null and finding.submission_id in "
        f"(select submission_id from ops.build_input where build_id = {build_id})))"
    )


def quoted(values: Sequence[str]) -> str:
    """Return a list of our own codes for an SQL `in (...)`."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def finding_batch(scope: Scope, mart: str, error_id: str, warning_id: str) -> Batch:
    """Return the batch that asks for unexplained errors and warnings of a mart's form."""
    form = FORM_OF_MART.get(mart)
    if form is not None:
        claim = f"finding.form_code = '{form}'"
        of_zh, of_en = f"{form} 的", f"of {form} "
    else:
        claim = f"coalesce(finding.form_code, '') not in ({quoted(list(FORM_OF_MART.values()))})"
        of_zh, of_en = "其他", "of other forms "
    query = (
        "select finding.finding_id, finding.check_id, finding.form_code, finding.area_code,"
        " finding.column_name, finding.value, finding.expected as expected_value,"
        " cast(finding.row_key as text) as row_key, finding.message_zh, finding.message_en,"
        " case when finding.severity = 'error' then finding.state end as error_state,"
        " case when finding.severity = 'warning' then finding.state end as warning_state "
        f"{finding_source(scope.build_id)} and {claim}"
        f" and finding.check_id not in ({quoted(CONTROL_TOTAL_CHECKS)})"
    )
    return Batch(
        name="findings",
        query=query,
        keys=KEYS,
        checks=(
            Check(
                check_id=error_id,
                severity="critical",
                expectation="ExpectColumnValuesToBeInSet",
                arguments={"column": "error_state", "value_set": ["explained"]},
                expected="no unexplained error finding",
                message_zh=f"{of_zh}强制性审核错误未作说明",
                message_en=f"Error findings {of_en}that nobody explained",
                item_zh="{check_id} {area_code} {message_zh}",
                item_en="{check_id} {area_code} {message_en}",
                owner=_OWNER,
                reason=_ERROR_REASON,
                explained_where="error_state = 'explained'",
            ),
            Check(
                check_id=warning_id,
                severity="warning",
                expectation="ExpectColumnValuesToBeInSet",
                arguments={"column": "warning_state", "value_set": ["explained"]},
                expected="no unexplained warning finding",
                message_zh=f"{of_zh}核实性审核疑点未作说明",
                message_en=f"Warning findings {of_en}without a reason",
                item_zh="{check_id} {area_code} {message_zh}",
                item_en="{check_id} {area_code} {message_en}",
                owner=_OWNER,
                reason=_WARNING_REASON,
                explained_where="warning_state = 'explained'",
            ),
        ),
    )
