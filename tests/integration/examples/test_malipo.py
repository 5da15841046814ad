"""Malipo, June 2012: two returns of one county become its published month."""

from __future__ import annotations

from datetime import date
from typing import Any

COUNTY = "532624000000"
DONGGAN, COMMITTEE = "532624103000", "532624103209"
ISSUED = {"01": 3_000_000, "12": 1_330_000, "13": 300_000}


def test_both_returns_are_accepted_and_all_that_is_missing_is_explained(malipo: Any) -> None:
    assert {s.file_name: s.state for s in malipo.batch.submissions} == {
        "FP-01_532624000000_201206_v0.xlsx": "accepted",
        "FP-02_532624000000_201206_v0.xlsx": "accepted",
    }
    assert {(f.check_id, f.reason) for f in malipo.batch.findings} == {
        ("IN-not-collected", "文件未列")
    }


def test_no_finding_waits_for_anybody(malipo: Any) -> None:
    found = malipo.query(
        "select check_id, severity, state, row_key from ops.finding"
        f" where build_id = {malipo.build.build_id} and severity <> 'info' and reason is null"
    )
    assert found == []


def test_the_month_is_published(malipo: Any) -> None:
    assert malipo.verdict.state == "ready"
    assert malipo.release.publications == {"2012-06": "2012-06.r1"}
    for view, rows in malipo.published.items():
        assert {row["stat_month"] for row in rows} <= {date(2012, 6, 1)}, view


def test_the_money_of_the_county(malipo: Any) -> None:
    assert (
        malipo.figure(
            "fund_by_source",
            "issued_yuan_ytd",
            area_code=COUNTY,
            programme_code="00",
            fund_source_code="44",
        )
        == 4_630_000
    )
    by_programme = {
        row["programme_code"]: row["issued_yuan_ytd"]
        for row in malipo.rows("fund_by_source", area_code=COUNTY, fund_source_code="44")
    }
    assert by_programme == ISSUED | {"00": 4_630_000}
    assert (
        malipo.figure(
            "fund_progress",
            "issued_yuan_ytd",
            area_code=COUNTY,
            programme_code="00",
            source_group="social",
        )
        == 4_630_000
    )


def test_the_total_of_the_document_holds(malipo: Any) -> None:
    assert {
        row["measure"]: (row["printed"], row["computed"], row["verdict"])
        for row in malipo.published["control_total"]
    } == {"amount_issued_y": (4_630_000, 4_630_000, "holds"), "units": (8, 8, "holds")}


def test_the_eight_projects(malipo: Any) -> None:
    projects = malipo.rows("project_status", area_code=COUNTY)
    assert len(projects) == 8
    assert {row["row_kind"] for row in projects} == {"1"}
    states = {row["project_code"][10:]: row["state_code"] for row in projects}
    assert states == {
        "1300000001": "3",
        "1200000001": "3",
        "1200000002": None,
        "1200000003": None,
        "0100000001": "4",
        "0100000002": "4",
        "0100000003": "4",
        "0100000004": "3",
    }
    planned = {row["project_code"][10:]: row["planned_yuan"] for row in projects}
    assert {code: yuan for code, yuan in planned.items() if yuan} == {"1300000001": 300_000}


def test_a_project_counts_from_its_place_up_to_the_county(malipo: Any) -> None:
    for area, projects in ((COMMITTEE, 3), (DONGGAN, 3), ("532624202000", 1), ("532600000000", 0)):
        assert len(malipo.rows("project_status", area_code=area)) == projects, area


def test_nothing_is_invented_where_the_document_has_no_figures(malipo: Any) -> None:
    assert malipo.published["village_poverty"] == []
    assert malipo.published["relocation_progress"] == []
    measures = ("progress_pct", "benefit_households", "benefit_persons", "paid_yuan_total")
    projects = malipo.published["project_status"]
    assert {row[name] for row in projects for name in measures} == {None}
    names = [row["project_name"] for row in malipo.rows("project_status", area_code=COMMITTEE)]
    assert names.count(None) == 1


def test_the_county_reported_in_time(malipo: Any) -> None:
    for form in ("FP-01", "FP-02"):
        (row,) = malipo.rows("reporting", area_code=COUNTY, form_code=form)
        assert [row[name] for name in ("expected", "received", "accepted", "on_time")] == [1] * 4
    assert {row["form_code"] for row in malipo.published["reporting"]} == {"FP-01", "FP-02"}
