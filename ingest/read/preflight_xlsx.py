"""An xlsx workbook before it is parsed: what it may not hold, and what the parser will not tell.

The parser gives an empty text for an error (`#DIV/0!`) and for a formula that was never
calculated, and reserves memory up to the farthest cell: all three are found here, by one pass
over each sheet that keeps no tree.
"""

from __future__ import annotations

import posixpath
from typing import Final

from ingest.read.limits import ReadLimits
from ingest.read.preflight_xml import Scanner, refuse_dtd
from ingest.read.preflight_zip import Package, part_name
from ingest.read.sheet_facts import SheetFacts, WorkbookFacts, check_area
from ingest.read.unreadable import UnreadableFileError
from ingest.read.worksheet_scan import WorksheetScan

_CONTENT_TYPES: Final = "[content_types].xml"
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_MACRO_PARTS: Final = ("xl/vbaproject", "xl/macrosheets/", "xl/dialogsheets/", "xl/activex/")
_LINK_PARTS: Final = ("xl/externallinks/", "xl/connections.xml")
_TRUE: Final = ("1", "true")


def is_xlsx(package: Package) -> bool:
    """Tell whether a zip file is an xlsx workbook."""
    return _CONTENT_TYPES in package and _WORKBOOK in package


def examine_xlsx(package: Package, limits: ReadLimits, *, refuse_macros: bool) -> WorkbookFacts:
    """Return what the parser does not tell; raise `UnreadableFileError` for a danger."""
    if refuse_macros:
        _refuse_macros(package)
    workbook, relations = _Workbook(), _Relations()
    workbook.scan(package.chunks(_WORKBOOK), _WORKBOOK)
    if _RELATIONS in package:
        relations.scan(package.chunks(_RELATIONS), _RELATIONS)
    facts = WorkbookFacts(link=_link(package), date_1904=workbook.date_1904)
    scanned: dict[str, SheetFacts] = {}
    left = limits.cells
    for name, relation, hidden in workbook.sheets:
        part = relations.sheets.get(relation)
        if part is None or part not in package or part in scanned:
            continue  # a chart, or a sheet the parser will not find either
        scan = WorksheetScan(SheetFacts(hidden=hidden), name, left)
        scan.scan(package.chunks(part), part)
        facts.sheets[name] = scanned[part] = scan.finished()
        left -= scan.facts.cells
        check_area(name, scan.facts, limits)
    for part in package.parts:
        if part not in scanned:
            refuse_dtd(package.chunks(part))
    return facts


def _refuse_macros(package: Package) -> None:
    types = _ContentTypes()
    types.scan(package.chunks(_CONTENT_TYPES), _CONTENT_TYPES)
    macros = next((name for name in package.parts if name.startswith(_MACRO_PARTS)), types.macros)
    if macros is not None:
        raise UnreadableFileError("IN-macros", f"the workbook holds {macros}")


def _link(package: Package) -> str | None:
    """Return what leads out of the workbook, None where nothing does."""
    for part in package.parts:
        if part.startswith(_LINK_PARTS):
            return part
        if part.endswith(".rels"):
            relations = _Relations()
            relations.scan(package.chunks(part), part)
            if relations.outside is not None:
                return relations.outside
    return None


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
