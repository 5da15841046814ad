"""An ods workbook before it is parsed."""

from __future__ import annotations

from ingest.read.limits import ReadLimits
from ingest.read.preflight_zip import Package
from ingest.read.sheet_facts import SheetFacts
from ingest.read.unreadable import UnreadableFileError


def is_ods(package: Package) -> bool:
    """Tell whether a zip file is an ods workbook."""
    return "mimetype" in package and "content.xml" in package


def examine_ods(
    package: Package, limits: ReadLimits, *, refuse_active: bool
) -> dict[str, SheetFacts]:
    """Return the facts of each sheet by name; raise `UnreadableFileError` for a danger."""
    raise UnreadableFileError("IN-not-a-spreadsheet", "an ods workbook", reason="document")
