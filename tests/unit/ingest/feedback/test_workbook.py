"""The marked workbook: marks at the cells, the reporter's looks kept, nothing that runs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from ingest.answer_tag import CHANGES_SHEET, FINDINGS_SHEET, TAG_SHEET
from ingest.explain import take_answer
from ingest.feedback.content import Change, Changes, Content
from ingest.feedback.look import MARKS
from ingest.feedback.reporters_copy import NotCopiedError, only_looks
from ingest.feedback.workbook import annotated_cells, annotated_copy, findings_alone
from ingest.read.sandbox import Sandbox
from warehouse.findings import Finding
from warehouse.settings import Settings

MakeFinding = Callable[..., Finding]
Answer = Callable[..., Content]

RUNS = ['=HYPERLINK("http://x/","y")', "@SUM(1)", "+1+1", "-1+cmd|' /C calc'!A0", "\t=1+1"]
rule: Any = FormulaRule  # it has no types
BLUE = PatternFill("solid", fgColor="FF0070C0")


def opened(data: bytes) -> Any:
    return load_workbook(io.BytesIO(data))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Return a workbook with formats of its own, and with all that must not survive."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "FP-02"
    sheet["A1"] = "各类扶贫资金"
    sheet.merge_cells("A1:D1")
    sheet["B3"] = 77
    sheet["B3"].font = Font(name="KaiTi", size=14, bold=True, color="FFFF0000")
    sheet["B3"].fill = BLUE
    sheet["B3"].border = Border(bottom=Side(style="double"))
    sheet["B3"].number_format = "#,##0.00"
    sheet["B3"].comment = Comment("领导已看 seen", "县办")
    sheet["C3"] = 0.25
    sheet["C3"].number_format = "0%"
    sheet.column_dimensions["B"].width = 33
    sheet.row_dimensions[3].height = 41
    sheet.row_dimensions[5].hidden = True
    sheet.freeze_panes = "B3"
    for row, text in enumerate(RUNS, start=10):
        sheet.cell(row=row, column=1, value=text).data_type = "s"
    sheet["D3"] = "=B3*2"
    sheet["E3"] = "see"
    sheet["E3"].hyperlink = "https://example.invalid/"
    book.defined_names["Auto_Open"] = DefinedName("Auto_Open", attr_text="'FP-02'!$A$1")
    listed = DataValidation(type="list", formula1='"01,02"')
    outside = DataValidation(type="list", formula1="[1]Sheet1!$A$1:$A$3")
    for check, cell in ((listed, "B3"), (outside, "C3")):
        check.add(cell)
        sheet.add_data_validation(check)
    sheet.conditional_formatting.add("B3", rule(formula=["B3>100"], fill=BLUE))
    sheet.conditional_formatting.add("C3", rule(formula=['WEBSERVICE("u")=1'], fill=BLUE))
    book.create_sheet("说明")["A1"] = "其他"
    path = tmp_path / "return.xlsx"
    book.save(path)
    _with_value_of_formula(path)
    return path


def _with_value_of_formula(path: Path) -> None:
    """Give the formula the value that a spreadsheet would have shown."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    changed = re.sub(rb"(<f>B3\*2</f>)<v ?/>", rb"\1<v>154</v>", parts[name])
    assert changed != parts[name]
    parts[name] = changed
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def test_each_finding_is_marked_at_its_cell_and_listed_first(
    workbook: Path, finding: MakeFinding, answer: Answer
) -> None:
    content = answer(
        finding("B3"),
        finding("B3", "warning", check_id="G7"),
        finding("C3", "warning"),
        finding("C7", "info"),
        finding("C8", "warning", reason="灾后补报"),
        finding(None, "warning", sheet=None, check_id="FP02-05"),
    )
    book = opened(annotated_copy(workbook, content))
    assert book.sheetnames == [FINDINGS_SHEET, "FP-02", "说明", TAG_SHEET]
    assert book.active.title == FINDINGS_SHEET
    sheet = book["FP-02"]
    colours = {cell: sheet[cell].fill.fgColor.rgb for cell in ("B3", "C3", "C7", "C8")}
    assert colours == {
        "B3": MARKS["error"], "C3": MARKS["warning"], "C7": MARKS["info"], "C8": MARKS["explained"]
    }  # fmt: skip
    note = sheet["B3"].comment.text
    assert note.startswith("领导已看 seen")
    assert (
        note.index("【必须修改 error】 G4") < note.index("不在代码表内") < note.index("is no code")
    )
    assert "【请核实说明 warning】 G7" in note
    lines = [[cell.value for cell in row] for row in book[FINDINGS_SHEET].iter_rows()]
    start = next(n for n, line in enumerate(lines) if line[0] == "序号 No.")
    assert [line[1] for line in lines[start + 1 :]] == ["G4", "G7", "G4", "G4", "G4", "FP02-05"]
    assert lines[start + 1][3:6] == ["FP-02!B3", "77", "01"]
    assert lines[start + 5][8] == "灾后补报"
    assert lines[start + 6][3] == "整张报表 the return"
    link = book[FINDINGS_SHEET].cell(row=start + 2, column=4).hyperlink
    assert (link.location, link.target) == ("'FP-02'!B3", None)


def test_the_looks_of_the_reporter_are_kept(
    workbook: Path, finding: MakeFinding, answer: Answer
) -> None:
    before = load_workbook(workbook)["FP-02"]
    after = opened(annotated_copy(workbook, answer(finding("B3"), finding("C9"))))["FP-02"]
    for cell in ("A1", "B3", "C3"):
        for part in ("font", "border", "alignment", "number_format", "protection"):
            assert repr(getattr(after[cell], part)) == repr(getattr(before[cell], part)), (
                cell,
                part,
            )
    assert repr(after["C3"].fill) == repr(before["C3"].fill)
    assert after.merged_cells.ranges == before.merged_cells.ranges
    assert after.column_dimensions["B"].width == 33
    assert after.row_dimensions[3].height == 41
    assert after.row_dimensions[5].hidden
    assert after.freeze_panes == "B3"


def test_nothing_in_it_runs(workbook: Path, finding: MakeFinding, answer: Answer) -> None:
    hostile = finding(
        "A10", "warning", value="=1+1", expected="@x", message_zh="=中文", reason="-1+1"
    )
    changes = Changes("=R", (Change("changed", "FP-02", "A10", "=key", "+col", "=1", "@2"),))
    data = annotated_copy(workbook, answer(hostile, changes=changes))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        parts = {name: archive.read(name).decode("utf-8", "replace") for name in names}
    sheets = [text for name, text in parts.items() if name.startswith("xl/worksheets/")]
    assert not [text for text in sheets if re.search(r"<f[ >]", text)]
    assert not [name for name in names if re.search("external|vba|connection|pivot", name, re.I)]
    named = re.findall(r'definedName name="([^"]+)"', parts["xl/workbook.xml"])
    assert set(named) == {"_xlnm._FilterDatabase", "_xlnm.Print_Titles"}
    assert "example.invalid" not in "".join(parts.values())
    assert "WEBSERVICE" not in "".join(parts.values())
    assert "[1]" not in "".join(sheets)
    book = opened(data)
    sheet = book["FP-02"]
    assert sheet["D3"].value == 154
    assert sheet["E3"].value == "see"
    assert [str(check.formula1) for check in sheet.data_validations.dataValidation] == ['"01,02"']
    texts = [cell for s in book for row in s.iter_rows() for cell in row if cell.data_type == "s"]
    risky = [cell for cell in texts if re.match(r"\s*[=+\-@\t\r]", cell.value)]
    assert {text.strip() for text in RUNS} <= {cell.value.strip() for cell in risky}
    assert {"=1+1", "@x", "-1+1", "=key", "+col", "=1", "@2", "=cmd.xlsx"} <= {
        cell.value for cell in risky
    }
    assert [cell.coordinate for cell in risky if not cell.quotePrefix] == []


@pytest.mark.parametrize(
    ("formula", "looks"),
    [
        ("B3>100", True), ("AND(LEN(B3)=12,'FP-02'!A1<>\"[x]\")", True), (None, True),
        ("[1]Sheet1!A1", False), ("cmd|'/C calc'!A0", False), ("HYPERLINK(A1)", False),
        ("webservice(A1)=1", False), ("_xlfn.WEBSERVICE(A1)=1", False),
    ],
)  # fmt: skip
def test_a_condition_is_kept_where_it_only_looks(formula: str | None, looks: bool) -> None:
    assert only_looks(formula) is looks


def test_a_second_answer_takes_the_marks_of_the_first_off(
    workbook: Path, tmp_path: Path, finding: MakeFinding, answer: Answer
) -> None:
    first = tmp_path / "answer.xlsx"
    first.write_bytes(annotated_copy(workbook, answer(finding("B3"), finding("C7", "warning"))))
    again = opened(annotated_copy(first, answer(finding("C9"))))
    assert again.sheetnames == [FINDINGS_SHEET, "FP-02", "说明", TAG_SHEET]
    sheet = again["FP-02"]
    assert sheet["B3"].fill.fgColor.rgb == "FF0070C0"
    assert sheet["B3"].comment.text == "领导已看 seen"
    assert sheet["C7"].fill.fill_type is None
    assert sheet["C7"].comment is None
    assert sheet["C9"].fill.fgColor.rgb == MARKS["error"]


def test_reasons_are_read_back_and_the_rest_reads_as_before(
    workbook: Path, tmp_path: Path, finding: MakeFinding, answer: Answer
) -> None:
    content = answer(
        finding("B3", "warning", row_key={"place_code": "1"}),
        finding("C3", "error", row_key={"place_code": "2"}),
        finding("D3", "warning", row_key={"place_code": "3"}, reason="已有说明"),
        finding("E3", "warning", row_key={"place_code": "4"}, value="=5"),
        changes=Changes("R-1"),
    )
    path = tmp_path / "answer.xlsx"
    path.write_bytes(annotated_copy(workbook, content))
    book = load_workbook(path)
    assert CHANGES_SHEET in book.sheetnames
    sheet = book[FINDINGS_SHEET]
    numbers = {sheet.cell(row=n, column=1).value: n for n in range(1, sheet.max_row + 1)}
    for number, text in (("1", "洪灾后\n补报"), ("2", "不看"), ("4", "=属实")):
        cell = sheet.cell(row=numbers[number], column=9, value=text)
        cell.data_type = "s"
    book.save(path)
    settings = Settings(home=tmp_path)
    with Sandbox(settings) as sandbox:
        original = sandbox.read(workbook, accepted=True)
        grids, returned = take_answer(sandbox.read(path))
    assert [grid.sheet for grid in grids] == ["FP-02", "说明"]
    assert grids[0].rows[9:14] == original[0].rows[9:14]
    assert returned is not None
    assert returned.receipt_no == "R-0123456789AB"
    told = [(r.row_key["place_code"], r.value, r.reason) for r in returned.reasons]
    assert told == [("1", "77", "洪灾后 补报"), ("4", "=5", "=属实")]


def test_a_formula_without_value_stays_unread_when_it_comes_back(
    workbook: Path, finding: MakeFinding, answer: Answer
) -> None:
    uncounted = finding("F9", check_id="IN-formula", value="=A1*2")
    cell = opened(annotated_copy(workbook, answer(uncounted)))["FP-02"]["F9"]
    assert (cell.value, cell.data_type) == ("=A1*2", "s")


def test_cells_that_were_read_are_drawn_at_their_addresses(
    finding: MakeFinding, answer: Answer
) -> None:
    rows = [["标题", None, "=1"], [], [None, 12.5, {"d": "2009-11-05"}, True]]
    grids = [{"name": "", "hidden": False, "rows": rows}]
    book = opened(annotated_cells(grids, answer(finding("B3", "warning"))))
    sheet = book["FP-02"]
    assert (sheet["A1"].value, sheet["B3"].value, sheet["D3"].value) == ("标题", 12.5, True)
    assert f"{sheet['C3'].value:%Y-%m-%d}" == "2009-11-05"
    assert (sheet["C1"].value, sheet["C1"].data_type, sheet["C1"].quotePrefix) == ("=1", "s", True)
    assert sheet["B3"].fill.fgColor.rgb == MARKS["warning"]
    assert sheet["B3"].comment is not None


def test_a_file_that_cannot_be_read_gets_its_findings_alone(
    finding: MakeFinding, answer: Answer
) -> None:
    unreadable = finding(None, sheet=None, check_id="IN-unreadable")
    book = opened(findings_alone(answer(unreadable)))
    assert book.sheetnames == [FINDINGS_SHEET, TAG_SHEET]


def test_what_is_no_workbook_is_not_copied(tmp_path: Path, answer: Answer) -> None:
    path = tmp_path / "return.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(NotCopiedError):
        annotated_copy(path, answer())
