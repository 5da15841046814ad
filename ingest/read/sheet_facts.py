"""What a pass over a sheet tells that the parser does not: faults, hidden parts, merged cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ingest.read.limits import ReadLimits
from ingest.read.unreadable import UnreadableFileError

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

    def hide(self, rows: Iterable[range], columns: Iterable[range]) -> None:
        """Note hidden rows and columns, as far as the sheet has cells."""
        for span in rows:
            self.hidden_rows.update(range(span.start, min(span.stop, self.last_row + 1)))
        for span in columns:
            self.hidden_columns.update(range(span.start, min(span.stop, self.last_column + 1)))


@dataclass
class WorkbookFacts:
    """Facts of a workbook: those of its sheets by name, and what leads out of the file, if any.

    `date_1904`: a serial number counts days from 1 January 1904 (Excel for Macintosh).
    """

    sheets: dict[str, SheetFacts] = field(default_factory=dict)
    link: str | None = None
    date_1904: bool = False


def check_area(sheet: str, facts: SheetFacts, limits: ReadLimits) -> None:
    """Refuse a sheet whose farthest cell would make the parser reserve too much memory."""
    if facts.last_row * facts.last_column > limits.area:
        cell = f"{column_letters(facts.last_column)}{facts.last_row}"
        raise UnreadableFileError(
            "IN-too-large",
            f"the cells of the sheet reach as far as {cell}",
            reason="far",
            sheet=sheet,
            cell=cell,
        )


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
