"""How a return looks: fonts, fills, widths and number formats; which of its cells are locked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import code_list
from ingest.forms.model import Column
from ingest.generate.labels import option
from ingest.generate.layout import Place

TITLE_FONT = Font(name="SimSun", size=16, bold=True)
TEXT_FONT = Font(name="SimSun", size=10)
BOLD_FONT = Font(name="SimSun", size=10, bold=True)
KEY_FILL = PatternFill("solid", fgColor="DDEBF7")
REQUIRED_FILL = PatternFill("solid", fgColor="FFF2CC")
PLAIN_FILL = PatternFill("solid", fgColor="F2F2F2")
GREY_FILL = PatternFill("solid", fgColor="D0D0D0")
GREY_FONT = Font(name="SimSun", size=10, italic=True, color="595959")
OPEN = Protection(locked=False)
_LINE = Side(style="thin", color="BFBFBF")
GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
WRAPPED = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center")
TEXT_FORMAT = "@"
TEXT_STYLE, BOLD_STYLE, WRAPPED_STYLE = "tmw text", "tmw bold", "tmw wrapped"
INDENTED = Alignment(horizontal="left", vertical="center", indent=1)
CENTRED = Alignment(horizontal="center", vertical="center")
_FORMATS = {"money": "#,##0.00", "int": "#,##0", "date": "yyyy-mm-dd"}
_LABEL_WIDTH = 38.0
_VALUE_WIDTH = 22.0
_HEADING_HEIGHT = 66.0
_HEAD_HEIGHT = 15.0
_LONG_CODE = 12
_WIDEST_CODE = 36
_LONG_CODE_WIDTH = 26
_NAME_WIDTH = 15
_GREY_EXTRA = 4.0  # its heading is longer
_PAGE_WIDTH = 250.0  # characters on A3 across, at three quarters of their size
_MARGIN = 0.5  # inches


def text_width(text: str) -> int:
    """Return how many Latin characters wide a text is; a Chinese one counts two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def number_format(column: Column) -> str:
    """Return the cell format; codes and texts are text, so that leading zeros stay."""
    if column.unit is None and column.type == "int":
        return "0"
    if column.type == "dec":
        return f"#,##0.{'0' * column.scale}"
    return _FORMATS.get(column.type, TEXT_FORMAT)


def column_width(column: Column, position: int, *, under_head: bool) -> float:
    """Return a width that shows the heading in its lines and the widest usual value.

    `under_head`: the first two columns stand under the head, whose texts need room.
    """
    if under_head and position <= 2:
        return _LABEL_WIDTH if position == 1 else _VALUE_WIDTH
    longest_word = max(len(word) for word in column.en.split())
    usual = {"money": 16, "date": 12, "text": 18, "char": 16, "code": 18}.get(column.type, 10)
    if column.codes:
        options = (text_width(option(code)) for code in code_list(column.codes).values())
        usual = min(max(*options, usual), _WIDEST_CODE)
    elif column.choices:
        usual = (column.length or 0) + _NAME_WIDTH
    elif (column.length or 0) > _LONG_CODE:
        usual = _LONG_CODE_WIDTH
    return float(max(usual, longest_word + 2, min(len(column.zh) * 2 + 2, 20)))


def style_head(worksheet: Worksheet, first_row: int, fields: int) -> None:
    """Style the title in row 1 and the head block below it; the values may be written."""
    worksheet["A1"].font = TITLE_FONT
    worksheet.row_dimensions[1].height = 24.0
    for row in range(first_row, first_row + fields):
        worksheet.row_dimensions[row].height = _HEAD_HEIGHT
        label, value = worksheet.cell(row=row, column=1), worksheet.cell(row=row, column=2)
        label.font, label.fill, label.border, label.alignment = BOLD_FONT, PLAIN_FILL, GRID, LEFT
        value.font, value.border, value.alignment = TEXT_FONT, GRID, LEFT
        value.number_format, value.protection = TEXT_FORMAT, OPEN


def style_headings(
    worksheet: Worksheet, row: int, places: Sequence[Place], *, under_head: bool
) -> None:
    """Style the heading row: keys blue, required columns yellow, last month's darker grey.

    Set the widths of the columns and the page.
    """
    worksheet.row_dimensions[row].height = _HEADING_HEIGHT
    total = 0.0
    for position, place in enumerate(places, start=1):
        column = place.column
        cell = worksheet.cell(row=row, column=position)
        cell.font, cell.border, cell.alignment = BOLD_FONT, GRID, WRAPPED
        cell.fill = KEY_FILL if column.key else PLAIN_FILL
        if place.of_last_month:
            cell.fill, cell.font = GREY_FILL, GREY_FONT
        elif column.required_kinds and not column.key:
            cell.fill = REQUIRED_FILL
        width = column_width(column, position, under_head=under_head)
        width += _GREY_EXTRA if place.of_last_month else 0.0
        worksheet.column_dimensions[get_column_letter(position)].width = width
        total += width
    style_page(worksheet, total)


def style_data_rows(worksheet: Worksheet, rows: Sequence[int], places: Sequence[Place]) -> None:
    """Style data rows: borders, the format of each column's type, what may be written."""
    for position, place in enumerate(places, start=1):
        first = worksheet.cell(row=rows[0], column=position)
        first.font, first.border = TEXT_FONT, GRID
        first.number_format = number_format(place.column)
        if place.column.type in ("date", "bool") or first.number_format == "0":
            first.alignment = CENTRED
        elif not place.column.is_number:
            first.alignment = INDENTED
        if place.of_last_month:
            first.font, first.fill = GREY_FONT, GREY_FILL
        else:
            first.protection = OPEN
    copy_row_styles(worksheet, rows[0], rows[1:], len(places))


def copy_row_styles(worksheet: Worksheet, source: int, rows: Iterable[int], width: int) -> None:
    """Give rows the styles of another (setting the parts of a style one by one is slow)."""
    cells: list[Any] = [worksheet.cell(row=source, column=n) for n in range(1, width + 1)]
    for row in rows:
        for position, cell in enumerate(cells, start=1):
            target: Any = worksheet.cell(row=row, column=position)
            target._style = copy(cell._style)


def add_text_styles(workbook: Workbook) -> None:
    """Give the workbook the named styles of explaining sheets: text, bold and wrapped.

    A named style is set at once, which a thousand cells of notes make worth while.
    """
    fonts = {TEXT_STYLE: TEXT_FONT, BOLD_STYLE: BOLD_FONT, WRAPPED_STYLE: TEXT_FONT}
    for name, font in fonts.items():
        alignment = Alignment(vertical="top", wrap_text=True) if name == WRAPPED_STYLE else None
        workbook.add_named_style(
            NamedStyle(name=name, font=font, alignment=alignment, number_format=TEXT_FORMAT)
        )


def style_page(worksheet: Worksheet, width: float = 0.0) -> None:
    """Print on A3 across, on as many pages side by side as keep it readable.

    `width` is that of all columns together, in characters.
    """
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A3
    worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    worksheet.page_setup.fitToWidth = max(1, math.ceil(width / _PAGE_WIDTH))
    worksheet.page_setup.fitToHeight = 0
    worksheet.page_margins = PageMargins(*(_MARGIN,) * 4)
    if worksheet.oddFooter is not None and worksheet.oddFooter.center is not None:
        worksheet.oddFooter.center.text = "&A  &P / &N"
