"""A warning of the build is marked in the unit's workbook, explained in it, passed by the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from examples.simulator.errors import chosen_kinds, plant_errors
from examples.simulator.world import simulate_county
from expectations.gate import gate_month
from ingest.answer_tag import FINDINGS_SHEET
from ingest.feedback.answers import refresh_answers
from ingest.feedback.look import MARKS
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.reopened import stale_months
from warehouse.settings import Settings

from .conftest import answers_in_force, file_county, write_county

MONTH = Month(2009, 11)
KIND, CHECK = "units-against-unit-cost", "X7"
REASON = "该线路含旧桥加固，单价高于标准"

pytestmark = pytest.mark.timeout(900)


def state_reasons(answer: Path, target: Path, reason: str) -> int:
    """Write a reason beside every open warning of an answer; return how many there are."""
    book = load_workbook(answer)
    stated = 0
    for row in book[FINDINGS_SHEET].iter_rows():
        if str(row[2].value) == "请核实说明\nwarning":
            row[8].value = reason
            stated += 1
    book.save(target)
    return stated


def query(settings: Settings, statement: str) -> list[Any]:
    with connect(settings, Role.admin) as connection:
        return connection.execute(statement).fetchall()


def test_a_warning_of_the_build_is_explained_in_the_workbook_and_the_gate_passes(
    warehouse_home: Settings, tmp_path: Path
) -> None:
    filed = write_county(simulate_county("530722", MONTH, 1, 77, townships=2), tmp_path / "county")
    planted = plant_errors(filed.simulation, filed.written, 1, chosen_kinds([KIND]))
    (truth,) = planted.truths
    file_county(warehouse_home, filed)
    answers = answers_in_force(warehouse_home, filed)
    sheet = load_workbook(answers[truth.file])[truth.sheet]
    assert sheet[truth.cell].fill.fgColor.rgb == MARKS["warning"]
    assert CHECK in sheet[truth.cell].comment.text
    assert gate_month(warehouse_home, MONTH).state == "waiting_signature"

    stated = 0
    for name, answer in answers.items():
        back = tmp_path / f"back-{name}".replace(".csv", ".xlsx")
        here = state_reasons(answer, back, REASON)
        if here:
            submit_file(warehouse_home, back)
        stated += here
    assert stated >= 1
    batch = receive_inbox(warehouse_home)
    assert {s.state for s in batch.submissions} == {"accepted"}
    assert "IN-version-equal" not in {finding.check_id for finding in batch.findings}
    assert query(warehouse_home, "select count(*) from ops.stated_reason") == [(stated,)]
    assert MONTH in stale_months(warehouse_home)

    build_month(warehouse_home, MONTH)
    assert query(
        warehouse_home,
        "select finding.state, finding.reason from ops.finding as finding"
        f" inner join ops.build as build using (build_id) where check_id = '{CHECK}' and in_force",
    ) == [("explained", REASON)]
    assert gate_month(warehouse_home, MONTH).state == "ready"
    assert refresh_answers(warehouse_home, [MONTH]) >= 1
    ((path,),) = query(
        warehouse_home,
        "select answer_path from ops.submission"
        f" where file_name = 'back-{Path(truth.file).stem}.xlsx'",
    )
    sheet = load_workbook(warehouse_home.outbox_dir / path)[truth.sheet]
    assert sheet[truth.cell].fill.fgColor.rgb == MARKS["explained"]
    assert MONTH not in stale_months(warehouse_home)
