"""One cell becomes one typed value in base units, or says why it does not.

Nothing is guessed: a blank is None and never 0, a number that could be read in two ways is a
finding, and a code that is not in its list is kept as written for rule G4 to name.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ingest.forms.model import Column
from ingest.read.cells import BLANK, Parsed, Problem, Value, cell_text
from ingest.read.codes import CodeNames, parse_code, parse_text
from ingest.read.dates import parse_date
from ingest.read.marks import narrow, without_mark
from ingest.read.numbers import parse_number
from ingest.read.sandbox import Cell, CellFault

__all__ = ["BLANK", "CodeNames", "Parsed", "Problem", "Value", "cell_text", "parse_cell"]

_FAULTS: Final[dict[str, Problem]] = {"error": "IN-error-cell", "formula": "IN-formula"}
_YES: Final = frozenset({"是", "1", "true", "yes", "y", "√", "✓", "✔"})
_NO: Final = frozenset({"否", "0", "false", "no", "n", "×", "✗", "✘"})


def parse_cell(
    cell: Cell,
    column: Column,
    factor: Decimal = Decimal(1),
    codes: CodeNames | None = None,
    unit: str | None = None,
    *,
    date_1904: bool = False,
) -> Parsed:
    """Return the value of a cell of this column, in base units (`factor` base units each).

    `unit` is the unit that the heading, or the head for money, states; None where none does.
    `date_1904` says how the workbook counts days (see `parse_date`).
    """
    if isinstance(cell, CellFault):
        return Parsed(None, cell_text(cell), problem=_FAULTS[cell.kind])
    text = cell_text(cell)
    if not text:
        return BLANK
    if column.is_number:
        return parse_number(cell, text, column, factor, unit)
    if column.type == "bool":
        return _bool(text, column)
    return _text(cell, text, column, codes, date_1904=date_1904)


def _text(
    cell: Cell, text: str, column: Column, codes: CodeNames | None, *, date_1904: bool
) -> Parsed:
    marked = without_mark(text)
    if marked.status is not None and not (column.key and text == column.key_default):
        return Parsed(None, text, marked.status, marked.reason)
    if column.type == "code":
        return parse_code(cell, text, codes)
    if column.type == "date":
        return parse_date(cell, text, date_1904=date_1904)
    return parse_text(cell, text, column)


def _bool(text: str, column: Column) -> Parsed:
    plain = narrow(text).lower()
    if plain in _YES or plain in column.yes_words:
        return Parsed(True, text)
    if plain in _NO or plain in column.no_words:
        return Parsed(False, text)
    marked = without_mark(text)
    # 无 in a column that says nothing of it: that there is none, or that it does not apply?
    if marked.status is not None and plain != "无":
        return Parsed(None, text, marked.status, marked.reason)
    return Parsed(None, text, problem="IN-not-a-bool")
