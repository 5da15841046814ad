"""An xlsx workbook before it is parsed: what it may not hold, and what the parser will not tell.

The parser gives an empty text for an error (`#DIV/0!`) and for a formula that was never
calculated, and reserves memory up to the farthest cell: all three are found here, by one pass
over each sheet that keeps no tree.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final

from ingest.read.limits import ReadLimits
from ingest.read.preflight_xml import Scanner, refuse_dtd
from ingest.read.preflight_zip import Package, part_name
from ingest.read.sheet_facts import SheetFacts, column_letters, column_number
from ingest.read.unreadable import UnreadableFileError

_CONTENT_TYPES: Final = "[content_types].xml"
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_MACRO_PARTS: Final = ("xl/vbaproject", "xl/macrosheets/", "xl/dialogsheets/", "xl/activex/")
_LINK_PARTS: Final = ("xl/externallinks/", "xl/connections.xml")
_MAX_TEXT: Final = 255
_RANGE: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?")
_DIGITS: Final = "0123456789"
_MAX_ROW: Final = 1_048_576
_MAX_COLUMN: Final = 16_384
_TRUE: Final = ("1", "true")


def is_xlsx(package: Package) -> bool:
    """Tell whether a zip file is an xlsx workbook."""
    return _CONTENT_TYPES in package and _WORKBOOK in package


def examine_xlsx(
    package: Package, limits: ReadLimits, *, refuse_active: bool
) -> dict[str, SheetFacts]:
    """Return the facts of each worksheet by name; raise `UnreadableFileError` for a danger.

    `refuse_active` false lets macros and links pass: nothing here or in the parser runs them.
    """
    if refuse_active:
        _refuse_active(package)
    workbook, relations = _Workbook(), _Relations()
    workbook.scan(package.chunks(_WORKBOOK), _WORKBOOK)
    if _RELATIONS in package:
        relations.scan(package.chunks(_RELATIONS), _RELATIONS)
    facts: dict[str, SheetFacts] = {}
    scanned: dict[str, SheetFacts] = {}
    left = limits
    for name, relation, hidden in workbook.sheets:
        part = relations.sheets.get(relation)
        if part is None or part not in package or part in scanned:
            continue  # a chart, or a sheet the parser will not find either
        scan = _Sheet(SheetFacts(hidden=hidden), name, left.cells)
        scan.scan(package.chunks(part), part)
        facts[name] = scanned[part] = scan.finished()
        check_area(name, scan.facts, limits)
    for part in package.parts:
        if part not in scanned:
            refuse_dtd(package.chunks(part))
    return facts


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


def _refuse_active(package: Package) -> None:
    types = _ContentTypes()
    types.scan(package.chunks(_CONTENT_TYPES), _CONTENT_TYPES)
    macros = next((name for name in package.parts if name.startswith(_MACRO_PARTS)), None)
    if macros is None and types.macros:
        macros = types.macros
    if macros is not None:
        raise UnreadableFileError("IN-macros", f"the workbook holds {macros}")
    links = next((name for name in package.parts if name.startswith(_LINK_PARTS)), None)
    if links is not None:
        raise UnreadableFileError("IN-external-links", f"the workbook holds {links}")
    for part in package.parts:
        if part.endswith(".rels"):
            relations = _Relations()
            relations.scan(package.chunks(part), part)
            if relations.outside is not None:
                raise UnreadableFileError("IN-external-links", f"{part}: {relations.outside}")


class _ContentTypes(Scanner):
    """The types of the parts: `macros` is the first that can hold a program."""

    def __init__(self) -> None:
        super().__init__()
        self.macros: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "").lower()
        if "macroenabled" in kind or "vbaproject" in kind:
            self.macros = self.macros or kind


class _Relations(Scanner):
    """Relations: the parts of worksheets by id, and the first that leads out of the file."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[str, str] = {}
        self.outside: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship":
            return
        kind, target = attributes.get("Type", ""), attributes.get("Target", "")
        if attributes.get("TargetMode") == "External":
            if not kind.endswith("/hyperlink"):  # a hyperlink is followed by nobody but its reader
                self.outside = self.outside or target
        elif kind.endswith("/worksheet"):
            path = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            self.sheets[attributes.get("Id", "")] = part_name(path)


class _Workbook(Scanner):
    """The list of sheets: `(name, relation, hidden)`."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []
        self.date_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), relation, hidden))
        elif name == "workbookPr":
            self.date_1904 = attributes.get("date1904") in _TRUE


class _Sheet(Scanner):
    """One pass over a worksheet."""

    def __init__(self, facts: SheetFacts, sheet: str, max_cells: int) -> None:
        super().__init__()
        self.facts = facts
        self._sheet, self._max_cells = sheet, max_cells
        self._in_data = self._all_rows_hidden = False
        self._row = self._column = 0
        self._row_text = ""
        self._kind: str | None = None
        self._used = self._has_formula = self._has_value = False
        self._formula: list[str] = []
        self._value: list[str] = []
        self._numbers: dict[str, int] = {}
        self._hidden_spans: list[tuple[int, int]] = []
        self._shown_rows: set[int] = set()
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "sheetData": self._start_data,
            "row": self._start_row,
            "c": self._start_cell,
            "v": self._start_value,
            "f": self._start_formula,
            "is": self._start_inline,
            "col": self._start_columns,
            "mergeCell": self._start_merged,
            "sheetFormatPr": self._start_format,
        }

    def start(self, name: str, attributes: dict[str, str]) -> None:
        take = self._starts.get(name)
        if take is not None:
            take(attributes)

    def end(self, name: str) -> None:
        if name == "c" and self._in_data:
            self._end_cell()
        elif name in ("v", "f"):
            self.listen(None)
        elif name == "sheetData":
            self._in_data = False

    def finished(self) -> SheetFacts:
        """Return the facts, with hidden rows and columns as far as there are cells."""
        facts = self.facts
        for first, last in self._hidden_spans:
            facts.hidden_columns.update(range(first, min(last, facts.last_column) + 1))
        if self._all_rows_hidden:
            facts.hidden_rows.update(set(range(1, facts.last_row + 1)) - self._shown_rows)
        facts.hidden_rows = {row for row in facts.hidden_rows if row <= facts.last_row}
        return facts

    def _start_data(self, _attributes: dict[str, str]) -> None:
        self._in_data = True

    def _start_format(self, attributes: dict[str, str]) -> None:
        self._all_rows_hidden = attributes.get("zeroHeight") in _TRUE

    def _start_columns(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in _TRUE or _is_zero(attributes.get("width")):
            self._hidden_spans.append(
                (_whole(attributes.get("min"), 1), _whole(attributes.get("max"), _MAX_COLUMN))
            )

    def _start_merged(self, attributes: dict[str, str]) -> None:
        match = _RANGE.fullmatch(attributes.get("ref", "").replace("$", ""))
        if match is None or match[3] is None:
            return
        self.facts.merged.append(
            (int(match[2]), column_number(match[1]), int(match[4]), column_number(match[3]))
        )

    def _start_row(self, attributes: dict[str, str]) -> None:
        text = attributes.get("r")
        self._row = self._row + 1 if text is None else _whole(text, self._row + 1)
        self._row_text = text or str(self._row)
        self._column = 0
        if attributes.get("hidden") in _TRUE or _is_zero(attributes.get("ht")):
            self.facts.hidden_rows.add(self._row)
        else:
            self._shown_rows.add(self._row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._kind = attributes.get("t")
        self._used = self._has_formula = self._has_value = False
        address = attributes.get("r")
        if address is None:
            self._column += 1
            return
        letters = address.rstrip(_DIGITS)
        number = self._numbers.get(letters)
        if number is None:
            number = self._numbers[letters] = column_number(letters.upper())
        self._column = number
        digits = address[len(letters) :]
        if digits != self._row_text:
            self._row, self._row_text = _whole(digits, self._row), digits

    def _start_value(self, _attributes: dict[str, str]) -> None:
        self._used = self._has_value = True
        if self._has_formula or self._kind == "e":
            self._value = []
            self.listen(self._value.append)

    def _start_formula(self, _attributes: dict[str, str]) -> None:
        self._used = self._has_formula = True
        self._formula = []
        self.listen(self._formula.append)

    def _start_inline(self, _attributes: dict[str, str]) -> None:
        self._used = True

    def _end_cell(self) -> None:
        if not self._used:
            return
        facts = self.facts
        facts.cells += 1
        if facts.cells > self._max_cells:
            raise UnreadableFileError(
                "IN-too-large", f"more than {self._max_cells} cells", sheet=self._sheet
            )
        facts.last_row = max(facts.last_row, self._row)
        facts.last_column = max(facts.last_column, self._column)
        if self._kind == "e" or self._has_formula:
            self._note_fault((self._row, self._column))

    def _note_fault(self, place: tuple[int, int]) -> None:
        """Note an error; or a formula whose result nobody stored, which is no empty text."""
        value = "".join(self._value) if self._has_value else ""
        if self._kind == "e":
            self.facts.faults[place] = ("error", value[:_MAX_TEXT] or "#N/A")
        elif not value and not (self._kind == "str" and self._has_value):
            formula = "".join(self._formula)[:_MAX_TEXT]
            self.facts.faults[place] = ("formula", f"={formula}")


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
