"""Find the heading row of a form table in a sheet and read the rows below it.

Nothing is silently dropped: a heading that the form does not have, a column of the form that
the sheet lacks, a heading that stands twice and a value below no heading are findings. Only the
grey columns of a blank return, which show what the warehouse knew of last month, are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

import pandas as pd

from ingest.forms.catalogue import code_list, table_columns
from ingest.forms.model import LAST_MONTH, Column, Form, Table, in_force
from ingest.parsed import CellMark, ParsedTable
from ingest.read.frame import build_frame, build_texts
from ingest.read.head import english_cut, label_key
from ingest.read.messages import heading_finding
from ingest.read.sandbox import Cell, Grid
from ingest.read.units import unit_factor
from ingest.read.values import CodeNames, Parsed, Value, cell_text, parse_cell
from warehouse.findings import Finding
from warehouse.month import Month

_UNIT: Final = re.compile(r"(.*)\(([^()]*)\)")
_HEADING_ROWS: Final = 200
_MIN_HEADINGS: Final = 2
_LAST_MONTH: Final = label_key(LAST_MONTH)


@dataclass(frozen=True)
class _Place:
    """Where a column of the form stands in the sheet, and what its numbers are multiplied by.

    `stated` is the unit that heading or head state, `unit` that or the column's own.
    """

    column: Column
    index: int
    heading: str
    stated: str | None
    unit: str | None
    factor: Decimal


@dataclass(frozen=True)
class _Site:
    """The sheet a table stands in, and its heading row (1-based)."""

    grid: Grid
    form_code: str
    sheet: str
    heading_row: int


@dataclass(frozen=True)
class _Cells:
    """The typed cells of a table, their texts and marks."""

    frame: pd.DataFrame
    texts: pd.DataFrame
    marks: list[CellMark]


def read_table(
    grid: Grid, form: Form, table: Table, month: Month, money_unit: str | None, after_row: int
) -> tuple[ParsedTable, list[Finding]]:
    """Read the table from a sheet; its heading row is searched below `after_row` (1-based).

    `money_unit` is the head's unit of money, for headings of money that name none.
    """
    columns = table_columns(form, table)
    known = _headings(columns, month)
    heading_row = _heading_row(grid, known, after_row)
    sheet = grid.sheet or table.sheet  # a csv file reads as a workbook of the form
    if heading_row == 0:
        missing = heading_finding("no_heading_row", form.form_code, sheet)
        return _table(form, table, sheet, 0, _read_rows(grid, columns, [], 0)), [missing]
    site = _Site(grid, form.form_code, sheet, heading_row)
    places, findings = _places(site, known, money_unit)
    present = {place.column.name for place in places}
    for column in columns:
        if column.name not in present and in_force(column.since, column.until, str(month)):
            column = column.as_of(str(month))  # noqa: PLW2901 (named as in that month's template)
            findings.append(
                heading_finding(
                    "missing", form.form_code, sheet,
                    cell=f"A{heading_row}", expected=column.zh, column=column,
                )
            )  # fmt: skip
    findings += _values_below_no_heading(site)
    headings = grid.rows[heading_row - 1]
    passed_over = {
        i for i, cell in enumerate(headings) if _is_of_last_month(cell_text(cell), known)
    }
    cells = _read_rows(grid, columns, places, heading_row, passed_over)
    parsed = _table(form, table, sheet, heading_row, cells)
    for place in places:
        name = place.column.name
        parsed.column_letters[name] = column_letter(place.index)
        parsed.headings[name] = place.heading
        if place.unit is not None:
            parsed.units[name] = place.unit
        parsed.factors[name] = float(place.factor)
    return parsed, findings


def column_letter(index: int) -> str:
    """Return the letter of a 0-based column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _headings(columns: tuple[Column, ...], month: Month) -> dict[str, Column]:
    known: dict[str, Column] = {}
    for column in columns:
        if in_force(column.since, column.until, str(month)):
            known.update({label_key(text): column for text in column.wordings(str(month))})
    return known


def _split_heading(text: str, known: Mapping[str, Column]) -> tuple[Column | None, str | None]:
    """Return the column a heading names and the unit it states."""
    key = label_key(english_cut(text))
    if key in known:
        return known[key], None
    match = _UNIT.fullmatch(key)
    if match is not None and match[1] in known:
        return known[match[1]], match[2]
    return None, None


def _is_of_last_month(heading: str, known: Mapping[str, Column]) -> bool:
    """Tell whether a heading is that of a grey column: the prefix before a heading of the form."""
    key = label_key(english_cut(heading))
    return (
        key.startswith(_LAST_MONTH)
        and _split_heading(key.removeprefix(_LAST_MONTH), known)[0] is not None
    )


def _heading_row(grid: Grid, known: Mapping[str, Column], after_row: int) -> int:
    best, best_count = 0, _MIN_HEADINGS - 1
    for index, row in enumerate(grid.rows[after_row : after_row + _HEADING_ROWS], after_row):
        count = sum(_split_heading(cell, known)[0] is not None for cell in row
                    if isinstance(cell, str))  # fmt: skip
        if count > best_count:
            best, best_count = index + 1, count
    return best


def _places(
    site: _Site, known: Mapping[str, Column], money_unit: str | None
) -> tuple[list[_Place], list[Finding]]:
    places: dict[str, _Place] = {}
    findings: list[Finding] = []

    def report(kind: str, index: int, heading: str, column: Column | None = None) -> None:
        findings.append(
            heading_finding(
                kind, site.form_code, site.sheet,
                cell=f"{column_letter(index)}{site.heading_row}", value=heading, column=column,
            )
        )  # fmt: skip

    for index, cell in enumerate(site.grid.rows[site.heading_row - 1]):
        heading = cell_text(cell)
        if not heading or _is_of_last_month(heading, known):
            continue  # values below no heading are a finding of their own
        column, unit = _split_heading(heading, known)
        if column is None:
            report("unknown", index, heading)
            continue
        if column.name in places:
            report("doubled", index, heading, column)
            continue
        if unit is None and column.type == "money" and column.unit == "元":
            unit = money_unit
        factor = unit_factor(column.unit, unit)
        if factor is None:
            report("unit", index, heading, column)
            factor = Decimal(1)
        places[column.name] = _Place(column, index, heading, unit, unit or column.unit, factor)
    return list(places.values()), findings


def _values_below_no_heading(site: _Site) -> Iterator[Finding]:
    grid, heading_row = site.grid, site.heading_row
    headings = grid.rows[heading_row - 1]
    seen = {index for index, cell in enumerate(headings) if cell_text(cell)}
    for row_no, row in enumerate(grid.rows[heading_row:], heading_row + 1):
        for index, cell in enumerate(row):
            if index not in seen and cell_text(cell):
                seen.add(index)
                yield heading_finding(
                    "no_heading", site.form_code, site.sheet,
                    cell=f"{column_letter(index)}{row_no}", value=cell_text(cell),
                )  # fmt: skip


def _table(form: Form, table: Table, sheet: str, heading_row: int, cells: _Cells) -> ParsedTable:
    return ParsedTable(
        form.form_code,
        table.name,
        sheet,
        cells.frame,
        cells.texts,
        marks=cells.marks,
        heading_row=heading_row,
    )


def _read_rows(
    grid: Grid,
    columns: tuple[Column, ...],
    places: list[_Place],
    heading_row: int,
    passed_over: Container[int] = (),
) -> _Cells:
    rows = grid.rows[heading_row:] if places else []
    row_nos = [no for no, row in enumerate(rows, heading_row + 1) if _filled(row, passed_over)]
    values: dict[str, list[Value]] = {}
    texts: dict[str, list[str]] = {}
    marks: list[CellMark] = []
    for place in places:
        name = place.column.name
        values[name], texts[name] = _read_column(grid, row_nos, place, marks)
    return _Cells(
        build_frame(columns, values, row_nos), build_texts(columns, texts, row_nos), marks
    )


def _filled(row: Sequence[Cell], passed_over: Container[int]) -> bool:
    """Tell whether a row holds anything to read: a grey cell alone makes no row."""
    return any(
        cell is not None and cell != "" and index not in passed_over
        for index, cell in enumerate(row)
    )


def _read_column(
    grid: Grid, row_nos: list[int], place: _Place, marks: list[CellMark]
) -> tuple[list[Value], list[str]]:
    column, index = place.column, place.index
    codes = _code_names(column.codes) if column.codes and column.type == "code" else None
    values: list[Value] = []
    texts: list[str] = []
    for row_no in row_nos:
        row = grid.rows[row_no - 1]
        cell = row[index] if index < len(row) else None
        if cell is None:
            values.append(None)
            texts.append("")
            continue
        parsed = parse_cell(cell, column, place.factor, codes, place.stated)
        values.append(parsed.value)
        texts.append(parsed.text or "")
        mark = _mark(row_no, column, parsed)
        if mark is not None:
            marks.append(mark)
    return values, texts


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
