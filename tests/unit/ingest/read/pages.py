"""One return of FP-02 as a page that can be laid out in many ways, and written in many formats."""

from __future__ import annotations

import copy
import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from ingest.forms.catalogue import load_form
from ingest.generate.layout import sheet_of

FORM = load_form("FP-02")
UNIT = "530722208000"
HEAD = {
    "表号": "FP-02", "版别": "2009", "报告月份": "200911", "填报单位代码": UNIT,
    "填报单位": "松坪傈僳族彝族乡", "报送版本": "0", "金额单位": "元", "零报告": "否",
}  # fmt: skip
COLUMNS = {c.name: c for c in sheet_of(FORM, FORM.tables[0], {"report_month": "200911"}).columns}

Cells = dict[str, Any]
ROWS: list[Cells] = [
    {
        "place_code": UNIT, "row_kind": "1", "fund_doc_no": "丽财农〔2009〕12号",
        "fund_source": "11", "programme": "01", "fund_year": 2009, "issue_date": "2009-03-05",
        "arrival_date": "2009-04-11", "inplace_basis": "1", "amount_issued_m": 0,
        "amount_issued_y": 1234500, "amount_issued_c": 1234500, "amount_inplace_y": 1200000,
        "amount_paid_y": 850000, "amount_reimbursed_y": 640000, "award_flag": "否",
        "integrated_unit": "扶贫办",
    },
    {
        "place_code": UNIT, "row_kind": "2", "units": 3, "fund_source": "12", "programme": "04",
        "amount_issued_y": 300000, "amount_inplace_y": "250000(估)", "amount_paid_y": 200000,
        "amount_reimbursed_y": "未收集(未报账)", "balance": "约5000",
    },
    {
        "place_code": UNIT, "row_kind": "1", "fund_source": "52", "programme": "01",
        "amount_issued_y": 40000, "amount_inplace_y": 40000, "amount_paid_y": 40000,
        "amount_reimbursed_y": "—", "labour_days_y": 2000,
    },
]  # fmt: skip
TOTAL: Cells = {
    "place_code": UNIT, "row_kind": "3", "fund_source": "00", "programme": "00",
    "compare_with": "1", "list_complete": "是", "amount_issued_y": 1574500,
    "amount_paid_y": 1090000,
}  # fmt: skip
_KEYS_OF_TOTAL = ("place_code", "row_kind", "fund_source", "programme", "compare_with",
                  "list_complete")  # fmt: skip


@dataclass
class Page:
    """A sheet before it is written: rows of cells, merged areas (1-based) and the like."""

    rows: list[list[Any]]
    heading_row: int  # 0-based
    names: list[str | None]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    name: str = "FP-02"
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    others: dict[str, list[list[Any]]] = field(default_factory=dict)

    def at(self, name: str) -> int:
        """Return the 0-based position of a column."""
        return self.names.index(name)

    @property
    def data(self) -> list[list[Any]]:
        """Return the rows below the headings, to be changed in place."""
        return self.rows[self.heading_row + 1 :]

    def each(self, change: Callable[[str, Any], Any]) -> None:
        """Change every filled cell below the headings."""
        for row in self.data:
            for index, cell in enumerate(row):
                if cell is not None and index < len(self.names) and self.names[index]:
                    row[index] = change(str(self.names[index]), cell)

    def head(self, label: str) -> list[Any]:
        """Return the row of a field of the head, to be changed in place."""
        return next(row for row in self.rows if row and row[0] == label)

    def insert(self, at: int, rows: list[list[Any]]) -> None:
        """Put rows before a row (0-based), as a person inserts lines."""
        self.rows[at:at] = rows
        if at <= self.heading_row:
            self.heading_row += len(rows)
        self.merged = [
            (top + len(rows), left, bottom + len(rows), right)
            if top > at
            else (top, left, bottom, right)
            for top, left, bottom, right in self.merged
        ]

    def insert_column(self, at: int, heading: str, cells: list[Any]) -> None:
        """Put a column before a position (0-based) from the headings down."""
        for offset, row in enumerate(self.rows[self.heading_row :]):
            row.extend([None] * (at - len(row)))
            row.insert(
                at,
                heading if offset == 0 else (cells[offset - 1] if offset <= len(cells) else None),
            )
        self.names.insert(at, None)


def page(
    *, money_unit: str = "元", order: list[str] | None = None, with_total: bool = True
) -> Page:
    """Return the return as the blank form lays it out."""
    sheet = sheet_of(FORM, FORM.tables[0], {"report_month": "200911", "money_unit": money_unit})
    columns = [COLUMNS[name] for name in order] if order else list(sheet.columns)
    rows: list[list[Any]] = [[sheet.title]]
    rows += [[label, money_unit if label == "金额单位" else text] for label, text in HEAD.items()]
    rows += [[], [sheet.heading(column) for column in columns]]
    heading_row = len(rows) - 1
    for cells in [*ROWS, *([TOTAL] if with_total else [])]:
        rows.append([copy.copy(cells.get(column.name)) for column in columns])
    return Page(rows, heading_row, [column.name for column in columns])


def is_money(name: str) -> bool:
    """Return whether a column holds money."""
    return COLUMNS[name].type == "money"


def is_total_row(row: list[Any], of: Page) -> bool:
    """Return whether a row is the control total."""
    return bool(row) and row[of.at("row_kind")] == "3"


def unlabel_total(of: Page, label: str, at: int) -> None:
    """Write the control total as a clerk does: a label and figures, no keys."""
    for row in of.data:
        if is_total_row(row, of):
            for name in _KEYS_OF_TOTAL:
                row[of.at(name)] = None
            row[at] = label


def write_xlsx(of: Page, path: Path) -> None:
    workbook = Workbook()
    workbook.remove(workbook.active)  # type: ignore[arg-type]
    for name, rows in {of.name: of.rows, **of.others}.items():
        worksheet = workbook.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for position, value in enumerate(row, start=1):
                if value is not None:
                    cell = worksheet.cell(row=number, column=position, value=value)
                    if isinstance(value, str):
                        cell.data_type = "s"
        if name == of.name:
            for top, left, bottom, right in of.merged:
                area = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
                worksheet.merge_cells(area)
            for number in of.hidden_rows:
                worksheet.row_dimensions[number].hidden = True
            for position in of.hidden_columns:
                worksheet.column_dimensions[get_column_letter(position)].hidden = True
    workbook.save(path)


def write_csv(of: Page, path: Path, encoding: str = "utf-8", delimiter: str = ",") -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(
        ["" if cell is None else str(cell) for cell in row] for row in of.rows
    )
    path.write_bytes(stream.getvalue().encode(encoding))


def write_ods(of: Page, path: Path) -> None:
    """Write the sheet as a small OpenDocument spreadsheet."""
    lines = []
    for row in of.rows:
        cells = "".join(_ods_cell(cell) for cell in row)
        lines.append(f"<table:table-row>{cells or '<table:table-cell/>'}</table:table-row>")
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    spaces = " ".join(f'xmlns:{short}="{urn}"' for short, urn in names.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        f'office:version="1.2"><office:body><office:spreadsheet><table:table '
        f'table:name="{escape(of.name)}">{"".join(lines)}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, int | float | Decimal):
        return (
            f'<table:table-cell office:value-type="float" office:value="{cell}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(cell).split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
