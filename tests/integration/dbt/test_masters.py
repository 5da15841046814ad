"""Projects and villages known up to a month: what is filed now, and what earlier months told."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from warehouse.month import Month

if TYPE_CHECKING:
    from tests.integration.dbt.conftest import Lab

MONTH = Month(2009, 11)
COUNTY = "530723000000"
TOWNSHIP = "530723203000"
OLD, NEW, LINE = "20095307230100000001", "20095307230100000002", "20095307230100000009"
VILLAGE, OTHER = "530723203201001", "530723203201002"


def first_of(month: Month) -> date:
    return month.first_day


def test_a_project_stays_known_and_keeps_the_month_of_its_attributes(lab: Lab) -> None:
    september, october = MONTH.shift(-2), MONTH.shift(-1)
    line = lab.project_row(LINE, row_kind="2", units=5)
    lab.receive(COUNTY, "FP-01", [lab.project_row(OLD, project_name="甲"), line], month=september)
    lab.build_model("dim_project", september)
    lab.receive(
        COUNTY, "FP-01", [lab.project_row(OLD, project_name="甲", state="5")], month=october
    )
    lab.build_model("dim_project", october)
    # In November the project has another name, and two units file the new one.
    lab.receive(
        COUNTY,
        "FP-01",
        [lab.project_row(OLD, project_name="乙"), lab.project_row(NEW, project_name="丙")],
    )
    lab.receive(TOWNSHIP, "FP-01", [lab.project_row(NEW, project_name="丁")])
    lab.build_model("dim_project")

    facts = "project_code, project_name, state_code, first_month, valid_from, last_filed_month"
    rows = lab.rows(
        f"select {facts}, is_filed_now from core.dim_project"
        " where stat_month = '2009-11-01' order by 1"
    )
    s, o, n = map(first_of, (september, october, MONTH))
    assert rows == [
        (OLD, "乙", "4", s, n, n, True),
        (NEW, "丙", "4", n, n, n, True),
        (LINE, None, "4", s, s, s, False),
    ]
    assert lab.rows(
        f"select {facts}, is_filed_now from core.dim_project"
        " where stat_month = '2009-10-01' order by 1"
    ) == [(OLD, "甲", "5", s, s, o, True), (LINE, None, "4", s, s, s, False)]
    # Building a month again reads the months before it alone, never itself.
    lab.build_model("dim_project")
    assert rows == lab.rows(
        f"select {facts}, is_filed_now from core.dim_project"
        " where stat_month = '2009-11-01' order by 1"
    )


def test_a_village_is_known_by_committee_and_local_number(lab: Lab) -> None:
    october = MONTH.shift(-1)
    lab.receive(
        TOWNSHIP, "FP-03", [lab.village_row(VILLAGE), lab.village_row(OTHER)], month=october
    )
    lab.build_model("dim_village", october)
    lump = lab.village_row(None, row_kind="2", village_kind=None, units=20)
    lab.receive(TOWNSHIP, "FP-03", [lab.village_row(VILLAGE, programme_batch="2010-1"), lump])
    lab.build_model("dim_village")
    assert lab.rows(
        "select village_id, committee_code, local_no, first_month, valid_from, is_filed_now"
        " from core.dim_village where stat_month = '2009-11-01' order by 1"
    ) == [
        (VILLAGE, VILLAGE[:12], "001", october.first_day, MONTH.first_day, True),
        (OTHER, OTHER[:12], "002", october.first_day, october.first_day, False),
    ]


def test_villages_of_a_project_stand_once_each(lab: Lab) -> None:
    lab.receive(
        COUNTY,
        "FP-01",
        [
            lab.project_row(OLD, village_id=VILLAGE),
            lab.project_row(NEW, village_id=VILLAGE),
            lab.project_row(LINE, row_kind="2", units=5),
        ],
        sub_rows=[
            {"project_code": OLD, "village_id": VILLAGE, "plan_share": 60},
            {"project_code": OLD, "village_id": OTHER, "plan_share": 40},
        ],
    )
    lab.build_model("fct_project_village_monthly")
    assert lab.rows(
        "select project_code, village_id, plan_share_pct, source"
        " from core.fct_project_village_monthly order by 1, 2"
    ) == [
        (OLD, VILLAGE, 60, "sub"),
        (OLD, OTHER, 40, "sub"),
        (NEW, VILLAGE, None, "main"),
    ]
