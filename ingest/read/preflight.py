"""What a file is, told by its bytes before anything parses it. Runs in the limited child process.

The name of a file says nothing: a reporter renames freely, an attacker more so.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final, Literal

FileKind = Literal["xlsx", "csv"]

MAX_INFLATED_BYTES: Final = 512 * 1024 * 1024
MAX_INFLATION: Final = 200  # 100 is common in honest workbooks of repeated cells
MAX_ZIP_ENTRIES: Final = 2_000
MIN_SUSPICIOUS_BYTES: Final = 16 * 1024 * 1024  # a high ratio of a small file harms nobody

_OLE2: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_PARTS: Final = ("xl/workbook.xml", "xl/workbook2.xml")


class UnreadableFileError(Exception):
    """The file cannot be read: `check_id` names the finding, `detail` the technical reason."""

    def __init__(self, check_id: str, detail: str) -> None:
        super().__init__(f"{check_id}: {detail}")
        self.check_id = check_id
        self.detail = detail


def sniff(path: Path) -> FileKind:
    """Return what the file is; raise `UnreadableFileError` for all that is no return."""
    with path.open("rb") as stream:
        start = stream.read(64 * 1024)
    if not start.strip():
        raise UnreadableFileError("IN-not-a-spreadsheet", "the file is empty")
    if start.startswith(_OLE2):
        raise _of_ole2(path)
    if start.startswith(b"PK"):
        _check_zip(path)
        return "xlsx"
    _check_text(start)
    return "csv"


def _of_ole2(path: Path) -> UnreadableFileError:
    if _ENCRYPTED_PACKAGE in path.read_bytes():
        return UnreadableFileError("IN-encrypted", "the workbook is protected by a password")
    return UnreadableFileError("IN-not-a-spreadsheet", "an old .xls or another Office file")


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise UnreadableFileError("IN-not-a-spreadsheet", f"a damaged zip: {error}") from error
    names = {entry.filename.lower() for entry in entries}
    if "[content_types].xml" not in names or names.isdisjoint(_WORKBOOK_PARTS):
        raise UnreadableFileError("IN-not-a-spreadsheet", "a zip, but no xlsx workbook")
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFileError("IN-encrypted", "the parts of the workbook are encrypted")
    inflated = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ZIP_ENTRIES or inflated > MAX_INFLATED_BYTES:
        raise UnreadableFileError(
            "IN-too-large", f"{len(entries)} parts, {inflated} bytes when unpacked"
        )
    if inflated > MIN_SUSPICIOUS_BYTES and inflated / packed > MAX_INFLATION:
        raise UnreadableFileError(
            "IN-too-large", f"unpacks to {inflated / packed:.0f} times its size"
        )


def _check_text(start: bytes) -> None:
    if b"\0" in start or any(byte < 9 or 13 < byte < 32 for byte in start[:4096]):
        raise UnreadableFileError("IN-not-a-spreadsheet", "binary data of another kind")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"{", b"[", b"%PDF")):
        raise UnreadableFileError("IN-not-a-spreadsheet", "a web page or another text document")
    if b"," not in start:
        raise UnreadableFileError("IN-not-a-spreadsheet", "a text without commas is no csv")
