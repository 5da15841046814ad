"""Suite of `mart_reporting`: is the month complete?"""

from __future__ import annotations

from expectations.comparisons import mart_rows
from expectations.finding_checks import finding_batch
from expectations.model import Batch, Check, Scope, Suite
from expectations.returns import returns_query

MART = "reporting"
MISSING_RETURN = "G-reporting-01"
_OWNER = "综合统计岗 general statistics desk"


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            _returns(scope),
            finding_batch(scope, MART, "G-reporting-03", "G-reporting-04"),
            _counts(scope),
        ),
    )


def _returns(scope: Scope) -> Batch:
    keys = (
        "area_code", "area_name_zh", "form_code", "last_state", "last_state_zh", "last_file",
        "errors_zh", "errors_en",
    )  # fmt: skip
    query = (
        "select returns.*,"
        " case when not accepted then case when excused then 'excused' else 'missing' end end"
        " as absence,"
        " case when accepted and last_state in ('rejected', 'unreadable', 'returned')"
        " then last_state end as failed_correction"
        f" from ({returns_query(scope)}) as returns"
    )
    return Batch(
        name="returns",
        query=query,
        keys=keys,
        checks=(
            Check(
                check_id=MISSING_RETURN,
                severity="critical",
                expectation="ExpectColumnValuesToBeInSet",
                arguments={"column": "absence", "value_set": ["excused"]},
                expected="every expected return accepted or excused",
                message_zh="应报未报（或未通过）的报表",
                message_en="Expected returns that are missing or were not accepted",
                item_zh="{area_name_zh}（{area_code}）{form_code}：{last_state_zh} {errors_zh}",
                item_en="{area_code} {form_code}: {last_state} {errors_en}",
                owner=_OWNER,
                reason="A missing return is not a zero: every total above it would be too low.",
                explained_where="absence = 'excused'",
            ),
            Check(
                check_id="G-reporting-02",
                severity="info",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "failed_correction"},
                expected="no correction that failed while an older version stands",
                message_zh="更正版未通过，仍采用原版本",
                message_en="A correction was not accepted; the older version stands",
                item_zh="{area_name_zh}（{area_code}）{form_code}：{last_file} {errors_zh}",
                item_en="{area_code} {form_code}: {last_file} {errors_en}",
                owner=_OWNER,
                reason="The unit was told; the figures are those it last filed correctly.",
            ),
        ),
    )


def _counts(scope: Scope) -> Batch:
    """Hold the published counts of returns against the ledger."""
    query = (
        f"with unit as ({returns_query(scope)}),"
        " due as (select form_code, count(*) filter (where not excused) as expected,"
        " count(*) filter (where accepted and not excused) as accepted from unit"
        " group by form_code),"
        " top as (select mart.form_code, max(mart.expected) as expected,"
        f" max(mart.accepted) as accepted from {mart_rows(scope, MART)} group by mart.form_code)"
        " select form_code, due.expected as due_expected, due.accepted as due_accepted,"
        " top.expected as published_expected, top.accepted as published_accepted,"
        " case when coalesce(top.expected, 0) > coalesce(due.expected, 0)"
        " or coalesce(top.accepted, 0) > coalesce(due.accepted, 0)"
        " or (coalesce(due.expected, 0) > 0 and top.form_code is null)"
        " then 'differs' end as disagreement"
        " from due full outer join top using (form_code)"
    )
    return Batch(
        name="counts",
        query=query,
        keys=(
            "form_code", "due_expected", "due_accepted", "published_expected",
            "published_accepted",
        ),
        checks=(
            Check(
                check_id="G-reporting-05",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "disagreement"},
                expected="no area counts more returns than the ledger holds",
                message_zh="上报情况表的份数与台账不符",
                message_en="The counts of returns disagree with the ledger",
                item_zh="{form_code}：应报 {published_expected} / {due_expected}，"
                "受理 {published_accepted} / {due_accepted}",
                item_en="{form_code}: expected {published_expected} of {due_expected}, "
                "accepted {published_accepted} of {due_accepted}",
                owner=_OWNER,
                reason="Reporting rates above 100 per cent come from counting other units.",
            ),
        ),
    )  # fmt: skip
