"""An xls workbook before it is parsed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ingest.read.limits import ReadLimits
from ingest.read.sheet_facts import SheetFacts
from ingest.read.unreadable import UnreadableFileError

_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")


def examine_xls(path: Path, limits: ReadLimits, *, refuse_active: bool) -> dict[str, SheetFacts]:
    """Return the facts of each sheet by name; raise `UnreadableFileError` for a danger."""
    if _ENCRYPTED_PACKAGE in path.read_bytes():
        raise UnreadableFileError("IN-encrypted", "the workbook is protected by a password")
    raise UnreadableFileError("IN-not-a-spreadsheet", "an old workbook", reason="document")
