"""Find the head of a return (表头) and the hidden tag of our own templates, by text alone.

A field is a label and its value: in the next cell, further right in the row, or in the label's
own cell after a colon (填报单位：松坪乡). Fields may stand side by side, and those of the people
who sign below the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ingest.forms.catalogue import code_list, head_fields, load_forms
from ingest.generate.layout import TAG_SHEET
from ingest.parsed import HeadCell, HiddenTag
from ingest.read.cells import cell_text, column_letter
from ingest.read.labels import english_cut, label_key
from ingest.read.marks import narrow
from ingest.read.sandbox import Grid

_MAX_HEAD_ROWS: Final = 80
_LAST_ROWS: Final = 15
_WIDEST: Final = 500  # columns
_LONGEST: Final = 500  # characters of a cell that may hold fields
_REACH: Final = 5  # cells from a label to its value: labels are merged over some
_REMARK: Final = re.compile(r"\([^()]*\)$")  # 报送版本（更正次数）
_CODE: Final = re.compile(r"([A-Z]{2})[-—_ ]?(\d{2})表?")
_MONEY: Final = "money_unit"


@dataclass(frozen=True)
class ReadHead:
    """The head of a return: its fields by name, and the sheet it stands in (None: nowhere).

    `doubled` are the cells that repeat a field with another text.
    """

    cells: dict[str, HeadCell]
    grid: Grid | None
    doubled: tuple[HeadCell, ...] = ()

    def text(self, field: str) -> str:
        """Return what a field says, '' where it is blank or missing."""
        cell = self.cells.get(field)
        return cell.text if cell is not None else ""


def read_head(grids: list[Grid]) -> ReadHead:
    """Return the head of the sheet that carries most of its fields (the first such sheet)."""
    return fullest(read_heads(grids))


def fullest(heads: Sequence[ReadHead]) -> ReadHead:
    """Return the head with most fields (the first such one)."""
    best = max(heads, key=lambda head: len(head.cells), default=None)
    if best is None or not best.cells:
        return ReadHead({}, None)
    return best


def read_heads(grids: list[Grid]) -> list[ReadHead]:
    """Return the head of each sheet but the hidden tag's, in their order."""
    return [_head_of(grid) for grid in grids if grid.sheet != TAG_SHEET]


def read_tag(grids: list[Grid]) -> HiddenTag | None:
    """Return the hidden tag, or None for a file that was not made from our template."""
    for grid in grids:
        if grid.sheet == TAG_SHEET and grid.rows and _text(grid, 0, 0) == "tmw":
            return HiddenTag(*(_text(grid, row, 1) or None for row in range(4)))
    return None


def form_code_in(text: str) -> str:
    """Return the code of the form that a text is (FP02, ｆｐ－02), or the text itself."""
    match = _CODE.fullmatch("".join(narrow(text).upper().split()))
    code = f"{match[1]}-{match[2]}" if match else text
    return code if code in load_forms() else text


def _head_of(grid: Grid) -> ReadHead:
    cells: dict[str, HeadCell] = {}
    doubled: list[HeadCell] = []
    last = max(_MAX_HEAD_ROWS, len(grid.rows) - _LAST_ROWS)
    for index in [*range(min(_MAX_HEAD_ROWS, len(grid.rows))), *range(last, len(grid.rows))]:
        for name, text, column in _fields_in(grid, index):
            plain = form_code_in(text) if name == "form_code" else text
            cell = HeadCell(name, plain, grid.sheet, f"{column_letter(column)}{index + 1}")
            if name not in cells:
                cells[name] = cell
            elif cells[name].text != cell.text and name in _decisive():
                doubled.append(cell)
    return ReadHead(cells, grid, tuple(doubled))


def _fields_in(grid: Grid, index: int) -> Iterator[tuple[str, str, int]]:
    """Yield name, text and column (0-based) of each field in a row."""
    row = grid.rows[index]
    for column, cell in enumerate(row[:_WIDEST]):
        if not isinstance(cell, str) or not cell.strip() or len(cell) > _LONGEST:
            continue
        name = _field_named(cell)
        if name is not None:
            text, at = _value_beside(grid, index, column)
            if _fits(name, cell, text):
                yield name, text, at
            continue
        pieces = list(_pieces(narrow(cell)))
        for number, (piece, text) in enumerate(pieces, start=1):
            at = column
            if not text and number == len(pieces):
                text, at = _value_beside(grid, index, column)  # noqa: PLW2901
            if _fits(piece, cell, text):
                yield piece, text, at


def _field_named(text: str) -> str | None:
    label = label_key(english_cut(text))
    return _labels().get(label) or _labels().get(_REMARK.sub("", label))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of the fields written into one cell, each label with its colon."""
    found = list(_inline().finditer(text))
    if not found or found[0].start() != 0:
        return
    for match, following in zip(found, [*found[1:], None], strict=True):
        end = following.start() if following is not None else len(text)
        yield _labels()["".join(match[1].split())], text[match.end() : end].strip(" ,;")


def _value_beside(grid: Grid, index: int, column: int) -> tuple[str, int]:
    """Return the text that belongs to a label, and its column: up to the next label."""
    row = grid.rows[index]
    for at in range(column + 1, min(len(row), column + 1 + _REACH)):
        text = cell_text(row[at])
        if text:
            if _field_named(text) is not None or any(_pieces(narrow(text))):
                break
            return text, at
    return "", column + 1


def _fits(name: str, label: str, text: str) -> bool:
    """Tell a unit of money from a unit that reports: both are called 单位."""
    if name != _MONEY or label_key(english_cut(label)).startswith("金额单位"):
        return True
    return text in code_list("money_unit")


@cache
def _labels() -> dict[str, str]:
    labels = {label_key(text): field.name for field in head_fields() for text in field.labels}
    return labels | {label_key(field.zh): field.name for field in head_fields()}


@cache
def _inline() -> re.Pattern[str]:
    words = sorted(_labels(), key=len, reverse=True)
    spaced = "|".join(r"\s*".join(map(re.escape, word)) for word in words)
    return re.compile(rf"(?:^|(?<=[\s,;]))({spaced})\s*(?:\([^()]*\))?\s*:\s*")


@cache
def _decisive() -> frozenset[str]:
    """Return the fields of which two different texts must not stand in one head."""
    return frozenset({field.name for field in head_fields() if field.required}) | {
        _MONEY,
        "nil_return",
    }


def _text(grid: Grid, row: int, column: int) -> str:
    cells = grid.rows[row] if row < len(grid.rows) else []
    return cell_text(cells[column]) if column < len(cells) else ""
