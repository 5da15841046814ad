"""What a pass over a sheet tells that the parser does not: faults, hidden parts, merged cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["error", "formula"]


@dataclass
class SheetFacts:
    """Facts of one sheet; rows and columns are 1-based.

    `faults` maps a cell `(row, column)` to what it holds in place of a value; `merged` are
    `(first row, first column, last row, last column)`.
    """

    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    faults: dict[tuple[int, int], tuple[FaultKind, str]] = field(default_factory=dict)
    last_row: int = 0
    last_column: int = 0
    cells: int = 0


def column_number(letters: str) -> int:
    """Return the 1-based number of a column's letters; 0 for none."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a 1-based column."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
