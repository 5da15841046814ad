"""A blank return knows what the accepted returns told of its unit, and comes back filled in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.beforehand import known_from_ledger, known_of_unit
from ingest.forms.catalogue import load_form
from ingest.forms.model import LAST_MONTH
from ingest.generate.fill import fill_template
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

TOWNSHIP, COUNTY, ELSEWHERE = "530722208000", "530722000000", "530722102000"
COMMITTEE = "530722208201"
NATURAL_VILLAGE = f"{COMMITTEE}007"
DECEMBER, JANUARY = Month(2009, 12), Month(2010, 1)
FP01 = load_form("FP-01")


def code(number: int) -> str:
    return f"20095307220200{number:06}"


def project(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "place_code": COMMITTEE, "row_kind": "1", "project_code": code(number),
        "project_name": f"项目 {number}", "programme": "02", "state": "4", "progress_pct": 40,
        "construct_mode": "6", "responsible_person": "和文光", "notice_from": date(2009, 3, 1),
        "notice_to": date(2009, 3, 20), "start_date": date(2009, 4, 1),
        "plan_amount": "600000(估)", "investment_done_m": 0, "investment_done_y": 250_000,
        "investment_done_c": 250_000, "benefit_households": 60, "benefit_persons": 240, **changes,
    }  # fmt: skip


CLOSED = {"state": "8", "progress_pct": 100, "handover_date": date(2009, 11, 5)}
VILLAGE = {
    "place_code": COMMITTEE, "row_kind": "1", "village_id": NATURAL_VILLAGE, "village_kind": "2",
    "coverage": "1", "households": 51, "persons": 224, "poor_households": 30, "poor_persons": 130,
    "road": "是", "power": "是", "water": "否", "school": "否", "clinic": "否", "arable_mu": 300,
    "irrigated_mu": 80,
}  # fmt: skip


@pytest.fixture
def filed_home(warehouse_home: Settings, write_return: Any) -> Settings:
    """Return a warehouse with returns of December: the township's, and the county office's."""
    with connect(warehouse_home, Role.loader) as connection:
        for unit in (TOWNSHIP, COUNTY):
            for form_code in ("FP-01", "FP-03"):
                connection.execute(
                    "insert into ops.assignment (area_code, form_code, valid_from)"
                    " values (%s, %s, '2009-01-01')",
                    [unit, form_code],
                )
    own = [project(1), project(2, **CLOSED), project(3, state="9")]
    countys = [project(4), project(5, place_code=ELSEWHERE), project(6, **CLOSED)]
    for name, rows, changes in (
        ("own.xlsx", own, {"area_code": TOWNSHIP}),
        ("county.xlsx", countys, {"area_code": COUNTY}),
        ("villages.xlsx", [VILLAGE], {"area_code": TOWNSHIP, "form_code": "FP-03"}),
    ):
        path = write_return(
            name, rows, **{"form_code": "FP-01", "report_month": "200912"} | changes
        )
        submit_file(warehouse_home, path)
    batch = receive_inbox(warehouse_home)
    assert [f.message_en for f in batch.findings if f.severity == "error"] == []
    assert len(batch.submissions) == 3
    return warehouse_home


def test_the_ledger_knows_villages_open_projects_and_last_months_rows(
    filed_home: Settings,
) -> None:
    known = known_from_ledger(filed_home, FP01, TOWNSHIP, JANUARY)
    assert [(p.code, p.name) for p in known.projects] == [(code(1), "项目 1"), (code(4), "项目 4")]
    names = {village.code: village.name for village in known.villages}
    assert names[NATURAL_VILLAGE] == ""
    assert names[f"{COMMITTEE}000"].endswith("村委会")
    assert all(village.startswith(TOWNSHIP[:9]) for village in names)
    assert known.last_rows is not None
    assert [row["project_code"] for row in known.last_rows["fp01"]] == [code(1), code(2), code(3)]
    assert known.last_rows["fp01"][0]["investment_done_c"] == Decimal("250000.00")
    assert known.last_rows["fp01"][0]["plan_amount"] == "600000.00(估)"
    assert known.last_rows["fp01b"] == []


def test_without_an_accepted_return_of_the_month_before_there_are_no_rows(
    filed_home: Settings,
) -> None:
    assert known_from_ledger(filed_home, FP01, TOWNSHIP, Month(2010, 2)).last_rows is None
    earlier = known_from_ledger(filed_home, FP01, TOWNSHIP, DECEMBER)
    assert earlier.last_rows is None
    assert known_from_ledger(filed_home, FP01, TOWNSHIP, Month(2009, 11)).projects == ()


def test_without_a_database_the_committees_are_known(tmp_path: Path) -> None:
    known, trouble = known_of_unit(Settings(home=tmp_path), FP01, TOWNSHIP, JANUARY)
    assert "tmw db start" in str(trouble)
    assert {village.code[9:12] for village in known.villages} >= {"201", "208"}
    assert (known.projects, known.last_rows) == ((), None)


def test_the_command_writes_what_a_township_sends_back(
    filed_home: Settings, tmp_path: Path, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    path = tmp_path / "blank.xlsx"
    command = [
        str(Path(sys.executable).with_name("tmw")), "forms", "template", "FP-01",
        "--area", TOWNSHIP, "--month", str(JANUARY), "-o", str(path),
    ]  # fmt: skip
    done = subprocess.run(
        command, env=environment_of(filed_home), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    worksheet = openpyxl.load_workbook(path)["FP-01"]
    texts = {str(cell.value).split("\n")[0]: cell for row in worksheet.iter_rows() for cell in row}
    first = texts["项目编码"].offset(row=1)
    assert [first.value, first.offset(row=1).value] == [code(1), None], "closed in 2009"
    before = {heading: cell.offset(row=1).value for heading, cell in texts.items()
              if heading.startswith(LAST_MONTH)}  # fmt: skip
    assert before[f"{LAST_MONTH}建设以来累计完成投资(元)"] == 250_000
    assert before[f"{LAST_MONTH}项目状态"] == "4 开工"
    assert before[f"{LAST_MONTH}本年累计完成投资(元)"] is None, "begins again in January"
    assert texts["本月完成投资(元)"].offset(row=1).value is None
    assert texts["计划总投资(元)"].offset(row=1).value == "600000.00(估)"

    rows = {"fp01": [project(1, investment_done_m=100, investment_done_y=100), project(7)]}
    fill_template(path, FP01, rows)
    submit_file(filed_home, path)
    (submission,) = receive_inbox(filed_home).submissions
    assert submission.state.startswith("accepted")
    with connect(filed_home, Role.loader) as connection:
        filed = connection.execute(
            "select project_code, investment_done_y, village_id from raw.fp01"
            " where submission_id = %s order by row_no",
            [submission.submission_id],
        ).fetchall()
    assert filed == [(code(1), Decimal(100), None), (code(7), Decimal(250_000), None)]
