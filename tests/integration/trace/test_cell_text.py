from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from ingest.cell_text import read_cell_texts
from warehouse.errors import TraceError
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    made.landing_dir.mkdir()
    return made


def workbook(settings: Settings, name: str = "return.xlsx") -> str:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "FP-02"
    sheet["B3"] = 5000000
    sheet["C3"] = "2225000(估)"
    sheet["AA4"] = "未收集(年底统计)"
    book.create_sheet("other")["B3"] = 7
    book.save(settings.landing_dir / name)
    return name


def test_a_workbooks_cells_read_as_a_person_sees_them(settings: Settings) -> None:
    read = read_cell_texts(settings)
    assert read(workbook(settings), "FP-02", ["B3", "C3", "AA4", "Z99"]) == {
        "B3": "5000000",
        "C3": "2225000(估)",
        "AA4": "未收集(年底统计)",
        "Z99": "",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_has_one_sheet_under_any_name(settings: Settings, encoding: str) -> None:
    (settings.landing_dir / "return.csv").write_bytes("表号,FP-02\n金额,3000000\n".encode(encoding))
    read = read_cell_texts(settings)
    assert read("return.csv", "FP-02", ["A1", "B2"]) == {"A1": "表号", "B2": "3000000"}


def test_a_lost_file_is_said_so(settings: Settings) -> None:
    with pytest.raises(TraceError, match="gone"):
        read_cell_texts(settings)("ab/cd/return.xlsx", "FP-02", ["B3"])


def test_a_changed_file_is_said_so(settings: Settings) -> None:
    folder = settings.landing_dir / "ab" / ("ab" * 32)
    folder.mkdir(parents=True)
    (folder / "return.csv").write_text("a,b\n")
    with pytest.raises(TraceError, match="changed"):
        read_cell_texts(settings)(f"ab/{'ab' * 32}/return.csv", "FP-02", ["A1"])


def test_a_damaged_file_is_said_so(settings: Settings) -> None:
    (settings.landing_dir / "return.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(TraceError, match="cannot be read"):
        read_cell_texts(settings)("return.xlsx", "FP-02", ["B3"])


def test_a_sheet_that_is_not_there_is_said_so(settings: Settings) -> None:
    with pytest.raises(TraceError, match="no sheet"):
        read_cell_texts(settings)(workbook(settings), "FP-08", ["B3"])
