"""Find the head of a return (表头) and the hidden tag of our own templates, by text alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ingest.forms.catalogue import head_fields
from ingest.parsed import HeadCell, HiddenTag
from ingest.read.marks import narrow
from ingest.read.sandbox import Grid
from ingest.read.values import cell_text

TAG_SHEET: Final = "_tmw"
_MAX_HEAD_ROWS: Final = 80
_REMARK: Final = re.compile(r"\([^()]*\)$")  # 报送版本（更正次数）
_ENGLISH: Final = re.compile(r"[\s:]+[A-Za-z][\x20-\x7e]*$")


@dataclass(frozen=True)
class ReadHead:
    """The head of a return: its fields by name, the last row it takes, and where it stands.

    `grid` is the sheet with the head (None where no sheet has one); `doubled` are the cells
    that repeat a field with another text.
    """

    cells: dict[str, HeadCell]
    grid: Grid | None
    last_row: int
    doubled: tuple[HeadCell, ...] = ()

    def text(self, field: str) -> str:
        """Return what a field says, '' where it is blank or missing."""
        cell = self.cells.get(field)
        return cell.text if cell is not None else ""


def read_head(grids: list[Grid]) -> ReadHead:
    """Return the head of the sheet that carries most of its fields (the first such sheet)."""
    heads = [_head_of(grid) for grid in grids if grid.sheet != TAG_SHEET]
    best = max(heads, key=lambda head: len(head.cells), default=None)
    if best is None or not best.cells:
        return ReadHead({}, None, 0)
    return best


def read_tag(grids: list[Grid]) -> HiddenTag | None:
    """Return the hidden tag, or None for a file that was not made from our template."""
    for grid in grids:
        if grid.sheet == TAG_SHEET and grid.rows and _text(grid, 0, 0) == "tmw":
            return HiddenTag(*(_text(grid, row, 1) or None for row in range(4)))
    return None


def english_cut(text: str) -> str:
    """Return the Chinese part of a label: before a line break, else without trailing English."""
    lines = text.strip().splitlines()
    return _ENGLISH.sub("", lines[0].strip()) if lines else ""


def label_key(text: str) -> str:
    """Return a label as it is compared: half-width, without spaces and a closing colon."""
    return "".join(narrow(text).split()).rstrip(":")


def _head_of(grid: Grid) -> ReadHead:
    known = {label_key(field.zh): field.name for field in head_fields()}
    cells: dict[str, HeadCell] = {}
    doubled: list[HeadCell] = []
    last_row = 0
    for index, row in enumerate(grid.rows[:_MAX_HEAD_ROWS]):
        label = label_key(english_cut(cell_text(row[0]))) if row else ""
        name = known.get(label) or known.get(_REMARK.sub("", label))
        if name is None:
            continue
        cell = HeadCell(name, _text(grid, index, 1), grid.sheet, f"B{index + 1}")
        last_row = index + 1
        if name not in cells:
            cells[name] = cell
        elif cells[name].text != cell.text:
            doubled.append(cell)
    return ReadHead(cells, grid, last_row, tuple(doubled))


def _text(grid: Grid, row: int, column: int) -> str:
    cells = grid.rows[row] if row < len(grid.rows) else []
    return cell_text(cells[column]) if column < len(cells) else ""
