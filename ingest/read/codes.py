"""The cell of a code or a text: what is a code of its list, and what was damaged on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ingest.forms.model import Column
from ingest.read.cells import Parsed, masked
from ingest.read.marks import is_masked, narrow, without_estimate
from ingest.read.numerals import plain_digits, visible
from ingest.read.sandbox import Cell

# A spreadsheet keeps 15 digits of a number: of a longer code the last ones are gone.
_EXACT_BELOW: Final = 1e15
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[eE]\+\d{1,3}")
_PARTED: Final = re.compile(r"([0-9A-Za-z]+)[-.、:_](.+)")
_WHOLE: Final = re.compile(r"([0-9]+)\.0+")


class CodeNames:
    """The accepted spellings of one code list: `12`, `12 省级财政`, `12-省级财政`, `省级财政`."""

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
        plain = _unspaced(text)
        for spelling in (plain, _PARTED.sub(r"\1\2", plain), _WHOLE.sub(r"\1", plain)):
            if spelling in self._spellings:
                return self._spellings[spelling]
        return self._spellings.get(plain_digits(plain) or "", text)


def parse_code(cell: Cell, text: str, codes: CodeNames | None) -> Parsed:
    """Return a code of a list, or what was written there for rule G4 to name."""
    if _is_damaged(cell, text):
        return Parsed(None, text, problem="IN-damaged-code")
    estimated = without_estimate(visible(text))
    plain = narrow(estimated.text)
    code = codes.code(plain) if codes is not None else plain
    return Parsed(code, text, estimated.status)


def parse_text(cell: Cell, text: str, column: Column) -> Parsed:
    """Return a text as it is, or the code of `code name`, as drop-downs enter them.

    What stands before the first space is a code only where it has the length of one.
    """
    if column.length is not None and _is_damaged(cell, text):
        return Parsed(None, text, problem="IN-damaged-code")
    plain = text
    if column.choices is not None:
        first = text.split(maxsplit=1)[0]
        plain = first if len(first) == column.length else text
    if column.fixed_length and column.length is not None:
        digits = narrow(visible(plain))
        if is_masked(digits):
            return masked(text)
        if digits.isascii() and digits.isdigit():
            plain = digits
            if len(digits) < column.length:
                return Parsed(None, text, problem="IN-code-length", expected=str(column.length))
    return Parsed(plain, text)


def _is_damaged(cell: Cell, text: str) -> bool:
    """Tell whether a spreadsheet took a long code for a number and lost its last digits."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return abs(cell) >= _EXACT_BELOW
    return _SCIENTIFIC.fullmatch(narrow(text)) is not None


def _unspaced(text: str) -> str:
    return "".join(narrow(text).split())
