"""Suite of `mart_village_poverty`: poor villages, their people and the incidence of poverty."""

from __future__ import annotations

from expectations.comparisons import filed_measures, mart_rows, names_where
from expectations.finding_checks import finding_batch
from expectations.mart_checks import presence_batch, range_batch
from expectations.model import Batch, Check, Scope, Suite

MART = "village_poverty"
_OWNER = "贫困监测岗 poverty monitoring desk"


def suite(scope: Scope) -> Suite:
    """Return the suite of one build."""
    return Suite(
        MART,
        (
            finding_batch(scope, MART, "G-village_poverty-01", "G-village_poverty-02"),
            presence_batch(
                scope,
                MART,
                "FP-03",
                check_id="G-village_poverty-03",
                name_zh="贫困村表",
                owner=_OWNER,
                reason="An empty table would be read as: there are no poor villages.",
            ),
            range_batch(
                scope,
                MART,
                ("area_code", "village_id", "coverage", "pop_band", "area_name_zh"),
                {"incidence_pct": ("G-village_poverty-04", "critical", "贫困发生率")},
                row_zh="村 {village_id} 范围 {coverage}",
                row_en="village {village_id} coverage {coverage}",
            ),
            _filed(scope),
        ),
    )


def _filed(scope: Scope) -> Batch:
    """Compare the sums of the mart with those of the rows that count."""
    measures = filed_measures(scope, MART)
    month = scope.month.first_day
    sums = ", ".join(f"sum(mart.{name}) as {name}" for name in measures)
    filed = ", ".join(f"sum(fact.{name}) as {name}" for name in measures)
    differing = names_where([(m, f"listed.{m} is distinct from filed.{m}") for m in measures])
    return Batch(
        name="filed",
        query=(
            f"with listed as (select mart.coverage, {sums} from {mart_rows(scope, MART)}"
            " group by mart.coverage),"
            f" filed as (select fact.coverage, {filed} from core.fct_village_monthly as fact"
            f" where fact.stat_month = date '{month}' and fact.is_counted group by fact.coverage)"
            f" select coverage, {differing} as differing"
            " from listed full outer join filed using (coverage)"
        ),
        keys=("coverage", "differing"),
        checks=(
            Check(
                check_id="G-village_poverty-05",
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="the villages and lumps hold what was filed, each village once",
                message_zh="贫困村表的合计与填报合计不一致",
                message_en="The table does not hold the villages and persons that were filed",
                item_zh="范围 {coverage}：{differing}",
                item_en="coverage {coverage}: {differing}",
                owner=_OWNER,
                reason="A village lost between two returns, or held twice, changes every sum.",
            ),
        ),
    )
