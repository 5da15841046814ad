"""A workbook drawn from the cells that were read, for files that are no xlsx: same addresses."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.feedback.look import fit_height, write_text
from ingest.generate.stable_zip import empty_workbook
from ingest.generate.style import GRID, TEXT_FONT, style_page, text_width

MAX_CELLS: Final = 60_000  # five seconds
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_TITLE: Final = 31
_NARROWEST, _WIDEST = 9, 32
_SAMPLED_ROWS: Final = 200


def redraw(
    grids: list[dict[str, Any]], only_sheet: str
) -> tuple[Workbook, dict[str, Worksheet], bool]:
    """Return the workbook, its sheets by the names in the file, and whether rows were left out.

    `grids` are `{name, hidden, rows}` with the cells as JSON: a date is `{"d": "2009-11-05"}`.
    """
    workbook, sheets, left = empty_workbook(), {}, MAX_CELLS
    whole = True
    for grid in grids:
        name = grid["name"] or only_sheet
        title = _FORBIDDEN.sub(" ", name).strip("'")[:_LONGEST_TITLE] or only_sheet
        worksheet = workbook.create_sheet(title)
        if grid.get("hidden"):
            worksheet.sheet_state = "hidden"
        sheets[name] = worksheet
        widths: dict[int, int] = {}
        for number, row in enumerate(grid["rows"], start=1):
            left -= len(row)
            if left < 0:
                whole = False
                break
            _draw(worksheet, number, row, widths)
        style_page(worksheet, float(sum(min(_WIDEST, width + 2) for width in widths.values())))
        for column, width in widths.items():
            letter = get_column_letter(column)
            worksheet.column_dimensions[letter].width = min(_WIDEST, max(_NARROWEST, width + 2))
    return workbook, sheets, not whole


def _draw(worksheet: Worksheet, number: int, row: list[Any], widths: dict[int, int]) -> None:
    for column, value in enumerate(row, start=1):
        if value is None:
            continue
        cell = worksheet.cell(row=number, column=column)
        if isinstance(value, dict):
            _date(cell, value["d"])
        elif isinstance(value, str):
            write_text(cell, value)
        else:
            cell.value = value
        cell.font, cell.border = TEXT_FONT, GRID
        if number <= _SAMPLED_ROWS:
            shown = max((text_width(line) for line in str(cell.value).split("\n")), default=0)
            widths[column] = max(widths.get(column, 0), shown)
            if "\n" in str(cell.value):
                cell.alignment = Alignment(wrap_text=True, vertical="center")
                fit_height(worksheet, number, str(cell.value).count("\n") + 1)


def _date(cell: Any, text: str) -> None:
    try:
        cell.value = date.fromisoformat(text[:10])
    except ValueError:
        write_text(cell, text)
    else:
        cell.number_format = "yyyy-mm-dd"
