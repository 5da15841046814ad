"""Suite of `mart_project_progress`: how far the projects of an area have come."""

from __future__ import annotations

from expectations.comparisons import filed_measures, mart_rows, names_where, totals_query
from expectations.mart_checks import levels_batch, presence_batch, range_batch
from expectations.model import Batch, Check, Scope, Suite

MART = "project_progress"
_OWNER = "项目管理岗 project desk"
_KEYS = ("area_code", "programme_code")
_ROW_ZH, _ROW_EN = "类别 {programme_code}", "programme {programme_code}"


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            presence_batch(
                scope,
                MART,
                "FP-01",
                check_id="G-project_progress-01",
                name_zh="项目进度表",
                owner=_OWNER,
                reason="An empty table would be read as: there are no projects.",
            ),
            _programmes(scope),
            _projects(scope),
            levels_batch(
                scope,
                MART,
                _KEYS,
                form_code="FP-01",
                check_id="G-project_progress-04",
                row_zh=_ROW_ZH,
                row_en=_ROW_EN,
                owner=_OWNER,
            ),
            range_batch(
                scope,
                MART,
                (*_KEYS, "area_name_zh"),
                {
                    "start_rate_pct": ("G-project_progress-05", "critical", "开工率"),
                    "completion_rate_pct": ("G-project_progress-06", "critical", "完工率"),
                    "acceptance_pass_rate_pct": ("G-project_progress-07", "critical", "验收合格率"),
                    "handover_rate_pct": ("G-project_progress-08", "critical", "移交率"),
                    "physical_progress_pct": ("G-project_progress-09", "critical", "形象进度"),
                },
                row_zh=_ROW_ZH,
                row_en=_ROW_EN,
            ),
            _gap(scope),
        ),
    )


def _programmes(scope: Scope) -> Batch:
    return Batch(
        name="programmes",
        query=totals_query(
            scope,
            parts_of=MART,
            total_of=MART,
            keys=("area_code",),
            is_part="not mart.row_is_total",
            is_total="mart.row_is_total",
            # Money is of whole projects: a line under two programmes stands in both.
            measures=(*filed_measures(scope, MART, "FP-01"), "projects", "approved_projects"),
        ),
        keys=("area_code", "differing"),
        checks=(
            Check(
                check_id="G-project_progress-02",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="programme 00 = sum of the programmes, for each area",
                message_zh="各项目类别之和与合计（00）不一致",
                message_en="The programmes do not add up to programme 00",
                item_zh="{area_code}：{differing}",
                item_en="{area_code}: {differing}",
                owner=_OWNER,
                reason="Readers add the programmes up themselves; both ways must agree.",
            ),
        ),
    )


def _projects(scope: Scope) -> Batch:
    """Compare the total of each area with the projects listed for it."""
    shared = set(filed_measures(scope, "project_status"))
    measures = [name for name in filed_measures(scope, MART) if name in shared]
    sums = ", ".join(f"sum(mart.{name}) as {name}" for name in measures)
    columns = ", ".join(f"mart.{name}" for name in measures)
    differing = names_where([(m, f"listed.{m} is distinct from total.{m}") for m in measures])
    return Batch(
        name="projects",
        query=(
            f"with listed as (select mart.area_code, {sums}"
            f" from {mart_rows(scope, 'project_status')} group by mart.area_code),"
            f" total as (select mart.area_code, {columns} from {mart_rows(scope, MART)}"
            " and mart.row_is_total)"
            f" select area_code, {differing} as differing"
            " from listed full outer join total using (area_code)"
        ),
        keys=("area_code", "differing"),
        checks=(
            Check(
                check_id="G-project_progress-03",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="programme 00 = sum of the projects in project_status, for each area",
                message_zh="项目进度表与项目状态表的合计不一致",
                message_en="project_progress and project_status do not hold the same projects",
                item_zh="{area_code}：{differing}",
                item_en="{area_code}: {differing}",
                owner=_OWNER,
                reason="Two published tables must not answer one question differently.",
            ),
        ),
    )


def _gap(scope: Scope) -> Batch:
    """Set money progress against works progress."""
    limit = scope.thresholds["progress_gap_points"]
    keys = (*_KEYS, "area_name_zh", "money_progress_pct", "physical_progress_pct")
    return Batch(
        name="gap",
        query=(
            f"select {', '.join(f'mart.{key}' for key in keys)},"
            " mart.money_progress_pct - mart.physical_progress_pct as gap_points"
            f" from {mart_rows(scope, MART)}"
        ),
        keys=(*keys, "gap_points"),
        checks=(
            Check(
                check_id="G-project_progress-10",
                severity="warning",
                expectation="ExpectColumnValuesToBeBetween",
                arguments={
                    "column": "gap_points",
                    "min_value": limit.low,
                    "max_value": limit.high,
                },
                expected=f"money progress - physical progress within {limit.low:g}..{limit.high:g}",
                message_zh="资金进度与形象进度相差过大",
                message_en="Money and works progress lie too far apart",
                item_zh="{area_name_zh}（{area_code}）类别 {programme_code}："
                "资金 {money_progress_pct}，形象 {physical_progress_pct}",
                item_en="{area_code} programme {programme_code}: money {money_progress_pct},"
                " works {physical_progress_pct}",
                owner=limit.owner,
                reason=limit.reason,
            ),
        ),
    )
