"""What a return changes against the one before it, by row key and in base units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.assess import Assessor
from ingest.feedback.compared import changes_between
from ingest.feedback.content import Changes
from ingest.figures import figures_digest
from ingest.forms.catalogue import load_form
from ingest.generate.workbook import write_return_csv, write_return_xlsx
from ingest.known_places import KnownPlaces
from ingest.parsed import ParsedTable
from ingest.read.sandbox import Sandbox
from warehouse.month import Month
from warehouse.settings import Settings

HEAD = {
    "form_code": "FP-02", "edition": "2009", "report_month": "200911",
    "area_code": "530700000000", "version": "0", "money_unit": "元", "nil_return": "否",
}  # fmt: skip
Read = Callable[..., list[ParsedTable]]


def row(**changes: Any) -> dict[str, Any]:
    given = {
        "place_code": "530700000000", "row_kind": "2", "fund_source": "10", "programme": "01",
        "amount_issued_y": 2000,
    }  # fmt: skip
    return {**given, **changes}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Return a function that writes a return and reads its tables."""
    settings = Settings(home=tmp_path)
    form = load_form("FP-02")
    with Sandbox(settings) as sandbox:
        assessor = Assessor(sandbox, KnownPlaces.from_files(settings))

        def run(rows: Sequence[Mapping[str, Any]], name: str = "a.xlsx", **head: str) -> Any:
            path = tmp_path / name
            write = write_return_xlsx if name.endswith("xlsx") else write_return_csv
            write(path, form, {**HEAD, **head}, rows)
            return assessor.assess(path, name, Month(2009, 12)).tables

        yield run


def compared(before: list[ParsedTable], now: list[ParsedTable]) -> Changes:
    return changes_between("FP-02", before, now, "R-1, 版本 version 0")


def test_cells_and_rows_that_differ_are_listed(read: Read) -> None:
    before = read([row(), row(programme="02"), row(programme="03")])
    now = read([row(programme="02", amount_planned_y=5), row(amount_issued_y="2,500(估)"),
                row(programme="04", amount_issued_y=7)])  # fmt: skip
    changes = compared(before, now)
    assert changes.left_out == 0
    told = [(c.kind, c.column, c.before, c.now) for c in changes.listed]
    assert told == [
        ("changed", "本年计划资金", "（空白 blank）", "5"),
        ("changed", "本年累计下达资金", "2000", "2,500(估)"),
        ("row_added", "", "", "填写5栏 5 cells"),
        ("row_removed", "", "填写5栏 5 cells", ""),
    ]
    assert changes.listed[1].cell == now[0].cell(int(now[0].frame.index[1]), "amount_issued_y")
    assert "项目类别 04" in changes.listed[2].row_key
    assert changes.listed[3].cell is None


def test_the_same_figures_written_otherwise_are_no_change(read: Read) -> None:
    rows = [row(amount_issued_y=20000), row(programme="02", amount_planned_y="30000(估)")]
    before = read(rows)
    now = read(
        [row(programme="02 整乡推进", amount_planned_y="3(估)", amount_issued_y="0.2"),
         row(amount_issued_y="２")],
        "b.csv", money_unit="万元",
    )  # fmt: skip
    assert compared(before, now).listed == ()
    assert figures_digest(before, is_nil=False) == figures_digest(now, is_nil=False)


@pytest.mark.parametrize(
    "changed",
    [{"amount_issued_y": 2001}, {"amount_issued_y": "2000(估)"}, {"amount_issued_y": None},
     {"fund_doc_no": "财农1号"}, {"amount_planned_y": 0}],
)  # fmt: skip
def test_any_difference_is_seen(read: Read, changed: dict[str, Any]) -> None:
    before, now = read([row()]), read([row(**changed)])
    assert compared(before, now).listed
    assert figures_digest(before, is_nil=False) != figures_digest(now, is_nil=False)


def test_rows_of_one_key_are_told_apart_by_their_order(read: Read) -> None:
    before = read([row(), row(amount_issued_y=3)])
    assert [c.now for c in compared(before, read([row(), row(amount_issued_y=4)])).listed] == ["4"]
    assert [c.kind for c in compared(before, read([row()])).listed] == ["row_removed"]


def test_a_table_without_rows_is_compared_too(read: Read) -> None:
    assert [c.kind for c in compared(read([]), read([row()])).listed] == ["row_added"]
    assert [c.kind for c in compared(read([row()]), read([])).listed] == ["row_removed"]
    assert compared([], read([row()])).listed[0].kind == "row_added"
