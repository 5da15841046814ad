"""Checks of the reader, planted by small files: each is listed, and marked where it has a cell."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ingest.answer_tag import FINDINGS_SHEET
from ingest.feedback.look import MARKS
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.database import Role, connect
from warehouse.settings import Settings

# What the simulator does not plant (tests/integration/simulator looks for the others).
WANTED = {
    "IN-unknown-form", "IN-error-cell", "IN-formula", "IN-macros", "IN-external-links",
    "IN-version-equal", "IN-damaged-code", "IN-too-large", "IN-unassigned", "IN-not-a-spreadsheet",
    "IN-two-readings", "IN-unit", "IN-code-length", "IN-name-slip", "IN-name-unknown",
    "IN-name-ambiguous", "IN-name-differs", "IN-hidden", "IN-several-forms", "IN-dtd",
    "IN-wrong-folder", "IN-not-collected",
}  # fmt: skip
# For information: told by the receipt, and in the workbook where there is one for other reasons.
TOLD = {
    "IN-duplicate", "IN-version-lower", "IN-name-read", "IN-total-row", "IN-footnote",
    "IN-sheet-not-read", "IN-form-by-title", "IN-remarks",
}  # fmt: skip
Edit = Callable[[Any], None]


def put(heading: str, value: Any, kind: str | None = None) -> Edit:
    """Return an edit of the first row: write a value below a heading (Chinese, before its line)."""

    def edit(sheet: Any) -> None:
        for row in sheet.iter_rows():
            for cell in row:
                if str(cell.value).split("\n")[0].split("(")[0] == heading:
                    target = sheet.cell(row=cell.row + 1, column=cell.column, value=value)
                    if kind is not None:
                        target.data_type = kind
                    return
        raise AssertionError(heading)

    return edit


def head(cell: str, value: Any) -> Edit:
    def edit(sheet: Any) -> None:
        sheet[cell] = value

    return edit


def hide(sheet: Any) -> None:
    sheet.row_dimensions[sheet.max_row].hidden = True


def add_total_and_note(sheet: Any) -> None:
    sheet.append(["合计"])
    sheet.append(["注：含上年结转。"])
    sheet.parent.create_sheet("说明")["A1"] = "本表由财务填写"


def add_remarks(sheet: Any) -> None:
    heading = next(row for row in sheet.iter_rows() if str(row[0].value).startswith("实施地"))
    column = len([cell for cell in heading if cell.value]) + 1
    sheet.cell(row=heading[0].row, column=column, value="备注")
    sheet.cell(row=heading[0].row + 1, column=column, value="上年结转")


def add_another_form(sheet: Any) -> None:
    other = sheet.parent.copy_worksheet(sheet)
    other.title, other["B2"] = "FP-08", "FP-08"


EDITS: dict[str, Edit] = {
    "unknown-form": head("B2", "FP-99"),
    "no-form": head("B2", None),
    "hidden": hide,
    "total-and-note": add_total_and_note,
    "remarks": add_remarks,
    "several": add_another_form,
    "error": put("本年计划资金", "#DIV/0!", "e"),
    "formula": put("本年计划资金", "=1+1"),
    "code": put("实施地代码", 530702208201001536),
    "short-code": put("实施地代码", "5307002", "s"),
    "readings": put("本年计划资金", "三万五", "s"),
    "unit": put("本年计划资金", "35亩", "s"),
    "name": put("实施地代码", "永胜县", "s"),
    "name-slip": put("实施地代码", "鲁地垃镇", "s"),
    "name-unknown": put("实施地代码", "某某县", "s"),
    "name-ambiguous": put("实施地代码", "松坪", "s"),
    "name-differs": put("实施地代码", "530722000000 宁蒗县", "s"),
    "hostile-text": put("资金文号", "@SUM(1+1)|cmd", "s"),
}
PARTS = {
    "macros": ("xl/vbaProject.bin", b"<x/>"),
    "links": ("xl/externalLinks/externalLink1.xml", b"<x/>"),
    "dtd": ("xl/other.xml", b'<!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>'),
}


def edited(path: Path, edit: Edit) -> Path:
    book = load_workbook(path)
    edit(book["FP-02"])
    book.save(path)
    return path


@pytest.fixture
def settings(assigned_home: Settings) -> Settings:
    return assigned_home.model_copy(update={"max_file_bytes": 400_000})


def test_every_finding_of_a_small_file_stands_in_its_answer(
    settings: Settings, write_return: Any, query: Any
) -> None:
    files = []
    for version, (name, edit) in enumerate(EDITS.items()):
        files.append(edited(write_return(f"{name}.xlsx", version=str(version)), edit))
    for version, (name, (part, content)) in enumerate(PARTS.items(), start=len(EDITS)):
        path = write_return(f"{name}.xlsx", version=str(version))
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(part, content)
        files.append(path)
    slow = write_return.row(issue_date="2009-01-05", arrival_date="2009-10-20")
    files += [
        write_return("v90.xlsx", [slow], version="90"),
        write_return("v90-again.xlsx", version="90"),
        write_return("v3-late.csv", version="3"),
        write_return("unassigned.xlsx", area_code="530721000000"),
    ]
    (large := write_return("large.csv")).write_bytes(b"a,b\n" * 120_000)
    (other := write_return("other.csv")).write_bytes(b"%PDF-1.4 no table")
    for path in (*files, large, other):
        submit_file(settings, path)
    elsewhere = settings.inbox_dir / "530722000000"
    elsewhere.mkdir(exist_ok=True)
    write_return("folder.xlsx", version="80").rename(elsewhere / "folder.xlsx")
    receive_inbox(settings)
    submit_file(settings, files[-1])
    receive_inbox(settings)
    with connect(settings, Role.admin) as connection:
        rows = connection.execute(
            "select s.file_name, s.answer_path, f.sheet, f.cell, f.check_id, f.severity, f.reason"
            " from ops.finding as f inner join ops.submission as s using (submission_id)"
        ).fetchall()
    missed, marked = [], set()
    for file, path, sheet, cell, check_id, severity, reason in rows:
        answer = settings.outbox_dir / path
        if answer.suffix == ".txt":
            assert check_id in answer.read_text(encoding="utf-8")
            assert severity == "info" or reason
            continue
        book = load_workbook(answer)
        listed = [row[1] for row in book[FINDINGS_SHEET].iter_rows(values_only=True)]
        target = book[sheet][cell] if cell and sheet in book.sheetnames else None
        if check_id not in listed:
            missed.append((file, check_id, "not listed"))
        elif target is not None and (
            target.fill.fgColor.rgb not in MARKS.values() or check_id not in target.comment.text
        ):
            missed.append((file, check_id, sheet, cell))
        marked.add(check_id)
    assert missed == []
    assert marked >= WANTED
    assert marked | {check_id for *_, check_id, _, _ in rows} >= TOLD
