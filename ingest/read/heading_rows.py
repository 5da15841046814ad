"""Where the headings of a table stand: one row or several, with units and numbers below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ingest.read.cells import cell_text
from ingest.read.headings import Headings, Named
from ingest.read.labels import label_key
from ingest.read.sandbox import Cell, Grid
from ingest.read.units import is_a_unit

_SEARCHED: Final = 200
_WIDEST: Final = 500  # columns; what is written further right stands below no heading
_LONGEST: Final = 200  # characters of a heading
_MOST_MERGED: Final = 100_000  # cells; no return merges more, and a hostile file no more of ours
_DEEPEST: Final = 4
_MIN_HEADINGS: Final = 2
_MIN_NUMBERED: Final = 3
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_NUMBER: Final = re.compile(r"\(?(\d{1,3})(?:\.0)?\)?")
_NO_UNIT: Final = frozenset({"-", "—", "/"})

Levels = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class HeadingBlock:
    """The rows of a table's headings (1-based, `last_row` with units and column numbers).

    `leaf_row` holds the headings that name the columns; `levels` the texts of each column from
    the top down, each with whether it stands in the column itself; `named` what they name.
    """

    first_row: int
    leaf_row: int
    last_row: int
    levels: tuple[Levels, ...]
    named: tuple[Named | None, ...]

    def text(self, index: int) -> str:
        """Return the heading of a column as written, its rows joined by a line break."""
        return "\n".join(text for text, certain in self.levels[index] if certain)

    @property
    def count(self) -> int:
        """Return how many columns of the form are named."""
        return len({named.column.name for named in self.named if named is not None})


@dataclass
class _Search:
    """One search in one sheet: its cells, those of merged areas read from their first cell."""

    grid: Grid
    headings: Headings
    after_row: int
    anchors: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        last = self.after_row + _SEARCHED
        seen = 0
        for top, left, bottom, right in self.grid.merged:
            if top > last:
                continue
            seen += (min(bottom, last) - top + 1) * (min(right, _WIDEST) - left + 1)
            if seen > _MOST_MERGED:
                break
            for row in range(top, min(bottom, last) + 1):
                for column in range(left, min(right, _WIDEST) + 1):
                    self.anchors[row - 1, column - 1] = (top - 1, left - 1)

    def block(self, leaf: int, depth: int) -> HeadingBlock:
        """Return the block that ends in a row (0-based) and is so many rows deep."""
        first = leaf - depth + 1
        width = min(_WIDEST, max(len(self.grid.rows[row]) for row in range(first, leaf + 1)))
        levels = tuple(self._levels(first, leaf, column) for column in range(width))
        named = tuple(self.headings.named(column) if column else None for column in levels)
        return HeadingBlock(first + 1, leaf + 1, leaf + 1, levels, named)

    def _levels(self, first: int, leaf: int, column: int) -> Levels:
        found: list[tuple[str, bool]] = []
        seen: set[tuple[int, int]] = set()
        own_leaf = bool(self._own(leaf, column))
        for row in range(first, leaf + 1):
            anchor = self.anchors.get((row, column))
            if anchor is not None and anchor in seen:
                continue
            text = self._own(*anchor) if anchor is not None else self._own(row, column)
            if anchor is not None:
                seen.add(anchor)
            if text:
                found.append((text, True))
            elif row < leaf and own_leaf and (carried := self._carried(row, column)):
                found.append((carried, False))
        return tuple(found)

    def _own(self, row: int, column: int) -> str:
        cells = self.grid.rows[row]
        cell = cells[column] if column < len(cells) else None
        return cell.strip()[:_LONGEST] if isinstance(cell, str) else ""

    def _carried(self, row: int, column: int) -> str:
        """Return the group on the left: only its first cell shows it where nothing is merged."""
        for left in range(column - 1, -1, -1):
            if (row, left) in self.anchors:
                return ""
            text = self._own(row, left)
            if text:
                return text
        return ""


def find_headings(grid: Grid, headings: Headings, after_row: int = 0) -> HeadingBlock | None:
    """Return the headings of a table below a row (1-based), None where there are none.

    Those that name most columns are taken; of equal ones the first, and the fewest rows.
    """
    rows = grid.rows
    counts = [
        (_count(row, headings), -index)
        for index, row in enumerate(islice(rows, after_row, after_row + _SEARCHED), after_row)
    ]
    best_count, best_index = max(counts, default=(0, 0))
    search = _Search(grid, headings, after_row)
    best = search.block(-best_index, 1) if best_count >= _MIN_HEADINGS else None
    if best is not None and best_count < headings.count:
        # Headings over no others stand in the first or last of several rows: one of those is best.
        first, last = max(after_row + 1, -best_index - 1), -best_index + _DEEPEST
        for leaf in range(first, min(len(rows), last)):
            if not _may_be_leaf(rows[leaf]):
                continue
            for depth in range(2, min(_DEEPEST, leaf - after_row + 1) + 1):
                deeper = search.block(leaf, depth)
                if deeper.count > max(best_count, _MIN_HEADINGS - 1):
                    best, best_count = deeper, deeper.count
    return None if best is None else _with_rows_below(grid, headings, best)


def _count(row: Sequence[Cell], headings: Headings) -> int:
    return sum(
        headings.named([(cell, True)]) is not None
        for cell in row[:_WIDEST]
        if isinstance(cell, str) and len(cell) <= _LONGEST and cell
    )


def _may_be_leaf(row: Sequence[Cell]) -> bool:
    filled = [cell for cell in row if cell is not None and cell != ""]
    texts = sum(isinstance(cell, str) for cell in filled)
    return texts >= _MIN_HEADINGS and texts * 2 > len(filled)


def _with_rows_below(grid: Grid, headings: Headings, block: HeadingBlock) -> HeadingBlock:
    """Add the rows of units (元, 人) and of column numbers (甲, 1, 2) below the headings."""
    levels, last = list(block.levels), block.last_row
    for row in grid.rows[block.last_row : block.last_row + 3]:
        if _are_units(row):
            for index, cell in enumerate(row[: len(levels)]):
                text = cell_text(cell)
                if text and text not in _NO_UNIT:
                    levels[index] = (*levels[index], (f"({text.strip('()（）')})", True))
        elif not _are_numbers(row, block.count):
            break
        last += 1
    if last == block.last_row:
        return block
    named = tuple(headings.named(column) if column else None for column in levels)
    return HeadingBlock(block.first_row, block.leaf_row, last, tuple(levels), named)


def _are_units(row: Sequence[Cell]) -> bool:
    texts = [cell_text(cell) for cell in row if cell is not None and cell != ""]
    units = [text for text in texts if is_a_unit(label_key(text).strip("()"))]
    return len(units) >= _MIN_HEADINGS and all(text in _NO_UNIT or text in units for text in texts)


def _are_numbers(row: Sequence[Cell], columns: int) -> bool:
    texts = [label_key(cell_text(cell)) for cell in row if cell is not None and cell != ""]
    texts = texts[1:] if texts[:1] in (["栏次"], ["列次"], ["栏号"]) else texts
    if len(texts) < max(_MIN_NUMBERED, columns // 2):
        return False
    return all(
        text == expected for text, expected in zip(_plain(texts), _series(texts), strict=True)
    )


def _plain(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        match = _NUMBER.fullmatch(text)
        yield match[1] if match else text


def _series(texts: Sequence[str]) -> Iterator[str]:
    stems = 0
    while stems < min(len(texts), len(_STEMS)) and texts[stems] == _STEMS[stems]:
        yield _STEMS[stems]
        stems += 1
    yield from (str(number) for number in range(1, len(texts) - stems + 1))
