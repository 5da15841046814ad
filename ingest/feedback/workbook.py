"""Compose the workbook of an answer. Runs in the limited child process: the file is hostile."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.answer_tag import FINDING, MAGIC, MARK, SHEET, TAG_SHEET
from ingest.feedback.changes_sheet import add_changes
from ingest.feedback.content import Content
from ingest.feedback.findings_sheet import add_findings
from ingest.feedback.look import write_text
from ingest.feedback.marks import Mark, mark_cells, take_off_marks
from ingest.feedback.redrawn import redraw
from ingest.feedback.reporters_copy import copy_workbook
from ingest.generate.stable_zip import empty_workbook

# A cell that shows no value says its formula: left blank it would come back as "not reported".
_FORMULA = "IN-formula"
_NO_PICTURES = (
    "原文件中的图片、图表没有复制到本工作簿。 Pictures and charts of the file are not copied here."
)
_CUT_OFF = (
    "文件过大，本工作簿只复制了前面的单元格。 The file is large: only its first cells are here."
)
_DRAWN = (
    "本工作簿按读到的单元格重新绘制。"
    " This workbook was drawn anew from the cells that were read; addresses are those of the file."
)


def annotated_copy(path: Path, content: Content) -> bytes:
    """Return a marked copy of an xlsx workbook; raises `NotCopiedError`."""
    workbook, left_out = copy_workbook(path)
    take_off_marks(workbook)
    sheets: dict[str, Worksheet] = {sheet.title: sheet for sheet in workbook.worksheets}
    for line in content.lines:
        if line.check_id == _FORMULA and line.sheet in sheets and line.cell:
            cell = sheets[line.sheet][line.cell]
            if cell.value is None:
                write_text(cell, line.value or "公式 formula")
    notes = (*content.notes, _NO_PICTURES) if left_out else content.notes
    return _finished(workbook, replace(content, notes=notes), sheets)


def annotated_cells(grids: list[dict[str, Any]], content: Content) -> bytes:
    """Return a marked workbook drawn from the cells that were read (see `redraw`)."""
    workbook, sheets, cut_off = redraw(grids, content.only_sheet)
    notes = (*content.notes, _DRAWN, *([_CUT_OFF] if cut_off else []))
    return _finished(workbook, replace(content, notes=notes), sheets)


def findings_alone(content: Content) -> bytes:
    """Return a workbook with the findings and nothing of the file."""
    return _finished(empty_workbook(), content, {})


def _finished(workbook: Workbook, content: Content, sheets: dict[str, Worksheet]) -> bytes:
    marks = mark_cells(sheets, content.lines)
    titles = [add_findings(workbook, content, sheets)]
    if content.changes is not None:
        titles.append(add_changes(workbook, content.changes, sheets))
    _add_tag(workbook, content, titles, marks)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _add_tag(workbook: Workbook, content: Content, titles: list[str], marks: list[Mark]) -> None:
    tag = workbook.create_sheet(TAG_SHEET)
    tag.sheet_state = "veryHidden"
    lines: list[tuple[str, ...]] = [(MAGIC, content.receipt_no)]
    lines += [(SHEET, title) for title in titles]
    lines += [
        (FINDING, str(line.number), line.identity)
        for line in content.lines
        if line.identity is not None
    ]
    lines += [(MARK, *mark) for mark in marks]
    for row, texts in enumerate(lines, start=1):
        for column, text in enumerate(texts, start=1):
            write_text(tag.cell(row=row, column=column), text)
