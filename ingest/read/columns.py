"""Read the cells below a table's headings, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from ingest.forms.catalogue import code_list
from ingest.forms.model import Column, Form, Table
from ingest.parsed import CellMark
from ingest.read.cells import Parsed, Value
from ingest.read.codes import CodeNames
from ingest.read.sandbox import Cell, Grid
from ingest.read.totals import Totals
from ingest.read.values import parse_cell

_MOST_MERGED: Final = 1_000_000  # cells: no return has more


@dataclass(frozen=True)
class Site:
    """A table of a form and the sheet it stands in; `sheet` is how findings call that."""

    grid: Grid
    form: Form
    table: Table
    sheet: str


@dataclass(frozen=True)
class Place:
    """Where a column of the form stands in the sheet, and what its numbers are multiplied by.

    `stated` is the unit that heading or head state, `unit` that or the column's own.
    """

    column: Column
    index: int
    heading: str
    stated: str | None
    unit: str | None
    factor: Decimal


def read_columns(
    grid: Grid, row_nos: Sequence[int], places: Sequence[Place], totals: Totals
) -> tuple[dict[str, list[Value]], dict[str, list[str]], list[CellMark]]:
    """Return values and texts by column, and the marks, of some rows of a sheet.

    Rows of totals have the keys that `totals` gives them, whatever is written there.
    """
    values: dict[str, list[Value]] = {}
    texts: dict[str, list[str]] = {}
    marks: list[CellMark] = []
    merged = _merged_down(grid, row_nos)
    for place in places:
        name = place.column.name
        values[name], texts[name] = _read_column(grid, row_nos, place, totals, merged, marks)
    for name, value in totals.given.items():
        if name not in values:
            values[name] = [value if row_no in totals.row_nos else None for row_no in row_nos]
            texts[name] = ["" for _ in row_nos]
    return values, texts, marks


def _read_column(
    grid: Grid,
    row_nos: Sequence[int],
    place: Place,
    totals: Totals,
    merged: dict[tuple[int, int], int],
    marks: list[CellMark],
) -> tuple[list[Value], list[str]]:
    column, index = place.column, place.index
    codes = _code_names(column.codes) if column.codes and column.type == "code" else None
    values: list[Value] = []
    texts: list[str] = []
    for row_no in row_nos:
        given = totals.cell(row_no, column.name, index)
        if given is not None:
            values.append(given.value)
            texts.append("")
            continue
        cell = _cell(grid, row_no, index)
        if cell is None and (row_no, index) in merged and not column.is_number:
            cell = _cell(grid, merged[row_no, index], index)
        if cell is None:
            values.append(None)
            texts.append("")
            continue
        parsed = parse_cell(
            cell, column, place.factor, codes, place.stated, date_1904=grid.date_1904
        )
        values.append(parsed.value)
        texts.append(parsed.text or "")
        mark = _mark(row_no, column, parsed)
        if mark is not None:
            marks.append(mark)
    return values, texts


def _cell(grid: Grid, row_no: int, index: int) -> Cell:
    row = grid.rows[row_no - 1]
    return row[index] if index < len(row) else None


def _merged_down(grid: Grid, row_nos: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return for each cell merged with one above it (row, column index) the row of that one.

    What is written over several rows, a place or a document, holds for each; a figure does not.
    """
    found: dict[tuple[int, int], int] = {}
    seen = 0
    for top, left, bottom, right in grid.merged:
        if left != right or not row_nos or not row_nos[0] <= top < row_nos[-1]:
            continue
        below = range(top + 1, min(bottom, row_nos[-1]) + 1)
        seen += len(below)
        if seen > _MOST_MERGED:
            break
        found.update(((row_no, left - 1), top) for row_no in below)
    return found


def _mark(row_no: int, column: Column, parsed: Parsed) -> CellMark | None:
    text = parsed.text or ""
    if parsed.problem is not None:
        reason = parsed.reason or "cannot be read as a value of this column"
        return CellMark(row_no, column.name, "O", text, reason, parsed.problem, parsed.expected)
    if parsed.status is not None:
        return CellMark(row_no, column.name, parsed.status, text, parsed.reason)
    return None


@cache
def _code_names(name: str) -> CodeNames:
    return CodeNames({code: entry.zh for code, entry in code_list(name).items()})
