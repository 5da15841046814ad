"""The records of an xls workbook (BIFF): what the parser does not tell of its sheets.

Excel stores a result with every formula of this format, so a formula that was never calculated
cannot be told from one whose result is 0; errors can.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ingest.read.limits import ReadLimits
from ingest.read.sheet_facts import SheetFacts, WorkbookFacts, check_area
from ingest.read.unreadable import UnreadableFileError

BOF, EOF, FILEPASS, BOUND_SHEET = 0x0809, 0x0A, 0x2F, 0x85
_CODE_PAGE, _DATE_MODE, _SUP_BOOK, _EXTERN_SHEET = 0x42, 0x22, 0x01AE, 0x17
_ROW, _COLUMN, _MERGED, _BOOL_OR_ERROR, _FORMULA = 0x0208, 0x7D, 0xE5, 0x0205, 0x06
_MANY_NUMBERS: Final = 0xBD
_CELLS: Final = frozenset(
    {0x0203, 0x0204, 0xFD, 0x027E, 0xD6, _MANY_NUMBERS, _BOOL_OR_ERROR, _FORMULA}
)
_BIFF8: Final = 0x0600
_MACRO_SHEETS: Final = frozenset({1, 6})
_OWN_SHEETS: Final = (b"\x01\x04", b"\x01\x3a")  # of a SUPBOOK: this workbook, or its add-ins
_ROW_HIDDEN: Final = 0x20
ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!",
    0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


@dataclass
class _Globals:
    """The sheets of a workbook, and what else its globals say."""

    sheets: list[tuple[str, int, SheetFacts]] = field(default_factory=list)  # name, place
    macro_sheet: str | None = None
    link: str | None = None
    date_1904: bool = False


def records(stream: bytes, place: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield `(kind, start, length)` of the records from a place on, until the stream ends."""
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        if place + 4 + length > len(stream):
            return
        yield kind, place + 4, length
        place += 4 + length


def read_facts(stream: bytes, limits: ReadLimits, *, refuse_macros: bool) -> WorkbookFacts:
    """Return what the parser does not tell; raise `UnreadableFileError` for a danger."""
    try:
        workbook = _globals(stream)
        if refuse_macros and workbook.macro_sheet is not None:
            raise UnreadableFileError("IN-macros", f"a macro sheet {workbook.macro_sheet!r}")
        left = limits.cells
        for name, place, facts in workbook.sheets:
            _read_sheet(stream, place, facts, name, left)
            left -= facts.cells
            check_area(name, facts, limits)
    except struct.error as error:
        raise UnreadableFileError(
            "IN-unreadable", f"a record is too short: {error}", reason="damaged"
        ) from error
    sheets = {name: facts for name, _, facts in workbook.sheets}
    return WorkbookFacts(sheets, workbook.link, workbook.date_1904)


def _globals(stream: bytes) -> _Globals:
    workbook = _Globals()
    version, encoding = _BIFF8, "latin-1"
    for kind, start, length in records(stream):
        data = stream[start : start + length]
        if kind == BOF and start == 4:
            (version,) = struct.unpack_from("<H", data)
        elif kind == _CODE_PAGE:
            encoding = encoding_of(struct.unpack_from("<H", data)[0])
        elif kind == BOUND_SHEET:
            place, state, sheet_kind = struct.unpack_from("<IBB", data)
            name = _name(data[6:], encoding, wide=version >= _BIFF8)
            if sheet_kind in _MACRO_SHEETS:
                workbook.macro_sheet = workbook.macro_sheet or name
            elif sheet_kind == 0:
                workbook.sheets.append((name, place, SheetFacts(hidden=state & 3 != 0)))
        elif kind == _DATE_MODE:
            workbook.date_1904 = data[:1] == b"\x01"
        elif kind == _SUP_BOOK:
            if len(data) > 4 or data[2:4] not in _OWN_SHEETS:
                workbook.link = workbook.link or "a formula or name leads to another file"
        elif kind == _EXTERN_SHEET and version < _BIFF8:
            if len(data) > 1 and data[1] not in (2, 3, 4):  # these three are this workbook
                workbook.link = workbook.link or "a formula or name leads to another file"
        elif kind == EOF:
            break
    return workbook


def _read_sheet(stream: bytes, place: int, facts: SheetFacts, name: str, max_cells: int) -> None:
    depth = 0  # charts inside a sheet are nested
    hidden_rows: list[range] = []
    hidden_columns: list[range] = []
    for kind, start, length in records(stream, place):
        if kind == BOF:
            depth += 1
        elif kind == EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1:
            body = stream[start : start + length]
            if kind in _CELLS:
                _take_cell(facts, kind, body)
                if facts.cells > max_cells:
                    raise UnreadableFileError("IN-too-large", "too many cells", sheet=name)
            elif kind in (_ROW, _COLUMN):
                _take_size(kind, body, hidden_rows, hidden_columns)
            elif kind == _MERGED:
                for number in range(*struct.unpack_from("<H", body)):
                    top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * number)
                    facts.merged.append((top + 1, left + 1, bottom + 1, right + 1))
    facts.hide(hidden_rows, hidden_columns)


def _take_cell(facts: SheetFacts, kind: int, body: bytes) -> None:
    row, column = struct.unpack_from("<HH", body)
    last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MANY_NUMBERS else column
    facts.cells += max(1, last - column + 1)
    facts.last_row = max(facts.last_row, row + 1)
    facts.last_column = max(facts.last_column, last + 1)
    error = _error(kind, body)
    if error is not None:
        facts.faults[row + 1, column + 1] = ("error", error)


def _take_size(kind: int, body: bytes, rows: list[range], columns: list[range]) -> None:
    """Note a row or columns that are hidden, or of no height or width."""
    if kind == _ROW:
        row, height, flags = struct.unpack_from("<H4xH4xH", body)
        if flags & _ROW_HIDDEN or height & 0x7FFF == 0:
            rows.append(range(row + 1, row + 2))
    else:
        first, last, width, flags = struct.unpack_from("<HHH2xH", body)
        if flags & 1 or width == 0:
            columns.append(range(first + 1, last + 2))


def _error(kind: int, data: bytes) -> str | None:
    if kind == _BOOL_OR_ERROR and data[7:8] == b"\x01":
        return ERRORS.get(data[6], "#N/A")
    if kind == _FORMULA and data[12:14] == b"\xff\xff" and data[6] == 2:
        return ERRORS.get(data[8], "#N/A")
    return None


def _name(data: bytes, encoding: str, *, wide: bool) -> str:
    """Return the name of a sheet: BIFF8 says whether it takes two bytes a character."""
    count = data[0]
    if not wide:
        return data[1 : 1 + count].decode(encoding, "replace")
    if data[1] & 1:
        return data[2 : 2 + 2 * count].decode("utf-16-le", "replace")
    return data[2 : 2 + count].decode("latin-1")


def encoding_of(code_page: int) -> str:
    """Return the encoding of a code page; Chinese Windows writes 936."""
    return {936: "gb18030", 950: "big5", 1200: "utf-16-le"}.get(code_page, "cp1252")
