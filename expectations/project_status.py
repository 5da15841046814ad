"""Suite of `mart_project_status`: every project with its state, dates, works and money."""

from __future__ import annotations

from expectations.finding_checks import finding_batch
from expectations.mart_checks import levels_batch, presence_batch, range_batch
from expectations.model import Scope, Suite

MART = "project_status"
_OWNER = "项目管理岗 project desk"
_KEYS = ("area_code", "project_code")


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            finding_batch(scope, MART, "G-project_status-01", "G-project_status-02"),
            presence_batch(
                scope,
                MART,
                "FP-01",
                check_id="G-project_status-03",
                name_zh="项目状态表",
                owner=_OWNER,
                reason="An empty table would be read as: there are no projects.",
            ),
            levels_batch(
                scope,
                MART,
                _KEYS,
                form_code="FP-01",
                check_id="G-project_status-04",
                row_zh="项目 {project_code}",
                row_en="project {project_code}",
                owner=_OWNER,
            ),
            range_batch(
                scope,
                MART,
                (*_KEYS, "area_name_zh"),
                {"progress_pct": ("G-project_status-05", "critical", "形象进度")},
                row_zh="项目 {project_code}",
                row_en="project {project_code}",
            ),
            range_batch(
                scope,
                MART,
                (*_KEYS, "area_name_zh"),
                {"payment_rate_pct": ("G-project_status-06", "warning", "资金支付率")},
                row_zh="项目 {project_code}",
                row_en="project {project_code}",
                name="payment",
                # Before, an advance is paid for works that are still to be done.
                where="mart.progress_pct = 100",
            ),
        ),
    )
