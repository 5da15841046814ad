"""How a return looks: fonts, fills, widths and number formats."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.model import Column

TITLE_FONT = Font(name="SimSun", size=16, bold=True)
TEXT_FONT = Font(name="SimSun", size=10)
BOLD_FONT = Font(name="SimSun", size=10, bold=True)
KEY_FILL = PatternFill("solid", fgColor="DDEBF7")
REQUIRED_FILL = PatternFill("solid", fgColor="FFF2CC")
PLAIN_FILL = PatternFill("solid", fgColor="F2F2F2")
_LINE = Side(style="thin", color="BFBFBF")
GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
WRAPPED = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center")
TEXT_FORMAT = "@"
_FORMATS = {"money": "#,##0.00", "int": "#,##0", "dec": "#,##0.00", "date": "yyyy-mm-dd"}
_LABEL_WIDTH = 38.0
_VALUE_WIDTH = 22.0
_HEADING_HEIGHT = 62.0
_HEAD_HEIGHT = 15.0


def text_width(text: str) -> int:
    """Return how many Latin characters wide a text is; a Chinese one counts two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def number_format(column: Column) -> str:
    """Return the cell format; codes and texts are text, so that leading zeros stay."""
    if column.unit is None and column.type == "int":
        return "0"
    return _FORMATS.get(column.type, TEXT_FORMAT)


def column_width(column: Column, position: int) -> float:
    """Return a width that shows the heading in three lines and the widest usual value."""
    if position == 1:
        return _LABEL_WIDTH
    if position == 2:
        return _VALUE_WIDTH
    longest_word = max(len(word) for word in column.en.split())
    usual = {"money": 16, "date": 12, "text": 18, "char": 16, "code": 18}.get(column.type, 10)
    return float(max(usual, longest_word + 2, min(len(column.zh) * 2 + 2, 20)))


def style_head(worksheet: Worksheet, first_row: int, fields: int) -> None:
    """Style the title in row 1 and the head block below it."""
    worksheet["A1"].font = TITLE_FONT
    worksheet.row_dimensions[1].height = 24.0
    for row in range(first_row, first_row + fields):
        worksheet.row_dimensions[row].height = _HEAD_HEIGHT
        label, value = worksheet.cell(row=row, column=1), worksheet.cell(row=row, column=2)
        label.font, label.fill, label.border, label.alignment = BOLD_FONT, PLAIN_FILL, GRID, LEFT
        value.font, value.border, value.alignment = TEXT_FONT, GRID, LEFT
        value.number_format = TEXT_FORMAT


def style_headings(worksheet: Worksheet, row: int, columns: Sequence[Column]) -> None:
    """Style the heading row: keys blue, required columns yellow, the others grey."""
    worksheet.row_dimensions[row].height = _HEADING_HEIGHT
    for position, column in enumerate(columns, start=1):
        cell = worksheet.cell(row=row, column=position)
        cell.font, cell.border, cell.alignment = BOLD_FONT, GRID, WRAPPED
        cell.fill = KEY_FILL if column.key else PLAIN_FILL
        if column.required_kinds and not column.key:
            cell.fill = REQUIRED_FILL
        width = column_width(column, position)
        worksheet.column_dimensions[get_column_letter(position)].width = width


def style_data_row(worksheet: Worksheet, row: int, columns: Sequence[Column]) -> None:
    """Style one data row: borders, and the format of each column's type."""
    for position, column in enumerate(columns, start=1):
        cell = worksheet.cell(row=row, column=position)
        cell.font, cell.border = TEXT_FONT, GRID
        cell.number_format = number_format(column)


def style_page(worksheet: Worksheet, *, pages_wide: int) -> None:
    """Print on A3 across, as many pages wide as said."""
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A3
    worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    worksheet.page_setup.fitToWidth = pages_wide
    worksheet.page_setup.fitToHeight = 0
