"""The sheet that lists what a return changes against the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.answer_tag import CHANGES_SHEET
from ingest.feedback.content import Changes
from ingest.feedback.findings_sheet import link
from ingest.feedback.look import fit_height, lines_of, page, wrapped_text, write_text
from ingest.generate.style import BOLD_FONT, GRID, PLAIN_FILL, TITLE_FONT, WRAPPED

_COLUMNS: Final[tuple[tuple[str, float], ...]] = (
    ("变动 Change", 14),
    ("位置 Cell", 16),
    ("行 Row", 46),
    ("栏目 Column", 26),
    ("原填 Before", 28),
    ("现填 Now", 28),
)
_KINDS: Final = {
    "changed": "改动 changed",
    "row_added": "新增行 row added",
    "row_removed": "删去行 row removed",
}
_HEADING: Final = 4


def add_changes(workbook: Workbook, changes: Changes, sheets: Mapping[str, Worksheet]) -> str:
    """Add the sheet behind the findings and return its title."""
    worksheet = workbook.create_sheet(CHANGES_SHEET, 1)
    write_text(worksheet["A1"], "变动 Changes").font = TITLE_FONT
    wrapped_text(worksheet, 2, 1, _told(changes))
    worksheet.merge_cells(start_row=2, end_row=2, start_column=1, end_column=len(_COLUMNS))
    fit_height(worksheet, 2, 2)
    for position, (heading, width) in enumerate(_COLUMNS, start=1):
        cell = write_text(worksheet.cell(row=_HEADING, column=position), heading)
        cell.font, cell.fill, cell.border, cell.alignment = BOLD_FONT, PLAIN_FILL, GRID, WRAPPED
        worksheet.column_dimensions[get_column_letter(position)].width = width
    for row, change in enumerate(changes.listed, start=_HEADING + 1):
        place = "!".join(part for part in (change.sheet, change.cell) if part)
        texts = (
            _KINDS[change.kind], place, change.row_key, change.column, change.before, change.now,
        )  # fmt: skip
        for position, text in enumerate(texts, start=1):
            wrapped_text(worksheet, row, position, text).border = GRID
        if change.cell and change.sheet in sheets:
            link(worksheet.cell(row=row, column=2), sheets[change.sheet], change.cell)
        fit_height(
            worksheet,
            row,
            max(lines_of(text, width) for text, (_, width) in zip(texts, _COLUMNS, strict=True)),
        )
    worksheet.freeze_panes = f"A{_HEADING + 1}"
    page(worksheet, _HEADING)
    return str(worksheet.title)


def _told(changes: Changes) -> str:
    total = len(changes.listed) + changes.left_out
    zh = f"与上一份（{changes.before}）相比，共有{total}处变动。"
    en = f"Differences from the return before ({changes.before}): {total}."
    if not total:
        zh = f"与上一份（{changes.before}）相比，数字没有变动。"
        en = f"No figure differs from the return before ({changes.before})."
    if changes.left_out:
        zh += f"只列出前{len(changes.listed)}处。"
        en += f" The first {len(changes.listed)} are listed."
    return f"{zh}\n{en}"
