"""The cells of a workbook or csv file as plain rows. Runs in the limited child process.

A grid keeps every empty row and column before the data, so that row and column numbers are
those the reporter sees. Dates become `{"d": "2009-11-05"}`, empty cells None.
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

from ingest.read.preflight import FileKind, UnreadableFileError

MAX_CELLS: Final = 3_000_000
MAX_CELL_CHARACTERS: Final = 32_767  # as in Excel
# Writers put ' before a text that a spreadsheet would take for a formula; a cell shows none.
_NEUTRALISED: Final = re.compile(r"^'(?=[=+\-@\t\r])")
_CONTROL: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000)])


def read_grids(path: Path, kind: FileKind) -> list[dict[str, Any]]:
    """Return `{name, rows}` of each sheet; the one sheet of a csv file has the name ''."""
    budget = _Budget()
    if kind == "csv":
        rows = [budget.row(row) for row in _csv_rows(path)]
        return [{"name": "", "rows": _trimmed(rows)}]
    return list(_xlsx_sheets(path, budget))


class _Budget:
    """Counts cells over all sheets, so that no file fills the memory with blanks."""

    def __init__(self) -> None:
        self.left = MAX_CELLS

    def row(self, cells: list[Any]) -> list[Any]:
        plain = [_plain(cell) for cell in cells]
        while plain and plain[-1] is None:
            plain.pop()
        self.left -= len(plain) + 1
        if self.left < 0:
            raise UnreadableFileError("IN-too-large", f"more than {MAX_CELLS} cells")
        return plain


def _xlsx_sheets(path: Path, budget: _Budget) -> Iterator[dict[str, Any]]:
    from python_calamine import (  # noqa: PLC0415 - only the child needs the parser
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
    )

    try:
        workbook = CalamineWorkbook.from_path(path)
        for meta in workbook.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            cells = workbook.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
            yield {"name": meta.name, "rows": _trimmed([budget.row(row) for row in cells])}
    except PasswordError as error:
        raise UnreadableFileError("IN-encrypted", "protected by a password") from error
    except CalamineError as error:
        raise UnreadableFileError("IN-unreadable", f"damaged workbook: {error}") from error


def _csv_rows(path: Path) -> Iterator[list[str]]:
    data = path.read_bytes()
    csv.field_size_limit(1 << 20)
    try:
        for row in csv.reader(io.StringIO(_decoded(data), newline="")):
            yield [_NEUTRALISED.sub("", cell) for cell in row]
    except csv.Error as error:
        raise UnreadableFileError("IN-unreadable", f"damaged csv: {error}") from error


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError("IN-not-a-spreadsheet", "neither UTF-8 nor GB18030 text")


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _plain(cell: Any) -> Any:
    if isinstance(cell, str):
        text = cell[:MAX_CELL_CHARACTERS].translate(_CONTROL)
        return text if text.strip() else None
    if isinstance(cell, (bool, int, float)):
        return cell if math.isfinite(cell) else str(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return {"d": cell.date().isoformat() if midnight else cell.isoformat(" ")}
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    return str(cell)
