"""Names in the place of codes, through files: what is taken, what is asked about, at which cell."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ingest.assess import Assessed, Assessor
from ingest.check import check_files
from ingest.known_places import KnownPlaces
from ingest.landing import submit_file
from ingest.read.sandbox import Sandbox
from ingest.receive import receive_inbox
from warehouse.areas import ALWAYS, Area, packaged_areas
from warehouse.month import Month
from warehouse.settings import Settings

DECEMBER = Month(2009, 12)
YONGSHENG, SONGPING = "530722000000", "530722208000"
UNIT = {"area_code": YONGSHENG, "area_name": "永胜县"}
PROJECT = "20095307222080000001"
DIFFERS = ("IN-name-differs", "area_name")


@pytest.fixture(scope="module")
def places() -> KnownPlaces:
    return KnownPlaces(packaged_areas())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Sandbox(Settings(home=tmp_path_factory.mktemp("names"))) as shared:
        yield shared


@pytest.fixture
def assess(sandbox: Sandbox, places: KnownPlaces) -> Any:
    def run(path: Path) -> Assessed:
        return Assessor(sandbox, places).assess(path, path.name, DECEMBER)

    return run


def told(result: Assessed) -> list[tuple[str, str, str | None, str | None, str | None]]:
    return [
        (f.check_id, f.severity, f.cell, f.value, f.expected)
        for f in result.findings
        if f.check_id.startswith(("IN-name", "IN-unknown", "IN-head", "IN-too-long", "IN-required"))
    ]


def test_places_by_name_are_stored_as_codes_and_told_once(assess: Any, write_return: Any) -> None:
    rows = [
        write_return.row(place_code=place, fund_doc_no=str(number))
        for number, place in enumerate(
            ["松坪乡", SONGPING, "松坪乡", "鲁地垃镇", f"{SONGPING} 松坪乡"]
        )
    ]
    result = assess(write_return("a.xlsx", rows, **UNIT))
    (table,) = [t for t in result.tables if t.table_name == "fp02"]
    assert table.frame["place_code"].tolist() == [
        SONGPING, SONGPING, SONGPING, "530722107000", SONGPING,
    ]  # fmt: skip
    first = table.frame.index[0]
    assert told(result) == [
        ("IN-name-read", "info", f"A{first}", "松坪乡", SONGPING),
        ("IN-name-slip", "warning", f"A{first + 3}", "鲁地垃镇", "530722107000"),
    ]
    assert "共2处" in next(f for f in result.findings if f.check_id == "IN-name-read").message_zh
    slip = next(f for f in result.findings if f.check_id == "IN-name-slip")
    assert slip.row_key["place_code"] == "530722107000"  # what a waiver is made for
    assert table.texts["place_code"].tolist()[0] == "松坪乡"


def test_what_is_not_taken_is_an_error_at_each_cell(assess: Any, write_return: Any) -> None:
    names = ["松坪", "某某乡", "某某乡", f"{SONGPING}永北镇"]
    rows = [write_return.row(place_code=n, fund_doc_no=str(i)) for i, n in enumerate(names)]
    result = assess(write_return("a.csv", rows, **UNIT))
    first = result.tables[0].frame.index[0]
    nearest = f"{SONGPING} 永胜县松坪傈僳族彝族乡；530722208201 松坪傈僳族彝族乡松坪村委会"
    found = told(result)
    assert found[0] == ("IN-name-ambiguous", "error", f"A{first}", "松坪", nearest)
    assert [f[:4] for f in found[1:]] == [
        ("IN-name-unknown", "error", f"A{first + 1}", "某某乡"),
        ("IN-name-unknown", "error", f"A{first + 2}", "某某乡"),
        ("IN-name-differs", "error", f"A{first + 3}", "永北镇"),
    ]
    assert nearest in result.findings[0].message_zh


def test_a_village_by_name_has_its_committees_code(assess: Any, write_return: Any) -> None:
    rows = [
        {"place_code": SONGPING, "row_kind": "1", "project_code": PROJECT, "village_id": village}
        for village in ("松坪村", f"{SONGPING[:9]}201000 米厘村委会", "永北镇")
    ]
    result = assess(write_return("a.csv", rows, form_code="FP-01", **UNIT))
    villages = result.tables[0].frame["village_id"].tolist()
    assert villages[0] == "530722208201000"
    found = {f.value: f for f in result.findings if f.check_id.startswith("IN-name")}
    assert found["松坪村"].check_id == "IN-name-read"
    assert found["米厘村委会"].check_id == "IN-name-differs"
    assert "代码530722208201000是“松坪村委会”" in found["米厘村委会"].message_zh
    assert found["永北镇"].check_id == "IN-name-unknown"  # a township is no village


def test_of_two_villages_of_one_name_the_place_of_the_row_decides(
    sandbox: Sandbox, write_return: Any
) -> None:
    areas = [
        Area(YONGSHENG, "county", "永胜县", None, ALWAYS, None, "t"),
        Area("530722101000", "township", "甲镇", YONGSHENG, ALWAYS, None, "t"),
        Area("530722102000", "township", "乙镇", YONGSHENG, ALWAYS, None, "t"),
        Area("530722101201", "village", "团结村委会", "530722101000", ALWAYS, None, "t"),
        Area("530722102201", "village", "团结村委会", "530722102000", ALWAYS, None, "t"),
    ]
    rows = [
        {"place_code": place, "row_kind": "1", "project_code": f"{n:020}", "village_id": village}
        for n, (place, village) in enumerate(
            [("530722102000", "团结村"), (YONGSHENG, "团结村"), (YONGSHENG, "乙镇团结村")]
        )
    ]
    path = write_return("a.csv", rows, form_code="FP-01", **UNIT)
    result = Assessor(sandbox, KnownPlaces(areas)).assess(path, path.name, DECEMBER)
    villages = result.tables[0].frame["village_id"].tolist()
    assert villages == ["530722102201000", "团结村", "530722102201000"]
    (found,) = [f for f in result.findings if f.check_id == "IN-name-ambiguous"]
    assert found.expected == "530722101201000 甲镇团结村委会；530722102201000 乙镇团结村委会"


@pytest.mark.parametrize(
    ("head", "unit", "found"),
    [
        ({"area_code": "松坪乡"}, SONGPING, ("IN-name-read", "area_code")),
        ({"area_code": "松平乡"}, SONGPING, ("IN-name-slip", "area_code")),
        ({"area_code": f"{SONGPING} 松坪乡"}, SONGPING, None),
        ({"area_code": "", "area_name": "松坪乡人民政府"}, SONGPING, ("IN-name-read", "area_name")),
        ({"area_code": "丽江市永胜县松坪乡"}, SONGPING, ("IN-name-read", "area_code")),
        ({"area_code": "松坪"}, None, ("IN-name-ambiguous", "area_code")),
        ({"area_code": "某某乡"}, None, ("IN-name-unknown", "area_code")),
        ({"area_code": SONGPING, "area_name": "永北镇"}, SONGPING, DIFFERS),
        ({"area_code": YONGSHENG, "area_name": "永胜县松坪乡"}, YONGSHENG, DIFFERS),
        ({"area_code": SONGPING, "area_name": "太平乡"}, SONGPING, DIFFERS),
        ({"area_code": SONGPING, "area_name": "松坪彝族傈僳族乡"}, SONGPING, None),
        ({"area_code": SONGPING, "area_name": "松坪乡财政所"}, SONGPING, None),
        ({"area_code": SONGPING, "area_name": "扶贫工作站"}, SONGPING, None),
        ({"area_code": SONGPING, "area_name": "丽江市扶贫办"}, SONGPING, None),  # it lies there
        ({"area_code": SONGPING, "area_name": "松平乡"}, SONGPING, None),  # the code decides
    ],
)  # fmt: skip
def test_the_unit_of_a_head(
    assess: Any,
    write_return: Any,
    head: dict[str, str],
    unit: str | None,
    found: tuple[str, str] | None,
) -> None:
    rows = [write_return.row(place_code=SONGPING)]
    result = assess(write_return("a.csv", rows, **{"area_name": "", **head}))
    assert result.area_code == unit
    names = [f for f in result.findings if f.check_id.startswith("IN-name")]
    assert [(f.check_id, f.column_name) for f in names] == ([found] if found else [])
    assert {f.cell for f in names} <= {"B8", "B9"}
    others = {f.check_id for f in result.findings if f.severity == "error"} - {
        f.check_id for f in names
    }
    assert others == set()


def test_without_a_county_a_township_is_not_guessed(assess: Any, write_return: Any) -> None:
    nil = {"area_name": "", "nil_return": "是"}
    result = assess(write_return("a.csv", [], area_code="松坪乡", **nil))
    assert result.area_code is None
    assert [f.check_id for f in result.findings] == ["IN-name-unknown"]
    result = assess(write_return("b.csv", [], area_code="永胜县", **nil))
    assert result.area_code == YONGSHENG


def project(write_return: Any, name: str, **unit: str) -> Path:
    rows = [
        {
            "place_code": SONGPING, "row_kind": "1", "project_code": PROJECT, "programme": "02",
            "project_name": name, "state": "1", "progress_pct": "0", "benefit_households": "10",
            "benefit_persons": "40",
        }
    ]  # fmt: skip
    path: Path = write_return("projects.csv", rows, form_code="FP-01", **unit)
    return path


def test_a_project_by_its_name_is_one_filed_before(
    warehouse_home: Settings, write_return: Any, query: Any
) -> None:
    unit = {"area_code": SONGPING, "area_name": "松坪乡"}
    names = ["松坪村饮水安全工程", "松坪村饮水按全工程", "小坝水库除险加固"]
    rows = [
        write_return.row(
            place_code=SONGPING, project_code=name, row_kind="1", programme="02", fund_doc_no=str(n)
        )
        for n, name in enumerate(names)
    ]
    funds = write_return("funds.csv", rows, **unit)
    dry = [f for f in check_files(warehouse_home, [funds]) if f.check_id.startswith("IN-name")]
    assert {(f.check_id, f.severity) for f in dry} == {("IN-name-unchecked", "info")}
    submit_file(warehouse_home, project(write_return, names[0], **unit))
    batch = receive_inbox(warehouse_home)
    assert [s.state for s in batch.submissions] == ["accepted_with_warnings"], batch.findings
    submit_file(warehouse_home, funds)
    found = [f for f in receive_inbox(warehouse_home).findings if f.check_id.startswith("IN-name")]
    assert [(f.check_id, f.expected) for f in found] == [
        ("IN-name-read", PROJECT),
        ("IN-name-slip", PROJECT),
        ("IN-name-unknown", None),
    ]
    accepted = write_return("funds-2.csv", rows[:2], version="1", **unit)
    submit_file(warehouse_home, accepted)
    assert [s.state for s in receive_inbox(warehouse_home).submissions] == [
        "accepted_with_warnings"
    ]
    assert query(warehouse_home, "select distinct project_code from raw.fp02") == [(PROJECT,)]


@pytest.mark.parametrize("funds_first", [True, False])
def test_a_project_may_be_named_by_a_return_that_comes_with_its_list(
    warehouse_home: Settings, write_return: Any, query: Any, funds_first: bool
) -> None:
    unit = {"area_code": SONGPING, "area_name": "松坪乡"}
    name = "松坪村饮水安全工程"
    row = write_return.row(
        place_code=SONGPING, project_code=name, row_kind="1", programme="02", fund_doc_no="1"
    )
    files = [write_return("funds.csv", [row], **unit), project(write_return, name, **unit)]
    unknown = write_return("other.csv", [{**row, "project_code": "水库"}], version="1", **unit)
    for path in (*(files if funds_first else reversed(files)), unknown):
        submit_file(warehouse_home, path)
    batch = receive_inbox(warehouse_home)
    assert {s.file_name: s.state for s in batch.submissions} == {
        files[1].name: "accepted_with_warnings",
        "funds.csv": "accepted_with_warnings",
        "other.csv": "rejected",
    }
    assert query(warehouse_home, "select project_code from raw.fp02") == [(PROJECT,)]
    assert receive_inbox(warehouse_home).submissions == []


def test_five_thousand_rows_with_names_cost_seconds(places: KnownPlaces) -> None:
    unit = places.areas_inside("530700000000", DECEMBER)
    start = time.process_time()
    wrong = [unit.find(f"某{chr(0x4E00 + n)}{chr(0x5E00 + n % 7)}村") for n in range(5_000)]
    assert time.process_time() - start < 12
    assert {match.outcome for match in wrong} <= {"unknown", "ambiguous", "slip"}
