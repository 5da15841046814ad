"""Marks at the cells: a fill by severity and a note. Marks of an earlier answer are taken off."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.styles.colors import Color
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.answer_tag import MAGIC, MARK, SHEET, TAG_SHEET
from ingest.feedback.content import Line
from ingest.feedback.look import FILLS, MARKS
from ingest.feedback.words import EXPLAINED, SEVERITIES
from ingest.generate.style import text_width

Mark = tuple[str, str, str]  # sheet, cell, the fill before as JSON

MAX_NOTES: Final = 3_000
_AUTHOR: Final = "tmw"
_BEGIN: Final = "── 审核 tmw ──"
_MOST_IN_NOTE: Final = 5
_LONGEST_NOTE: Final = 1_500
_ADDRESS: Final = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_ORDER: Final = {"error": 0, "warning": 1, "explained": 2, "info": 3}
_NOTE_WIDTH: Final = 330  # pixels
_NOTE_LINE: Final = 17


def mark_cells(sheets: Mapping[str, Worksheet], lines: Iterable[Line]) -> list[Mark]:
    """Mark the cell of each finding; return what each cell looked like before."""
    by_cell: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.sheet in sheets and line.cell and _ADDRESS.fullmatch(line.cell):
            by_cell.setdefault((line.sheet or "", line.cell), []).append(line)
    marks: list[Mark] = []
    for number, ((sheet, address), found) in enumerate(by_cell.items()):
        cell = _top_left(sheets[sheet], address)
        found.sort(key=lambda line: _ORDER[line.kind])
        marks.append((sheets[sheet].title, cell.coordinate, _fill_text(cell.fill)))
        cell.fill = FILLS[found[0].kind]
        if number < MAX_NOTES:
            cell.comment = _note(cell.comment, found)
    return marks


def take_off_marks(workbook: Workbook) -> None:
    """Give the cells marked by an earlier answer their looks again, and remove its sheets.

    Rows may have been moved since: a fill in one of our colours elsewhere is ours as well.
    """
    tag = workbook[TAG_SHEET] if TAG_SHEET in workbook.sheetnames else None
    if tag is None or tag["A1"].value != MAGIC:
        return
    before: dict[tuple[str, str], str] = {}
    ours = {TAG_SHEET}
    for row in tag.iter_rows(max_col=4, values_only=True):
        kind, first, second, third = (*map(str, row), *[""] * 4)[:4]
        if kind == SHEET:
            ours.add(first)
        elif kind == MARK:
            before[first, second] = third
    for name in ours.intersection(workbook.sheetnames):
        workbook.remove(workbook[name])
    for worksheet in workbook.worksheets:
        cells: Any = worksheet
        for cell in list(cells._cells.values()):
            if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in MARKS.values():
                cell.fill = _fill(before.get((worksheet.title, cell.coordinate)))
            if cell.comment is not None and _BEGIN in cell.comment.text:
                _take_off_note(cell)


def _take_off_note(cell: Any) -> None:
    own = cell.comment.text.split(_BEGIN)[0].rstrip()
    cell.comment = Comment(own, _AUTHOR) if own else None


def _top_left(worksheet: Worksheet, address: str) -> Any:
    cell = worksheet[address]
    if isinstance(cell, MergedCell):
        for merged in worksheet.merged_cells.ranges:
            if address in merged:
                return worksheet.cell(row=merged.min_row, column=merged.min_col)
    return cell


def _note(known: Comment | None, found: list[Line]) -> Comment:
    text = "\n\n".join(_sentences(found))[:_LONGEST_NOTE]
    text = ILLEGAL_CHARACTERS_RE.sub("", f"{_BEGIN}\n{text}")
    if known is not None and known.text.strip():
        text = f"{known.text.rstrip()}\n\n{text}"
    lines = sum(1 + text_width(line) // 44 for line in text.split("\n"))
    return Comment(text, _AUTHOR, height=min(600, _NOTE_LINE * (lines + 1)), width=_NOTE_WIDTH)


def _sentences(found: list[Line]) -> Iterator[str]:
    for line in found[:_MOST_IN_NOTE]:
        zh, en = EXPLAINED if line.kind == "explained" else SEVERITIES[line.severity]
        yield f"【{zh} {en}】 {line.check_id}\n{line.message_zh}\n{line.message_en}"
    if len(found) > _MOST_IN_NOTE:
        yield f"另有 {len(found) - _MOST_IN_NOTE} 条，见审核结果。 More stand in the findings."


def _fill_text(fill: Any) -> str:
    if fill.tagname != "patternFill" or fill.fill_type is None:
        return ""
    return json.dumps([fill.fill_type, *(_colour(c) for c in (fill.fgColor, fill.bgColor))])


def _colour(colour: Color) -> list[Any]:
    return [colour.type, colour.value, colour.tint]


def _fill(text: str | None) -> PatternFill:
    """Return the fill that `_fill_text` noted; none where a stranger's text says otherwise."""
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
        kind, front, back = json.loads(text or "")
        colours = [Color(**{type_: value, "tint": tint}) for type_, value, tint in (front, back)]
        return PatternFill(kind, fgColor=colours[0], bgColor=colours[1])
    return PatternFill()
