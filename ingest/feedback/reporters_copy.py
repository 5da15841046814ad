"""A copy of the reporter's workbook that keeps its looks and runs nothing when it is opened.

Kept: values, number formats, fonts, fills, borders, widths, merged cells, notes, protection,
freezes, page set-up, and those drop-downs and conditional formats that only look at cells.
Formulas become the values they showed. Dropped: links, names, connections, pivots, pictures and
charts (the library that copies cannot carry them over whole). Runs in the limited process.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.packaging.custom import CustomPropertyList
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.feedback.look import is_risky

MAX_SHEET_BYTES: Final = 6 * 1024 * 1024  # of XML: some 150,000 cells, ten seconds
MAX_PARTS_BYTES: Final = 24 * 1024 * 1024  # of texts and styles too, but no pictures
_WORKBOOK: Final = "xl/workbook.xml"
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_PICTURED: Final = re.compile(r"xl/(media|charts|drawings/drawing|pivot|embeddings)", re.IGNORECASE)
_FUNCTION: Final = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_LOOKING: Final = re.compile(
    "AND|OR|NOT|IF|ISBLANK|ISNUMBER|ISTEXT|ISERROR|LEN|TRIM|LEFT|RIGHT|MID|EXACT|COUNT|COUNTA"
    "|COUNTIF|SUM|MIN|MAX|ABS|ROUND|MOD|ROW|COLUMN|DATE|YEAR|MONTH|DAY",
    re.IGNORECASE,
)


class NotCopiedError(Exception):
    """The file is no workbook that can be copied; its cells may still be drawn anew."""


def copy_workbook(path: Path) -> tuple[Workbook, bool]:
    """Return the copy, and whether pictures or charts of the original were left out.

    Raises `NotCopiedError` for what is no xlsx workbook or too large to be copied.
    """
    left_out = _inspect(path)
    try:
        workbook = load_workbook(path, data_only=True, keep_links=False)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        # The library meets a part it does not expect: a ParseError is a SyntaxError.
        raise NotCopiedError(f"{type(error).__name__}: {error}") from error
    for sheet in list(workbook.chartsheets):
        workbook.remove(sheet)
    if not workbook.worksheets:
        raise NotCopiedError("no sheet of cells")
    workbook.defined_names.clear()
    custom: Any = workbook
    custom.custom_doc_props = CustomPropertyList()
    for worksheet in workbook.worksheets:
        _strip(worksheet)
    return workbook, left_out


def _inspect(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NotCopiedError(str(error)) from error
    if _WORKBOOK not in {entry.filename for entry in entries}:
        raise NotCopiedError("no xlsx workbook")
    sheets = sum(e.file_size for e in entries if _SHEET.fullmatch(e.filename))
    parts = sum(e.file_size for e in entries if not _PICTURED.match(e.filename))
    if sheets > MAX_SHEET_BYTES or parts > MAX_PARTS_BYTES:
        raise NotCopiedError("too large to be copied")
    return any(_PICTURED.match(entry.filename) for entry in entries)


def _strip(worksheet: Worksheet) -> None:
    sheet: Any = worksheet
    sheet._charts, sheet._images, sheet._pivots = [], [], []
    sheet.defined_names.clear()
    sheet.page_setup.id = None
    sheet.sheet_view.tabSelected = False
    for table in list(sheet.tables.values()):
        del sheet.tables[table.name]
    checks = sheet.data_validations
    checks.dataValidation = [
        check
        for check in checks.dataValidation
        if only_looks(check.formula1) and only_looks(check.formula2)
    ]
    _keep_formats(sheet)
    for cell in sheet._cells.values():
        if getattr(cell, "hyperlink", None) is not None:
            cell.hyperlink = None
        if isinstance(cell.value, str) and cell.data_type == "s" and is_risky(cell.value):
            cell.quotePrefix = True


def _keep_formats(sheet: Any) -> None:
    formats = sheet.conditional_formatting
    kept = [
        (str(found.sqref), rule)
        for found in formats
        for rule in found.rules
        if all(only_looks(formula) for formula in rule.formula)
    ]
    sheet.conditional_formatting = type(formats)()
    for cells, rule in kept:
        sheet.conditional_formatting.add(cells, rule)


def only_looks(formula: str | None) -> bool:
    """Tell whether a condition only looks at cells of its own workbook."""
    if not formula:
        return True
    outside = re.sub(r'"[^"]*"', "", formula)
    return not re.search(r"[\[\]|]", outside) and all(
        _LOOKING.fullmatch(name) for name in _FUNCTION.findall(outside)
    )
