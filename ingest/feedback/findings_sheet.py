"""The first sheet of an answer: what the return is, and each finding with what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.protection import SheetProtection
from openpyxl.worksheet.worksheet import Worksheet

from ingest.answer_tag import FINDINGS_SHEET, NUMBER_HEADING, REASON_HEADING
from ingest.feedback.content import Content, Line
from ingest.feedback.look import (
    FILLS,
    LINK_FONT,
    TO_FILL_IN,
    fit_height,
    lines_of,
    page,
    wrapped_text,
    write_text,
)
from ingest.feedback.words import EXPLAINED, HOW_TO, NOTHING_FOUND, SEVERITIES, TO_DO
from ingest.generate.style import BOLD_FONT, GRID, OPEN, PLAIN_FILL, TITLE_FONT, WRAPPED

_COLUMNS: Final[tuple[tuple[str, float], ...]] = (
    (NUMBER_HEADING, 6),
    ("审核号 Check", 14),
    ("级别 Severity", 11),
    ("位置 Where", 15),
    ("填写的 Written", 15),
    ("应为 Expected", 15),
    ("问题 Problem", 52),
    ("怎么办 What to do", 27),
    (REASON_HEADING, 28),
)
_WHERE, _REASON = 4, 9
_WIDTH: Final = sum(width for _, width in _COLUMNS)
_ALL_IN_ONE_PLACE: Final = "整张报表 the return"


def add_findings(workbook: Workbook, content: Content, sheets: Mapping[str, Worksheet]) -> str:
    """Add the sheet in front of all others and return its title."""
    worksheet = workbook.create_sheet(FINDINGS_SHEET, 0)
    write_text(worksheet["A1"], "审核结果 Findings").font = TITLE_FONT
    row = 2
    for label, text in content.facts:
        row = _fact(worksheet, row, label, text)
    row = _fact(worksheet, row, "问题 Findings", _counted(content))
    for text in (*(HOW_TO if content.lines else NOTHING_FOUND), *content.notes):
        row = _across(worksheet, row, text)
    heading = row + 1
    _headings(worksheet, heading)
    for number, line in enumerate(content.lines, start=heading + 1):
        _line(worksheet, number, line, sheets)
    for position, (_, width) in enumerate(_COLUMNS, start=1):
        worksheet.column_dimensions[get_column_letter(position)].width = width
    last = get_column_letter(len(_COLUMNS))
    if content.lines:
        worksheet.auto_filter.ref = f"A{heading}:{last}{heading + len(content.lines)}"
    worksheet.freeze_panes = f"A{heading + 1}"
    page(worksheet, heading)
    worksheet.protection = SheetProtection(
        sheet=True, formatCells=False, formatColumns=False, formatRows=False, autoFilter=False
    )
    workbook.active = 0
    return str(worksheet.title)


def link(cell: Any, worksheet: Worksheet, address: str | None) -> None:
    """Make a cell a link to a cell of the same workbook."""
    title = worksheet.title.replace("'", "''")
    location = f"'{title}'!{address or 'A1'}"
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=location)
    cell.font = LINK_FONT


def _counted(content: Content) -> str:
    counts = Counter[str](line.kind for line in content.lines)
    words = {**SEVERITIES, "explained": EXPLAINED}
    parts = [f"{zh} {en} {counts[kind]}" for kind, (zh, en) in words.items() if counts[kind]]
    return "；".join(parts) or " ".join(NOTHING_FOUND)


def _fact(worksheet: Worksheet, row: int, label: str, text: str) -> int:
    wrapped_text(worksheet, row, 1, label).font = BOLD_FONT
    worksheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
    wrapped_text(worksheet, row, 4, text)
    worksheet.merge_cells(start_row=row, end_row=row, start_column=4, end_column=len(_COLUMNS))
    fit_height(worksheet, row, lines_of(text, _WIDTH - 31))
    return row + 1


def _across(worksheet: Worksheet, row: int, text: str) -> int:
    wrapped_text(worksheet, row, 1, text)
    worksheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(_COLUMNS))
    fit_height(worksheet, row, lines_of(text, _WIDTH))
    return row + 1


def _headings(worksheet: Worksheet, row: int) -> None:
    for position, (heading, _) in enumerate(_COLUMNS, start=1):
        cell = write_text(worksheet.cell(row=row, column=position), heading)
        cell.font, cell.fill, cell.border, cell.alignment = BOLD_FONT, PLAIN_FILL, GRID, WRAPPED
    fit_height(worksheet, row, 2)


def _line(worksheet: Worksheet, row: int, line: Line, sheets: Mapping[str, Worksheet]) -> None:
    explained = line.kind == "explained"
    severity = SEVERITIES[line.severity]
    shown = (*severity, *EXPLAINED) if explained else severity
    texts = (
        str(line.number),
        line.check_id,
        "\n".join(shown),
        _where(line),
        line.value or "",
        line.expected or "",
        f"{line.message_zh}\n{line.message_en}",
        "\n".join(TO_DO[line.kind]),
        line.reason or "",
    )
    for position, text in enumerate(texts, start=1):
        cell = wrapped_text(worksheet, row, position, text)
        cell.border = GRID
        if position <= _WHERE:
            cell.fill = FILLS[line.kind]
    worksheet.cell(row=row, column=1).alignment = Alignment(vertical="top", horizontal="center")
    target = sheets.get(line.sheet or "")
    if target is not None:
        link(worksheet.cell(row=row, column=_WHERE), target, line.cell)
    if line.severity == "warning" and line.identity is not None:
        reason = worksheet.cell(row=row, column=_REASON)
        reason.fill, reason.protection = TO_FILL_IN, OPEN
    widths = (width for _, width in _COLUMNS)
    fit_height(worksheet, row, max(lines_of(t, w) for t, w in zip(texts, widths, strict=True)))


def _where(line: Line) -> str:
    place = "!".join(part for part in (line.sheet, line.cell) if part)
    return place or _ALL_IN_ONE_PLACE
