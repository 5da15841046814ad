"""An xls workbook before it is parsed: is it one, is it safe, and what the parser will not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.read.biff import read_facts
from ingest.read.default_password import decrypted, encryption_of
from ingest.read.limits import ReadLimits
from ingest.read.ole2 import Container
from ingest.read.sheet_facts import WorkbookFacts
from ingest.read.unreadable import UnreadableFileError

_STREAMS: Final = ("workbook", "book")  # of Excel 97 and later, and of Excel 5 and 95
_MACROS: Final = frozenset({"_vba_project_cur", "_vba_project", "vba"})
_ENCRYPTED: Final = "EncryptedPackage"  # a stream in place of a workbook
_DOCUMENTS: Final = frozenset({"worddocument", "powerpoint document"})


@dataclass(frozen=True)
class ExaminedXls:
    """What the parser does not tell, and the file in clear where it was encrypted."""

    facts: WorkbookFacts
    clear: bytes | None = None


def examine_xls(data: bytes, limits: ReadLimits, *, refuse_macros: bool) -> ExaminedXls:
    """Return what the parser does not tell; raise `UnreadableFileError` for a danger."""
    container = _container(data)
    names = set(container.names())
    stream_name = next((name for name in _STREAMS if name in container), None)
    if stream_name is None or names & _DOCUMENTS:
        raise UnreadableFileError(
            "IN-not-a-spreadsheet", "another kind of Office file", reason="document"
        )
    if refuse_macros and names & _MACROS:
        raise UnreadableFileError("IN-macros", "the workbook holds a VBA project")
    pieces = container.pieces(stream_name)
    stream = b"".join(data[place : place + length] for place, length in pieces)
    file_pass = encryption_of(stream)
    clear: bytes | None = None
    if file_pass is not None:
        plain = decrypted(stream, file_pass)
        if plain is None:
            raise UnreadableFileError("IN-encrypted", "the workbook is protected by a password")
        stream, clear = plain, _with_stream(data, pieces, plain)
    return ExaminedXls(read_facts(stream, limits, refuse_macros=refuse_macros), clear)


def _container(data: bytes) -> Container:
    """Return the container; a protected one is told as such even where its directory is damaged."""
    try:
        container = Container(data)
        protected = _ENCRYPTED.lower() in container.names()
    except UnreadableFileError:
        protected = _ENCRYPTED.encode("utf-16-le") in data
        if not protected:
            raise
    if protected:
        raise UnreadableFileError("IN-encrypted", "the workbook is protected by a password")
    return container


def _with_stream(data: bytes, pieces: list[tuple[int, int]], stream: bytes) -> bytes:
    """Return the file with the bytes of a stream in the places where it stands."""
    whole = bytearray(data)
    done = 0
    for place, length in pieces:
        whole[place : place + length] = stream[done : done + length]
        done += length
    return bytes(whole)
