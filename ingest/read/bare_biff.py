"""Workbooks of Excel 3 and 4: records without a container, which the parser does not read.

Old programs of statistics offices still write them. Dates come as serial numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.read.biff import EOF, ERRORS, encoding_of, records
from ingest.read.limits import ReadLimits
from ingest.read.sheet_facts import SheetFacts, check_area
from ingest.read.unreadable import UnreadableFileError

SIGNATURES: Final = (b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_BOFS: Final = frozenset({0x0209, 0x0409})
_WORKSHEET: Final = 0x0010
_CODE_PAGE, _BUNDLE = 0x42, 0x8F
_NUMBER, _LABEL, _BOOL_OR_ERROR, _STRING, _RK = 0x0203, 0x0204, 0x0205, 0x0207, 0x027E
_CELLS: Final = frozenset({_NUMBER, _LABEL, _BOOL_OR_ERROR, _RK, 0x0206, 0x0406})


@dataclass
class BareSheet:
    """A sheet: its cells by 1-based row and column, and the facts of `sheet_facts`."""

    name: str
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    facts: SheetFacts = field(default_factory=SheetFacts)

    def rows(self) -> list[list[Any]]:
        """Return the cells as rows from A1 on."""
        rows: list[list[Any]] = [[] for _ in range(self.facts.last_row)]
        for (row, column), value in sorted(self.cells.items()):
            cells = rows[row - 1]
            cells += [None] * (column - 1 - len(cells))
            cells.append(value)
        return rows


def read_sheets(data: bytes, limits: ReadLimits) -> list[BareSheet]:
    """Return the worksheets of a file; raise `UnreadableFileError` where it is damaged."""
    try:
        sheets = _sheets(data)
    except (struct.error, IndexError, KeyError) as error:
        raise UnreadableFileError(
            "IN-unreadable", f"a record is too short: {error}", reason="damaged"
        ) from error
    if sum(len(sheet.cells) for sheet in sheets) > limits.cells:
        raise UnreadableFileError("IN-too-large", f"more than {limits.cells} cells")
    for sheet in sheets:
        check_area(sheet.name, sheet.facts, limits)
    return sheets


def _sheets(data: bytes) -> list[BareSheet]:
    sheets: list[BareSheet] = []
    encoding, name, waiting = "cp1252", "", (0, 0)
    for kind, start, length in records(data):
        body = data[start : start + length]
        if kind in _BOFS:
            if struct.unpack_from("<2xH", body)[0] == _WORKSHEET:
                sheets.append(BareSheet(name or f"Sheet{len(sheets) + 1}"))
        elif kind == _CODE_PAGE:
            encoding = encoding_of(struct.unpack_from("<H", body)[0])
        elif kind == _BUNDLE:
            name = body[5 : 5 + body[4]].decode(encoding, "replace")
        elif kind == _STRING and sheets:
            _put(sheets[-1], waiting, _text(body, encoding))
        elif kind in _CELLS and sheets:
            row, column = struct.unpack_from("<HH", body)
            waiting = (row + 1, column + 1)
            _read_cell(sheets[-1], waiting, kind, body, encoding)
        elif kind == EOF:
            name = ""
    return sheets


def _read_cell(
    sheet: BareSheet, place: tuple[int, int], kind: int, body: bytes, encoding: str
) -> None:
    value: Any = None
    error: int | None = None
    if kind == _LABEL:
        value = _text(body[6:], encoding)
    elif kind == _NUMBER:
        (value,) = struct.unpack_from("<d", body, 6)
    elif kind == _RK:
        value = _short_number(*struct.unpack_from("<I", body, 6))
    elif kind == _BOOL_OR_ERROR:
        value, error = (None, body[6]) if body[7] else (bool(body[6]), None)
    elif body[12:14] != b"\xff\xff":  # the result of a formula: a number
        (value,) = struct.unpack_from("<d", body, 6)
    elif body[6] == 1:
        value = bool(body[8])
    elif body[6] == 2:
        error = body[8]
    if error is not None:
        sheet.facts.faults[place] = ("error", ERRORS.get(error, "#N/A"))
    _put(sheet, place, value)


def _put(sheet: BareSheet, place: tuple[int, int], value: Any) -> None:
    sheet.cells[place] = value
    sheet.facts.last_row = max(sheet.facts.last_row, place[0])
    sheet.facts.last_column = max(sheet.facts.last_column, place[1])


def _text(body: bytes, encoding: str) -> str:
    (count,) = struct.unpack_from("<H", body)
    return body[2 : 2 + count].decode(encoding, "replace")


def _short_number(bits: int) -> float:
    """Return the number of an RK record: 30 bits of an integer or of a float, perhaps by 100."""
    number: float
    if bits & 2:
        number = (bits >> 2) - (1 << 30 if bits & 0x80000000 else 0)
    else:
        (number,) = struct.unpack("<d", struct.pack("<II", 0, bits & 0xFFFFFFFC))
    return number / 100 if bits & 1 else number
