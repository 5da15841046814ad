"""What the rows below the headings are: data, totals, notes, or headings printed again.

A row is taken for anything but data only where nothing of it could be data: it has no key and,
but for totals, no figures. What is not read is a finding, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from ingest.forms.catalogue import head_fields, table_words
from ingest.forms.model import Column
from ingest.read.cells import cell_text
from ingest.read.heading_rows import HeadingBlock
from ingest.read.labels import label_key
from ingest.read.marks import narrow
from ingest.read.numerals import readings
from ingest.read.sandbox import Cell, Grid

_MIN_SAME: Final = 2
_NOTE_CHARACTERS: Final = 12
_PUNCTUATION: Final = re.compile(r"[:：。；;，！]")
_MOST_LABEL: Final = 16
_NUMBERED_NOTE: Final = re.compile(r"^(?:[*※#★]|\(?\d{1,2}[).、]|[①-⑳])")


@dataclass
class Rows:
    """The rows of a table by what they are (1-based row numbers, in the order of the sheet)."""

    data: list[int] = field(default_factory=list)
    totals: dict[int, tuple[int, str]] = field(default_factory=dict)  # column index and label
    subtotals: dict[int, tuple[int, str]] = field(default_factory=dict)
    notes: dict[int, tuple[int, str]] = field(default_factory=dict)


def sort_rows(
    grid: Grid,
    block: HeadingBlock,
    columns: Mapping[int, Column],
    passed_over: Container[int],
) -> Rows:
    """Return what each row below the headings is; `columns` are those of the form by index.

    A row that is blank but for `passed_over` columns is none.
    """
    found = Rows()
    printed = _printed(grid, block)
    merged = {top for top, left, _, right in grid.merged if right > left}
    begins = {next(iter(row.items())) for row in printed}
    keys = [index for index, column in columns.items() if column.name in ("place_code", "row_kind")]
    for row_no, row in enumerate(grid.rows[block.last_row :], block.last_row + 1):
        filled = [
            (index, cell)
            for index, cell in enumerate(row)
            if cell is not None and cell != "" and index not in passed_over
        ]
        label = _label(row, filled)
        if not filled and label is None:
            continue
        first, text = label or (filled[0][0], "")
        has_key = any(
            index < len(row) and row[index] not in (None, "") and index != first for index in keys
        )
        if (first, label_key(text)) in begins and _repeats(row, printed):
            continue
        signed = is_signature(text) and (":" in narrow(text) or not has_key)
        if not text or (has_key and not signed):
            found.data.append(row_no)
        elif (kind := _total_kind(text)) is not None:
            (found.totals if kind else found.subtotals)[row_no] = (first, text)
        elif _is_note(filled, columns, text, merged=row_no in merged):
            found.notes[row_no] = (first, text)
        elif filled:
            found.data.append(row_no)
    return found


def _label(row: Sequence[Cell], filled: Sequence[tuple[int, Cell]]) -> tuple[int, str] | None:
    """Return the first text of a row: of a serial's column too, where 合计 is often written."""
    for index, cell in enumerate(row):
        if cell is None or cell == "":
            continue
        if isinstance(cell, str):
            return index, cell.strip()
        if filled and index >= filled[0][0]:
            return None
    return None


def _printed(grid: Grid, block: HeadingBlock) -> list[dict[int, str]]:
    """Return the rows that a printed page repeats: titles, head and headings."""
    rows = [_texts(row) for row in grid.rows[: block.last_row]]
    return [row for row in rows if row]


def _repeats(row: Sequence[Cell], printed: list[dict[int, str]]) -> bool:
    texts = _texts(row)
    return texts in printed and (len(texts) >= _MIN_SAME or len(next(iter(texts.values()))) > 4)


def _texts(row: Sequence[Cell]) -> dict[int, str]:
    texts = ((index, label_key(cell_text(cell))) for index, cell in enumerate(row))
    return {index: text for index, text in texts if text}


def is_signature(text: str) -> bool:
    """Tell whether a line names those who sign: fields of the head, read as such."""
    return any(_begins(label_key(text), word) for word in _signatures())


def _total_kind(text: str) -> bool | None:
    """Return True for the total of the table, False for one of a part, None for no total."""
    key = label_key(text)
    if len(key) > _MOST_LABEL:
        return None
    words = table_words()
    for total in words.totals:
        before = key.removesuffix("数").removesuffix("金额")
        if before.endswith(total):
            before = before.removesuffix(total)
            return before == "" or before in words.whole
    return False if any(key.endswith(word) for word in words.subtotals) else None


def _is_note(
    filled: Sequence[tuple[int, Cell]], columns: Mapping[int, Column], text: str, *, merged: bool
) -> bool:
    """Tell whether a row is text below the table: a note, a signature line."""
    if is_signature(text):
        return True
    if any(not isinstance(cell, str) for _, cell in filled):
        return False
    figures = [
        index
        for index, cell in filled[1:]
        if index in columns and columns[index].is_number and readings(str(cell).strip())
    ]
    if figures:
        return False
    key = label_key(text)
    if any(_begins(key, word) for word in table_words().notes) or _NUMBERED_NOTE.match(key):
        return True
    if len(filled) != 1:
        return False
    column = columns.get(filled[0][0])
    names_a_row = column is not None and column.key and not column.fixed_length
    long = len(key) >= _NOTE_CHARACTERS and not names_a_row
    return merged or long or _PUNCTUATION.search(text) is not None


def _begins(key: str, word: str) -> bool:
    """Tell whether a text is a word, or begins with it and a mark: 注1：, 备注, 填表人：某某."""
    rest = key.removeprefix(word)
    return key.startswith(word) and (
        not rest or re.match(r"[\d一二三四五]{0,2}[:：.、]", rest) is not None
    )


@cache
def _signatures() -> tuple[str, ...]:
    return tuple(label_key(text) for known in head_fields() for text in (known.zh, *known.labels))
