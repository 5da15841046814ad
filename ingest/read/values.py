"""One cell becomes one typed value in base units, or says why it does not.

Nothing is guessed: a blank is None and never 0, a number that could be read in two ways is a
finding, and a code that is not in its list is kept as written for rule G4 to name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from ingest.forms.model import Column
from ingest.read.marks import (
    Status,
    is_masked,
    narrow,
    without_estimate,
    without_mark,
    without_number_mark,
)
from ingest.read.sandbox import Cell

Value = str | int | Decimal | date | bool | None
Problem = Literal["IN-not-a-number", "IN-not-a-date", "IN-not-a-bool", "G10"]

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,40}|\d{1,3}(?:,\d{3}){1,12})(?:\.\d{0,40})?")
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?"
)
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_EXCEL_SERIALS: Final = range(61, 73_051)  # 1900-03-01 .. 2099-12-31
_YES: Final = frozenset({"是", "1", "true"})
_NO: Final = frozenset({"否", "0", "false"})
_MAX_INT: Final = 2**31 - 1  # no count of one cell is larger, and the facts hold years as integer


@dataclass(frozen=True)
class Parsed:
    """The value of a cell; `text` is what stood there, `problem` the id of a finding."""

    value: Value = None
    text: str | None = None
    status: Status | None = None
    reason: str | None = None
    problem: Problem | None = None


BLANK: Final = Parsed()


class CodeNames:
    """The accepted spellings of one code list: `12`, `12 省级财政`, `省级财政`."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        """`labels` maps each code to its Chinese label."""
        self._spellings: dict[str, str] = {}
        doubled: set[str] = set()
        for code, label in labels.items():
            plain = _unspaced(label)
            if plain in self._spellings:
                doubled.add(plain)
            self._spellings[plain] = code
            self._spellings[f"{code}{plain}"] = code
        for plain in doubled:
            del self._spellings[plain]
        self._spellings.update({code: code for code in labels})

    def code(self, text: str) -> str:
        """Return the code meant, or the text itself where it is none of the list."""
        return self._spellings.get(_unspaced(text), text)


def parse_cell(
    cell: Cell, column: Column, factor: Decimal = Decimal(1), codes: CodeNames | None = None
) -> Parsed:
    """Return the value of a cell of this column, in base units (`factor` base units each)."""
    text = cell_text(cell)
    if not text:
        return BLANK
    if column.is_number:
        return _number(cell, text, column, factor)
    marked = without_mark(text)
    if marked.status is not None:
        return Parsed(None, text, marked.status, marked.reason)
    if column.type == "code":
        estimated = without_estimate(text)
        plain = narrow(estimated.text)
        code = codes.code(plain) if codes is not None else plain
        return Parsed(code, text, estimated.status)
    if column.type == "date":
        return _date(cell, text)
    return _bool(text) if column.type == "bool" else Parsed(_plain_text(text, column), text)


def _plain_text(text: str, column: Column) -> str:
    """Return a text as it is, or the code of `code name`, as drop-downs enter a village or project.

    What stands before the first space is a code only where it has the length of one.
    """
    if column.choices is None:
        return text
    code = text.split(maxsplit=1)[0]
    return code if len(code) == column.length else text


def cell_text(cell: Cell) -> str:
    """Return a cell as a person reads it: `12` for the float 12.0, `是` for TRUE."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


def _number(cell: Cell, text: str, column: Column, factor: Decimal) -> Parsed:
    status: Status | None = None
    reason: str | None = None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        # Excel computes in binary and shows 15 digits: 0.1+0.2 was meant as 0.3.
        number = Decimal(format(cell, ".15g"))
    else:
        marked = without_number_mark(text)
        status, reason, plain = marked.status, marked.reason, marked.text
        if status in ("L", "M"):
            return Parsed(None, text, status, reason)
        plain = plain.replace("−", "-")
        if column.unit == "%":
            plain = plain.removesuffix("%")
        if isinstance(cell, (bool, date)) or _NUMBER.fullmatch(plain) is None:
            return _no_number(text)
        number = Decimal(plain.replace(",", ""))
    return _scaled(number * factor, text, column, status)


def _no_number(text: str) -> Parsed:
    if is_masked(text):
        return Parsed(None, text, "O", "masked or unreadable", "G10")
    return Parsed(None, text, problem="IN-not-a-number")


def _scaled(number: Decimal, text: str, column: Column, status: Status | None) -> Parsed:
    if column.type == "int":
        if number != number.to_integral_value() or abs(number) > _MAX_INT:
            return Parsed(None, text, problem="IN-not-a-number")
        return Parsed(int(number), text, status)
    precision, scale = (16, 2) if column.type == "money" else (column.precision, column.scale)
    if number.adjusted() >= precision - scale:
        return Parsed(None, text, problem="IN-not-a-number")
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if rounded.adjusted() >= precision - scale and rounded:
        return Parsed(None, text, problem="IN-not-a-number")
    return Parsed(rounded if rounded else abs(rounded), text, status)


def _date(cell: Cell, text: str) -> Parsed:
    if isinstance(cell, date):
        return Parsed(cell, text)
    plain = narrow(text)
    numeric = isinstance(cell, (int, float)) and not isinstance(cell, bool)
    if numeric and plain.isdigit() and int(plain) in _EXCEL_SERIALS:
        return Parsed(_EXCEL_EPOCH + timedelta(days=int(plain)), text)
    match = _DATE.fullmatch(plain) or _COMPACT_DATE.fullmatch(plain)
    if match is None:
        return Parsed(None, text, problem="IN-not-a-date")
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return Parsed(date(year, month, day), text)
    except ValueError:
        return Parsed(None, text, problem="IN-not-a-date")


def _bool(text: str) -> Parsed:
    plain = narrow(text).lower()
    if plain in _YES:
        return Parsed(True, text)
    if plain in _NO:
        return Parsed(False, text)
    return Parsed(None, text, problem="IN-not-a-bool")


def _unspaced(text: str) -> str:
    return "".join(narrow(text).split())
