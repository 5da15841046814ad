"""The cells of a workbook or csv file as plain rows. Runs in the limited child process.

A grid keeps every empty row and column before the data, so that row and column numbers are
those the reporter sees. Dates become `{"d": "2009-11-05"}`, cells without a value of their own
`{"e": "#DIV/0!"}` or `{"f": "=A1+B1"}`, empty cells None.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ingest.read.limits import ReadLimits
from ingest.read.preflight import Examined
from ingest.read.preflight_text import decode, delimiter_of
from ingest.read.sheet_facts import SheetFacts
from ingest.read.unreadable import UnreadableFileError

MAX_CELL_CHARACTERS: Final = 32_767  # as in Excel
# Writers put ' before a text that a spreadsheet would take for a formula; a cell shows none.
_NEUTRALISED: Final = re.compile(r"^'(?=[=+\-@\t\r])")
_CONTROL: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000)])
_FAULT_KEYS: Final = {"error": "e", "formula": "f"}


def read_grids(path: Path, examined: Examined, limits: ReadLimits) -> Iterator[dict[str, Any]]:
    """Yield `{"opened": kind, "link", "date_1904"}` once the file is open, then each sheet.

    A sheet is `{"sheet": {name, cells, rows, hidden, hidden_rows, hidden_columns, merged}}` with
    `cells` the number that are not blank; the one sheet of a csv file has the name ''.
    """
    budget = _Budget(limits)
    link = examined.facts.link
    opened = {
        "opened": examined.kind,
        "link": printable(link) if link is not None else None,
        "date_1904": examined.facts.date_1904,
    }
    if examined.kind == "csv":
        rows = _csv_rows(path)
        yield opened
        yield _sheet("", [budget.row(row) for row in rows], SheetFacts())
    elif examined.bare is not None:
        yield opened
        for sheet in examined.bare:
            yield _sheet(sheet.name, [budget.row(row) for row in sheet.rows()], sheet.facts)
    else:
        yield from _workbook_sheets(path, examined, opened, budget)


def printable(text: str) -> str:
    """Return a text from a file as it may be stored and shown: no control characters, not long."""
    return text[:MAX_CELL_CHARACTERS].translate(_CONTROL)


class _Budget:
    """Counts cells over all sheets, the blank ones too, so that no file fills the memory."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._cells, self._area = limits.cells, limits.area

    def row(self, cells: list[Any]) -> list[Any]:
        plain = [_plain(cell) if cell != "" else None for cell in cells]
        while plain and plain[-1] is None:
            plain.pop()
        self._cells -= len(plain) - plain.count(None)
        self._area -= len(plain) + 1
        if self._cells < 0 or self._area < 0:
            detail = f"more than {self._limits.cells} cells or {self._limits.area} with blank ones"
            raise UnreadableFileError("IN-too-large", detail)
        return plain


def _workbook_sheets(
    path: Path, examined: Examined, opened: dict[str, Any], budget: _Budget
) -> Iterator[dict[str, Any]]:
    from python_calamine import (  # noqa: PLC0415 - only the child needs the parser
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
    )

    try:
        # Given a path, the parser believes the suffix of its name.
        data = path.read_bytes() if examined.clear is None else examined.clear
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        yield opened
        for meta in workbook.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            cells = workbook.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
            facts = examined.facts.sheets.get(meta.name, SheetFacts())
            yield _sheet(meta.name, [budget.row(row) for row in cells], facts)
    except PasswordError as error:
        raise UnreadableFileError("IN-encrypted", "protected by a password") from error
    except CalamineError as error:
        raise UnreadableFileError(
            "IN-unreadable", f"damaged workbook: {error}", reason="damaged"
        ) from error


def _sheet(name: str, rows: list[list[Any]], facts: SheetFacts) -> dict[str, Any]:
    for (row, column), (kind, text) in facts.faults.items():
        rows += [[] for _ in range(row - len(rows))]
        cells = rows[row - 1]
        cells += [None] * (column - len(cells))
        cells[column - 1] = {_FAULT_KEYS[kind]: text}
    while rows and not rows[-1]:
        rows.pop()
    return {
        "sheet": {
            "name": printable(name),
            "cells": sum(cell is not None for row in rows for cell in row),
            "rows": rows,
            "hidden": facts.hidden,
            "hidden_rows": sorted(facts.hidden_rows),
            "hidden_columns": sorted(facts.hidden_columns),
            "merged": facts.merged,
        }
    }


def _csv_rows(path: Path) -> Iterator[list[str]]:
    text = decode(path.read_bytes())
    csv.field_size_limit(1 << 20)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)):
            yield [_NEUTRALISED.sub("", cell) for cell in row]
    except csv.Error as error:
        raise UnreadableFileError(
            "IN-unreadable", f"damaged csv: {error}", reason="damaged"
        ) from error


def _plain(cell: Any) -> Any:
    if isinstance(cell, str):
        text = printable(cell)
        return text if text.strip() else None
    if isinstance(cell, (bool, int, float)):
        return cell if math.isfinite(cell) else str(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return {"d": cell.date().isoformat() if midnight else cell.isoformat(" ")}
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    return str(cell)
