"""Write a filled return, as a workbook or as a csv file, in the layout of the blank template."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.model import Form
from ingest.generate import style
from ingest.generate.layout import (
    FIRST_HEAD_ROW,
    TAG_SHEET,
    Cell,
    Row,
    Sheet,
    grid,
    refuse_unknown,
    sheet_of,
)
from ingest.generate.stable_zip import empty_workbook, save_stable

# A text that a spreadsheet would run as a formula: begins like one and is no number or lone dash.
_FORMULA = re.compile(r"(?![+-]?[\d,.]*$)[=+\-@\t\r].*", re.DOTALL)


def write_return_xlsx(
    path: Path,
    form: Form,
    head: Mapping[str, str],
    rows: Sequence[Row],
    *,
    sub_tables: Mapping[str, Sequence[Row]] | None = None,
    compress: bool = False,
) -> None:
    """Write a return as a workbook; equal input gives equal bytes.

    `head` holds the fields of the head, and each of the `rows` of the main table its cells by
    canonical name. `sub_tables` gives the rows of sub-tables by the table's name; each named one
    gets its sheet. A string is written as a text cell, a number as a number, a date as a date,
    None as an empty cell. Raise `UsageError` for a name the form does not have.
    """
    given = {form.tables[0].name: rows, **(sub_tables or {})}
    refuse_unknown("tables", given, {table.name for table in form.tables})
    workbook = empty_workbook()
    for table in form.tables:
        if table.name in given:
            sheet = sheet_of(form, table, head)
            fill_sheet(workbook.create_sheet(table.sheet), sheet, head, given[table.name])
    add_tag(workbook, form, head)
    save_stable(workbook, path, compress=compress)


def write_return_csv(
    path: Path, form: Form, head: Mapping[str, str], rows: Sequence[Row], encoding: str = "utf-8"
) -> None:
    """Write a return of the form's main table as csv in the encoding (`utf-8-sig`, `gb18030`)."""
    sheet = sheet_of(form, form.tables[0], head)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerows([_as_text(cell) for cell in row] for row in grid(sheet, head, rows))


def fill_sheet(
    worksheet: Worksheet, sheet: Sheet, head: Mapping[str, str], rows: Sequence[Row]
) -> None:
    """Write every cell of the sheet with its styles, widths and frozen heading row."""
    for number, row in enumerate(grid(sheet, head, rows), start=1):
        for position, value in enumerate(row, start=1):
            if value is not None:
                put(worksheet, number, position, value)
    style.style_head(worksheet, FIRST_HEAD_ROW, len(sheet.head))
    under_head = bool(sheet.head)
    style.style_headings(worksheet, sheet.heading_row, sheet.places, under_head=under_head)
    if rows:
        numbers = range(sheet.first_data_row, sheet.first_data_row + len(rows))
        style.style_data_rows(worksheet, numbers, sheet.places)
    in_sight = max(sheet.fixed, 1)
    worksheet.freeze_panes = f"{get_column_letter(in_sight + 1)}{sheet.first_data_row}"
    worksheet.sheet_view.zoomScale = 85
    worksheet.print_title_rows = f"{sheet.heading_row}:{sheet.heading_row}"
    if sheet.fixed:
        worksheet.print_title_cols = f"A:{get_column_letter(sheet.fixed)}"


def add_tag(workbook: Workbook, form: Form, head: Mapping[str, str]) -> None:
    """Add the hidden sheet that names form, edition, unit and month beside the visible head."""
    tag = workbook.create_sheet(TAG_SHEET)
    tag.sheet_state = "hidden"
    put(tag, 1, 1, "tmw")
    texts = (form.form_code, *(head.get(name) for name in ("edition", "area_code", "report_month")))
    for row, text in enumerate(texts, start=1):
        if text:
            put(tag, row, 2, text)


def put(worksheet: Worksheet, row: int, column: int, value: Cell) -> None:
    """Write one cell; a text stays a text, whatever it begins with."""
    cell = worksheet.cell(row=row, column=column, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return str(cell)
