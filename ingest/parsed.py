"""What the reader hands to the checks and the loader: one return, parsed but not yet judged.

Types of the columns of `ParsedTable.frame` (index `row_no`, the 1-based row of the sheet):

| column type        | pandas dtype     | blank |
|--------------------|------------------|-------|
| money, dec         | float64          | NaN   |
| int                | Int64            | NA    |
| code, char, text   | str              | NaN   |
| date               | datetime64[s]    | NaT   |
| bool               | boolean          | NA    |

Money is in yuan, rounded to the cent (float64 is exact to the cent below 9e13 yuan). The frame
has every column of `table_columns(form, table)` in that order, also those whose heading is
missing from the sheet (all blank). A blank key cell holds the column's `key_default`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import pandas as pd

MarkStatus = Literal["E", "U", "L", "M", "O"]
CHECK_OF_NAME: Final = {
    "read": "IN-name-read",
    "slip": "IN-name-slip",
    "ambiguous": "IN-name-ambiguous",
    "unknown": "IN-name-unknown",
}


@dataclass(frozen=True)
class CellMark:
    """A cell that is no plain value.

    E estimated and U about / more than: the frame holds the number. L not collected (`reason`
    is the text in parentheses), M cannot exist, O unreadable: the frame is blank there. For O
    `check_id` says what it failed (`ingest.read.cells.Problem`) and `expected` what would have
    done, where that is known; the checks make the finding, not the reader.
    """

    row_no: int
    column: str
    status: MarkStatus
    text: str
    reason: str | None = None
    check_id: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class NamedCell:
    """A cell that names a place, village or project in the place of its code.

    `check_id` says what came of it: `IN-name-read` or `IN-name-slip`, and the frame holds the
    code; otherwise the frame is blank there, `code` and `name` are None. `nearest` are the names
    (with their codes) it may mean; `count` is how many cells of the column have this text.
    """

    row_no: int
    column: str
    check_id: str
    text: str
    code: str | None = None
    name: str | None = None
    nearest: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True)
class HeadCell:
    """One field of the head as written: its text, and the cell of the value."""

    field: str
    text: str
    sheet: str
    cell: str


@dataclass(frozen=True)
class HiddenTag:
    """The hidden sheet `_tmw` of our own templates; None where a cell is blank."""

    form_code: str | None
    edition: str | None
    area_code: str | None
    report_month: str | None


@dataclass
class ParsedTable:
    """One table of a return: values, their texts, and where each stands in the sheet.

    `texts` has the index and columns of `frame` and holds each cell as written ('' for a blank
    one). `column_letters` maps a column to its letter in the sheet (absent headings have none),
    so that the address of a cell is letter + row_no. `units` and `factors` say what was
    multiplied by what (`万元`, 10000.0) to reach the base unit.
    """

    form_code: str
    table_name: str
    sheet: str
    frame: pd.DataFrame
    texts: pd.DataFrame
    column_letters: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    marks: list[CellMark] = field(default_factory=list)
    named: list[NamedCell] = field(default_factory=list)
    heading_row: int = 0

    def cell(self, row_no: int, column: str) -> str | None:
        """Return the address (`K12`) of a cell, or None where the sheet lacks the column."""
        letter = self.column_letters.get(column)
        return f"{letter}{row_no}" if letter else None
