"""An ods workbook before it is parsed: what it may not hold, and what the parser will not tell.

Rows and columns are written once with a count of how often they repeat: sheets end honestly with
a million empty rows, and a hostile one repeats a filled row as often. Only filled cells count.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.read.limits import ReadLimits
from ingest.read.preflight_xml import Scanner, refuse_dtd
from ingest.read.preflight_zip import Package
from ingest.read.sheet_facts import FaultKind, SheetFacts, WorkbookFacts, check_area
from ingest.read.unreadable import UnreadableFileError

_MIME: Final = "application/vnd.oasis.opendocument.spreadsheet"
_CONTENT: Final = "content.xml"
_MANIFEST: Final = "meta-inf/manifest.xml"
_MACRO_PARTS: Final = ("basic/", "scripts/")
_MACROS: Final = frozenset({"event-listener"})
_LINKS: Final = frozenset({"table-source", "cell-range-source", "dde-link", "dde-source"})
_LINK_FORMULA: Final = re.compile(r"'(?:file|https?|ftp):|\b(?:DDE|WEBSERVICE)\(", re.IGNORECASE)
_ERROR: Final = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|Err:\d{3}")
_MAX_TEXT: Final = 255
_MAX_REPEATED: Final = 1_048_576
_HIDDEN: Final = frozenset({"collapse", "filter"})


def is_ods(package: Package) -> bool:
    """Tell whether a zip file is an ods workbook."""
    if "mimetype" not in package or _CONTENT not in package:
        return False
    if package.parts["mimetype"].file_size > len(_MIME) + 20:
        return False
    mime = b"".join(package.chunks("mimetype")).decode("ascii", "replace").strip()
    return mime in (_MIME, f"{_MIME}-template")


def examine_ods(package: Package, limits: ReadLimits, *, refuse_macros: bool) -> WorkbookFacts:
    """Return what the parser does not tell; raise `UnreadableFileError` for a danger."""
    if _MANIFEST in package:
        _Manifest().scan(package.chunks(_MANIFEST), _MANIFEST)
    if refuse_macros:
        macros = next((name for name in package.parts if name.startswith(_MACRO_PARTS)), None)
        if macros is not None:
            raise UnreadableFileError("IN-macros", f"the workbook holds {macros}")
    content = _Content(limits, refuse_macros=refuse_macros)
    content.scan(package.chunks(_CONTENT), _CONTENT)
    for part in package.parts:
        if part not in (_CONTENT, _MANIFEST):
            refuse_dtd(package.chunks(part))
    return content.facts


class _Manifest(Scanner):
    """The list of parts, which says whether they are encrypted."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "encryption-data":
            raise UnreadableFileError("IN-encrypted", "the parts of the workbook are encrypted")


class _Content(Scanner):
    """One pass over all sheets."""

    def __init__(self, limits: ReadLimits, *, refuse_macros: bool) -> None:
        super().__init__()
        self.facts = WorkbookFacts()
        self._limits, self._refuse_macros = limits, refuse_macros
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._sheet: SheetFacts | None = None
        self._name = ""
        self._depth = 0  # of tables: one inside a cell is no sheet
        self._row = self._rows = self._column = self._columns = 0
        self._hidden_rows: list[range] = []
        self._hidden_columns: list[range] = []
        self._formula: str | None = None
        self._is_error = self._has_value = False
        self._text: list[str] = []
        self._cells_left = limits.cells

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _MACROS and self._refuse_macros:
            raise UnreadableFileError("IN-macros", f"an element {name!r} runs a program")
        if name in _LINKS:
            self.facts.link = self.facts.link or f"an element {name!r}"
        if name == "style":
            self._style = _value(attributes, "name")
        elif name == "table-properties" and _value(attributes, "display") == "false":
            self._hidden_styles.add(self._style)
        elif name == "table":
            self._depth += 1
            if self._depth == 1:
                self._start_sheet(attributes)
        if self._sheet is None or self._depth != 1:
            return
        if name == "table-column":
            self._start_column(attributes)
        elif name == "table-row":
            self._start_row(attributes)
        elif name in ("table-cell", "covered-table-cell"):
            self._start_cell(attributes)

    def end(self, name: str) -> None:
        if name == "table":
            self._depth -= 1
            if self._depth == 0:
                self._end_sheet()
        elif self._sheet is None or self._depth != 1:
            return
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        self._name = _value(attributes, "name")
        hidden = _value(attributes, "style-name") in self._hidden_styles
        self._sheet = self.facts.sheets[self._name] = SheetFacts(hidden=hidden)
        self._row = self._rows = self._column = 0
        self._hidden_rows.clear()
        self._hidden_columns.clear()

    def _end_sheet(self) -> None:
        sheet, self._sheet = self._sheet, None
        if sheet is None:
            return
        sheet.hide(self._hidden_rows, self._hidden_columns)
        check_area(self._name, sheet, self._limits)

    def _start_column(self, attributes: dict[str, str]) -> None:
        count = _count(attributes, "number-columns-repeated")
        if _value(attributes, "visibility") in _HIDDEN:
            self._hidden_columns.append(range(self._column + 1, self._column + count + 1))
        self._column += count

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row += self._rows
        self._rows = _count(attributes, "number-rows-repeated")
        self._column = self._columns = 0
        if _value(attributes, "visibility") in _HIDDEN:
            self._hidden_rows.append(range(self._row + 1, self._row + self._rows + 1))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._column += self._columns
        self._columns = _count(attributes, "number-columns-repeated")
        if not attributes:
            self._formula, self._has_value, self._is_error = None, False, False
            return
        self._has_value = "office:value-type" in attributes
        self._is_error = attributes.get("calcext:value-type") == "error"
        self._formula = attributes.get("table:formula")
        wide = _count(attributes, "number-columns-spanned")
        high = _count(attributes, "number-rows-spanned")
        if (wide > 1 or high > 1) and self._sheet is not None:
            first, column = self._row + 1, self._column + 1
            self._sheet.merged.append((first, column, first + high - 1, column + wide - 1))
        if self._formula is not None:
            if self.facts.link is None and _LINK_FORMULA.search(self._formula):
                self.facts.link = f"the formula {self._formula[:_MAX_TEXT]}"
            self._text = []
            self.listen(self._text.append)

    def _end_cell(self) -> None:
        sheet, formula = self._sheet, self._formula
        text = ""
        if formula is not None:
            self.listen(None)
            text = "".join(self._text).strip()[:_MAX_TEXT]
        if sheet is None or not (self._has_value or formula is not None):
            return
        row, column = self._row + self._rows, self._column + self._columns
        sheet.last_row, sheet.last_column = max(sheet.last_row, row), max(sheet.last_column, column)
        sheet.cells += self._rows * self._columns
        self._cells_left -= self._rows * self._columns
        check_area(self._name, sheet, self._limits)
        if self._cells_left < 0:
            raise UnreadableFileError(
                "IN-too-large", f"more than {self._limits.cells} cells", sheet=self._name
            )
        if formula is None:
            return
        if self._is_error or _ERROR.fullmatch(text):
            self._note_fault(sheet, ("error", text or "#N/A"))
        elif not self._has_value and not text:
            shown = formula.removeprefix("of:").removeprefix("=")[:_MAX_TEXT]
            self._note_fault(sheet, ("formula", f"={shown}"))

    def _note_fault(self, sheet: SheetFacts, fault: tuple[FaultKind, str]) -> None:
        for row in range(self._row + 1, self._row + self._rows + 1):
            for column in range(self._column + 1, self._column + self._columns + 1):
                sheet.faults[row, column] = fault


def _value(attributes: dict[str, str], local: str) -> str:
    """Return an attribute by its name without prefix, '' where there is none."""
    for prefix in ("table:", "style:"):
        if (text := attributes.get(prefix + local)) is not None:
            return text
    return ""


def _count(attributes: dict[str, str], local: str) -> int:
    text = _value(attributes, local)
    return min(int(text), _MAX_REPEATED) if text.isascii() and text.isdigit() and text != "0" else 1
