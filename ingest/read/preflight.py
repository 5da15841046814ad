"""What a file is, told by its bytes before anything parses it. Runs in the limited child process.

The name of a file says nothing: a reporter renames freely, an attacker more so. Only what is
known to be a workbook or a text with delimiters goes on; all else is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from ingest.read.bare_biff import SIGNATURES as BARE_BIFF
from ingest.read.bare_biff import BareSheet, read_sheets
from ingest.read.limits import ReadLimits
from ingest.read.ole2 import SIGNATURE as OLE2
from ingest.read.preflight_ods import examine_ods, is_ods
from ingest.read.preflight_text import examine_text
from ingest.read.preflight_xls import examine_xls
from ingest.read.preflight_xlsx import examine_xlsx, is_xlsx
from ingest.read.preflight_zip import Package
from ingest.read.sheet_facts import WorkbookFacts
from ingest.read.unreadable import UnreadableFileError

FileKind = Literal["xlsx", "xls", "ods", "csv"]

_SIGNATURES: Final = (
    (b"%PDF", "pdf", "a PDF document"),
    (b"\x89PNG", "picture", "a picture"),
    (b"\xff\xd8\xff", "picture", "a picture"),
    (b"GIF8", "picture", "a picture"),
    (b"BM", "picture", "a picture"),
    (b"II*\0", "picture", "a picture"),
    (b"MM\0*", "picture", "a picture"),
    (b"Rar!", "archive", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "an archive"),
    (b"\x1f\x8b", "archive", "an archive"),
    (b"BZh", "archive", "an archive"),
    (b"\xfd7zXZ\0", "archive", "an archive"),
    (b"{\\rtf", "document", "a rich text document"),
)
_OTHER_PARTS: Final = (
    ("xl/workbook.bin", "xlsb", "a binary workbook (xlsb)"),
    ("word/document.xml", "document", "a Word document"),
    ("ppt/presentation.xml", "document", "a presentation"),
)


@dataclass(frozen=True)
class Examined:
    """A file that may be parsed: its kind, and what the parser will not tell.

    `clear` is the file where it had to be decrypted, `bare` its sheets where they are read
    already, because the parser does not know the format.
    """

    kind: FileKind
    facts: WorkbookFacts = field(default_factory=WorkbookFacts)
    clear: bytes | None = None
    bare: list[BareSheet] | None = None


def examine(path: Path, limits: ReadLimits, *, refuse_macros: bool = True) -> Examined:
    """Return what the file is; raise `UnreadableFileError` for all that is no return.

    `refuse_macros` false lets macros pass, for a file that was accepted before they were refused:
    nothing here or in the parser runs them. Links to other files are told and hinder nothing.
    """
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start.strip():
        raise UnreadableFileError("IN-not-a-spreadsheet", "the file is empty", reason="empty")
    if start.startswith(OLE2):
        xls = examine_xls(path.read_bytes(), limits, refuse_macros=refuse_macros)
        return Examined("xls", xls.facts, xls.clear)
    if start.startswith(BARE_BIFF):
        return Examined("xls", bare=read_sheets(path.read_bytes(), limits))
    if start.startswith(b"PK"):
        return _examine_zip(path, limits, refuse_macros=refuse_macros)
    for signature, reason, detail in _SIGNATURES:
        if start.startswith(signature) and not _is_word(signature, start):
            raise UnreadableFileError("IN-not-a-spreadsheet", detail, reason=reason)
    examine_text(path.read_bytes())
    return Examined("csv")


def _examine_zip(path: Path, limits: ReadLimits, *, refuse_macros: bool) -> Examined:
    package = Package(path, limits)
    if is_xlsx(package):
        package.check_sizes(limits)
        return Examined("xlsx", examine_xlsx(package, limits, refuse_macros=refuse_macros))
    if is_ods(package):
        package.check_sizes(limits)
        return Examined("ods", examine_ods(package, limits, refuse_macros=refuse_macros))
    for part, reason, detail in _OTHER_PARTS:
        if part in package:
            raise UnreadableFileError("IN-not-a-spreadsheet", detail, reason=reason)
    raise UnreadableFileError("IN-not-a-spreadsheet", "an archive (zip)", reason="archive")


def _is_word(signature: bytes, start: bytes) -> bool:
    """Tell whether a signature of letters only begins a text: `BM` heads a csv file too."""
    return signature.isalpha() and b"\0" not in start
