"""How the sheets and marks of an answer look, and how a text is written so that it stays one."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from ingest.generate.style import TEXT_FONT, style_page, text_width

# Colours that nobody else uses by chance, so that our marks are known when they come back.
MARKS: Final = {
    "error": "FFFFC7CD",
    "warning": "FFFFEB9B",
    "info": "FFDDEBF6",
    "explained": "FFE2EFD9",
}
FILLS: Final = {kind: PatternFill("solid", fgColor=colour) for kind, colour in MARKS.items()}
TO_FILL_IN: Final = PatternFill("solid", fgColor="FFFFFDE5")
LINK_FONT: Final = Font(name="SimSun", size=10, underline="single", color="FF0563C1")
TOP: Final = Alignment(vertical="top", wrap_text=True)
_LINE_HEIGHT: Final = 13.5
_HIGHEST: Final = 400.0  # Excel allows 409
_LONGEST_TEXT: Final = 32_767
_RISKY: Final = re.compile(r"\s*[=+\-@\t\r]")


def is_risky(text: str) -> bool:
    """Tell whether a spreadsheet might take a text for a formula."""
    return _RISKY.match(text) is not None


def write_text(cell: Any, text: str) -> Cell:
    """Write a text that stays a text: in the file, when it is edited, and when it is copied."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST_TEXT]
    cell.data_type = "s"
    cell.quotePrefix = is_risky(text)
    return cell  # type: ignore[no-any-return]


def wrapped_text(worksheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text of ours in the usual font, wrapped, at the top of its cell."""
    cell = write_text(worksheet.cell(row=row, column=column), text)
    cell.font, cell.alignment = TEXT_FONT, TOP
    return cell


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of this width."""
    parts = text.split("\n")
    return sum(max(1, math.ceil(text_width(part) * 1.05 / max(1.0, width - 1))) for part in parts)


def fit_height(worksheet: Worksheet, row: int, lines: int) -> None:
    """Make a row high enough: not every program does so by itself."""
    worksheet.row_dimensions[row].height = min(_HIGHEST, lines * _LINE_HEIGHT + 4)


def page(worksheet: Worksheet, heading_row: int) -> None:
    """Print across, as wide as the page, with the headings on every page."""
    style_page(worksheet)
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A4
    worksheet.print_title_rows = f"{heading_row}:{heading_row}"
    worksheet.sheet_view.zoomScale = 90
