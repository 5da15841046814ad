"""What one cell holds, where it stands and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from ingest.read.marks import Status
from ingest.read.sandbox import Cell, CellFault

Value = str | int | Decimal | date | bool | None
Problem = Literal[
    "IN-not-a-number", "IN-two-readings", "IN-unit", "IN-not-a-date", "IN-not-a-bool",
    "IN-damaged-code", "IN-code-length", "IN-error-cell", "IN-formula", "G10",
]  # fmt: skip


@dataclass(frozen=True)
class Parsed:
    """The value of a cell; `text` is what stood there, `problem` the id of a finding.

    `expected` says what the finding would have had there, where that is known.
    """

    value: Value = None
    text: str | None = None
    status: Status | None = None
    reason: str | None = None
    problem: Problem | None = None
    expected: str | None = None


BLANK: Final = Parsed()


def masked(text: str) -> Parsed:
    """Return a cell whose digits were made unreadable (rule G10)."""
    return Parsed(None, text, "O", "masked or unreadable", "G10")


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
    if isinstance(cell, CellFault):
        return cell.text.strip() or "="
    return str(cell).strip()


def column_letter(index: int) -> str:
    """Return the letter of a 0-based column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
