"""Read and check one file as a whole: what it is, what it holds, what is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ingest.explain import ReturnedAnswer, take_answer
from ingest.forms.catalogue import load_forms, table_columns
from ingest.forms.model import Form
from ingest.known_places import KnownPlaces
from ingest.names.cells import NameReader
from ingest.names.unit import read_unit
from ingest.parsed import CHECK_OF_NAME, HeadCell, ParsedTable
from ingest.read.head import ReadHead, fullest, read_heads, read_tag
from ingest.read.messages import file_finding, return_finding
from ingest.read.outcome import Reached
from ingest.read.sandbox import Grid, Progress, Sandbox
from ingest.read.sheets import read_tables, several_forms, with_form_code
from ingest.read.unreadable import UnreadableFileError
from ingest.validate import HeadContext, check_head, check_tables, count_required, report_month
from warehouse.errors import AssessmentError, LandingError
from warehouse.findings import Finding
from warehouse.month import Month

MAX_FINDINGS: Final = 10_000
_MAX_VERSION: Final = 9_999
_FIRST_YEAR: Final = 1949
# Without these the columns of the table, or what its figures mean, are not known.
_FATAL_IN_HEAD: Final = frozenset({"IN-unknown-form", "IN-edition", "IN-money-unit"})
_NOT_CERTAIN: Final = frozenset(CHECK_OF_NAME.values()) - {"IN-name-read"}

log = logging.getLogger(__name__)


@dataclass
class Assessed:
    """One file, read and checked; `readable` is false where not even its sheets could be read.

    `reached` is how far it got: refused by the preflight, opened by the parser, or searched for
    a return in the `sheets_read` sheets and their `cells_read` cells that are not blank.
    `asks_for_a_project`: a name may be that of a project which another return will list.
    """

    file_name: str
    readable: bool = True
    reached: Reached = "preflight"
    sheets_read: int = 0
    cells_read: int = 0
    form_code: str | None = None
    edition: str | None = None
    area_code: str | None = None
    month: Month | None = None
    version: int | None = None
    is_nil: bool = False
    asks_for_a_project: bool = False
    required_cells: int | None = None
    filled_required_cells: int | None = None
    head: tuple[HeadCell, ...] = ()
    tables: list[ParsedTable] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    returned: ReturnedAnswer | None = None  # an answer of ours that came back with reasons

    @property
    def passed_level_0(self) -> bool:
        """Return whether file and structure are sound."""
        return not any(f.severity == "error" and f.level == 0 for f in self.findings)


class Assessor:
    """Assesses files, one after the other, whatever they do to the reader."""

    def __init__(self, sandbox: Sandbox, places: KnownPlaces) -> None:
        self._sandbox = sandbox
        self._places = places

    def assess(
        self, path: Path, file_name: str, current_month: Month, folder: str | None = None
    ) -> Assessed:
        """Return what a file holds, or why it cannot be read.

        `folder` is the unit in whose folder of the inbox the file lay.

        Trouble of our own is raised, so that the file is tried again and not blamed on the
        township: the machine's (no memory, no process to be had) as it is, since no file can be
        read then, and a fault of our code as `AssessmentError`, which concerns this file alone.
        """
        result = Assessed(file_name)
        try:
            self._assess(path, result, current_month, folder)
        except UnreadableFileError as error:
            result.readable = False
            result.findings.append(file_finding(error, file_name))
        except (OSError, MemoryError, LandingError):
            raise
        except Exception as error:
            log.exception("%s could not be checked", file_name)
            raise AssessmentError(
                f"{file_name} could not be checked: {type(error).__name__} in our own code.",
                remedy="The file is kept and tried again; report the traceback in the log.",
            ) from error
        if len(result.findings) > MAX_FINDINGS:
            more = str(len(result.findings) - MAX_FINDINGS)
            result.findings.sort(key=lambda f: (f.severity != "error", f.reason is not None))
            result.findings[MAX_FINDINGS:] = [return_finding("IN-more", value=more)]
        result.findings = [replace(f, file=file_name) for f in result.findings]
        return result

    def _assess(
        self, path: Path, result: Assessed, current_month: Month, folder: str | None
    ) -> None:
        grids, result.returned = take_answer(self._read(path, result))
        heads, tag = read_heads(grids), read_tag(grids)
        head = fullest(heads)
        result.reached = "table_searched"
        if not head.cells:
            result.findings.append(return_finding("no-head"))
            return
        head, by_title = with_form_code(head, tag, grids)
        result.findings += by_title
        forms = load_forms()
        form = forms.get(head.text("form_code"))
        cells = _named_sheet(head, form)
        unit = read_unit(self._places, cells, (tag.area_code if tag else None, folder), grids)
        cells = unit.cells
        month = _identify(result, cells, form)
        context = HeadContext(
            forms,
            current_month,
            self._places.in_use,
            result.file_name,
            unit.named,
            self._places.other_folder(folder, result.area_code, month),
        )
        result.findings += check_head(cells, tag, context)
        result.findings += [
            return_finding("IN-head-doubled", cell=cell.cell, sheet=cell.sheet, value=cell.text)
            for cell in head.doubled
        ]
        if result.version is None and head.text("version").isdigit():
            result.findings.append(_version_too_high(cells["version"]))
        fatal = any(finding.check_id in _FATAL_IN_HEAD for finding in result.findings)
        if form is not None and month is not None and not fatal and result.edition is not None:
            several = several_forms(heads, grids, form, month)
            if several is not None:
                result.findings.append(several)
                return
            self._read_tables(grids, head, form, month, result)

    def _read(self, path: Path, result: Assessed) -> list[Grid]:
        progress = Progress()
        try:
            grids = self._sandbox.read(path, progress)
            if progress.link is not None:
                link = UnreadableFileError("IN-external-links", progress.link)
                result.findings.append(file_finding(link, result.file_name))
            return grids
        finally:
            result.reached = "opened" if progress.opened else "preflight"
            result.sheets_read, result.cells_read = progress.sheets_read, progress.cells_read

    def _read_tables(
        self, grids: list[Grid], head: ReadHead, form: Form, month: Month, result: Assessed
    ) -> None:
        sheets = read_tables(grids, head, form, month, result.area_code)
        result.tables += sheets.tables
        result.findings += sheets.findings
        NameReader(self._places, result.area_code, month).read(form, result.tables)
        result.asks_for_a_project = _asks_for_a_project(form, result.tables)
        result.findings += check_tables(
            form, result.tables, month, known_area=lambda code: self._places.in_use(code, month)
        )
        _check_nil(result, head)
        counts = [count_required(form, parsed, month) for parsed in result.tables]
        result.required_cells = sum(required for required, _ in counts)
        result.filled_required_cells = sum(filled for _, filled in counts)


def _asks_for_a_project(form: Form, tables: list[ParsedTable]) -> bool:
    projects = {
        column.name
        for table in form.tables
        for column in table_columns(form, table)
        if column.choices == "projects"
    }
    return any(
        cell.column in projects and cell.check_id in _NOT_CERTAIN
        for parsed in tables
        for cell in parsed.named
    )


def _named_sheet(head: ReadHead, form: Form | None) -> dict[str, HeadCell]:
    """Return the head; the one sheet of a csv file is called as in a workbook of the form."""
    if form is None:
        return head.cells
    return {
        name: replace(cell, sheet=cell.sheet or form.tables[0].sheet)
        for name, cell in head.cells.items()
    }


def _identify(result: Assessed, cells: Mapping[str, HeadCell], form: Form | None) -> Month | None:
    """Note which return the file says it is, as far as it says it in a usable way."""

    def text(name: str) -> str:
        return cells[name].text if name in cells else ""

    month = report_month(cells)
    if month is not None and month.year < _FIRST_YEAR:
        month = None
    area_code, version = text("area_code"), text("version")
    result.head = tuple(cells.values())
    result.form_code = form.form_code if form is not None else None
    result.edition = text("edition") or None
    result.month = month
    if len(area_code) == 12 and area_code.isascii() and area_code.isdigit():
        result.area_code = area_code
    if version.isascii() and version.isdigit() and int(version) <= _MAX_VERSION:
        result.version = int(version)
    return month


def _version_too_high(cell: HeadCell) -> Finding:
    return return_finding(
        "IN-version",
        sheet=cell.sheet,
        cell=cell.cell,
        value=cell.text,
        expected=f"0 .. {_MAX_VERSION}",
    )


def _check_nil(result: Assessed, head: ReadHead) -> None:
    rows = sum(len(parsed.frame) for parsed in result.tables)
    nil = head.text("nil_return") == "是"
    found = all(parsed.heading_row for parsed in result.tables)
    cell = head.cells.get("nil_return")
    place = {"sheet": result.head[0].sheet, "cell": cell.cell if cell is not None else None}
    if nil and rows:
        result.findings.append(return_finding("IN-nil-rows", value=str(rows), **place))
    elif not nil and not rows and found:
        result.findings.append(return_finding("IN-no-rows", **place))
    result.is_nil = nil and not rows
