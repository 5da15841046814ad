"""One pass over the XML of a worksheet: farthest cell, faults, hidden and merged cells.

It is called for every element of every sheet that comes in, so it is written for speed: names
of elements are resolved once, and an address is taken apart only where the cell holds something.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.read.preflight_xml import Scanner
from ingest.read.sheet_facts import SheetFacts, column_number
from ingest.read.unreadable import UnreadableFileError

_MAX_TEXT: Final = 255
_RANGE: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})")
_DIGITS: Final = "0123456789"
_MAX_ROW: Final = 1_048_576
_MAX_COLUMN: Final = 16_384
_WRITTEN: Final = 2  # cells that are written, blank ones too, for each that may hold something
_TRUE: Final = ("1", "true")
_OTHERS: Final = frozenset({"row", "f", "is", "sheetData", "col", "mergeCell", "sheetFormatPr"})


class WorksheetScan(Scanner):
    """Fills the facts of one sheet; `max_cells` is how many of its cells may hold something."""

    def __init__(self, facts: SheetFacts, sheet: str, max_cells: int) -> None:
        super().__init__()
        self.facts = facts
        self._sheet, self._max_cells = sheet, max_cells
        self._names: dict[str, str] = {}
        self._in_data = self._all_rows_hidden = self._listening = False
        self._row = self._column = self._written = 0
        self._row_text = self._address = ""
        self._kind: str | None = None
        self._used = self._has_formula = self._has_value = False
        self._formula: list[str] = []
        self._value: list[str] = []
        self._numbers: dict[str, int] = {}
        self._hidden_columns: list[range] = []
        self._hidden_rows: list[range] = []
        self._shown_rows: set[int] = set()
        self.handle(self._take_start, self._take_end)

    def finished(self) -> SheetFacts:
        """Return the facts, with hidden rows and columns as far as there are cells."""
        if self._all_rows_hidden:
            rows = set(range(1, self.facts.last_row + 1)) - self._shown_rows
            self._hidden_rows += [range(row, row + 1) for row in rows]
        self.facts.hide(self._hidden_rows, self._hidden_columns)
        return self.facts

    def _take_start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name)
        if local is None:
            local = self._names[name] = name.rpartition(":")[2]
        if local == "c":
            self._kind = attributes.get("t")
            self._used = self._has_formula = self._has_value = False
            self._address = attributes.get("r", "")
            self._column += 1
            self._written += 1
        elif local == "v":
            self._used = self._has_value = True
            if self._has_formula or self._kind == "e":
                self._value = []
                self._hear(self._value)
        elif local in _OTHERS:
            self._take_other(local, attributes)

    def _take_end(self, name: str) -> None:
        local = self._names[name]
        if local == "c":
            if self._used:
                self._end_cell()
            elif self._written > self._max_cells * _WRITTEN:
                raise self._too_many()
        elif self._listening and local in ("v", "f"):
            self._listening = False
            self.listen(None)
        elif local == "sheetData":
            self._in_data = False

    def _take_other(self, local: str, attributes: dict[str, str]) -> None:
        if local == "row":
            self._start_row(attributes)
        elif local == "f":
            self._used = self._has_formula = True
            self._formula = []
            self._hear(self._formula)
        elif local == "is":
            self._used = True
        elif local == "sheetData":
            self._in_data = True
        elif local == "col":
            self._start_columns(attributes)
        elif local == "mergeCell":
            match = _RANGE.fullmatch(attributes.get("ref", "").replace("$", ""))
            if match is not None:
                first, last = (int(match[2]), column_number(match[1])), (int(match[4]), match[3])
                self.facts.merged.append((*first, last[0], column_number(last[1])))
        else:
            self._all_rows_hidden = attributes.get("zeroHeight") in _TRUE

    def _hear(self, texts: list[str]) -> None:
        self._listening = True
        self.listen(texts.append)

    def _start_columns(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in _TRUE or _is_zero(attributes.get("width")):
            first = _whole(attributes.get("min"), 1)
            last = _whole(attributes.get("max"), _MAX_COLUMN)
            self._hidden_columns.append(range(first, last + 1))

    def _start_row(self, attributes: dict[str, str]) -> None:
        text = attributes.get("r")
        self._row = self._row + 1 if text is None else _whole(text, self._row + 1)
        self._row_text = text or str(self._row)
        self._column = 0
        if attributes.get("hidden") in _TRUE or _is_zero(attributes.get("ht")):
            self._hidden_rows.append(range(self._row, self._row + 1))
        elif self._all_rows_hidden:
            self._shown_rows.add(self._row)

    def _end_cell(self) -> None:
        """Count a cell that holds something, and note what it holds in place of a value."""
        if not self._in_data:
            return
        if self._address:
            self._place()
        facts = self.facts
        facts.cells += 1
        if facts.cells > self._max_cells:
            raise self._too_many()
        if self._row > facts.last_row:  # noqa: PLR1730 - called for every cell
            facts.last_row = self._row
        if self._column > facts.last_column:  # noqa: PLR1730
            facts.last_column = self._column
        if self._kind == "e" or self._has_formula:
            self._note_fault((self._row, self._column))

    def _place(self) -> None:
        letters = self._address.rstrip(_DIGITS)
        number = self._numbers.get(letters)
        if number is None:
            number = self._numbers[letters] = min(column_number(letters.upper()), _MAX_COLUMN)
        self._column = number
        digits = self._address[len(letters) :]
        if digits != self._row_text:
            self._row, self._row_text = _whole(digits, self._row), digits

    def _note_fault(self, place: tuple[int, int]) -> None:
        """Note an error; or a formula whose result nobody stored, which is no empty text."""
        value = "".join(self._value) if self._has_value else ""
        if self._kind == "e":
            self.facts.faults[place] = ("error", value[:_MAX_TEXT] or "#N/A")
        elif not value and not (self._kind == "str" and self._has_value):
            formula = "".join(self._formula)[:_MAX_TEXT]
            self.facts.faults[place] = ("formula", f"={formula}")

    def _too_many(self) -> UnreadableFileError:
        detail = f"more than {self._max_cells} cells, or {_WRITTEN} times as many blank ones"
        return UnreadableFileError("IN-too-large", detail, sheet=self._sheet)


def _whole(text: str | None, default: int) -> int:
    """Return a row or column number; what is none, or beyond any sheet, is the default."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 7:
        return default
    return min(int(text), _MAX_ROW)


def _is_zero(text: str | None) -> bool:
    try:
        return text is not None and float(text) == 0
    except ValueError:
        return False
