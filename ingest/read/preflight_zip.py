"""The directory of a zip file is checked, and its parts are inflated, before a parser sees them.

A declared size may lie, and parsers inflate to the end: so every part is inflated here once, at
most to the size it declares. Entries may not overlap, which is how small files grow without end.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ingest.read.limits import ReadLimits
from ingest.read.unreadable import UnreadableFileError

MIN_SUSPICIOUS_BYTES: Final = 16 * 1024 * 1024  # a high ratio of a small file harms nobody
_CHUNK: Final = 1 << 18
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_ENCRYPTED: Final = 1


class Package:
    """The parts of a zip file, by name in lower case (names of parts ignore case)."""

    def __init__(self, path: Path, limits: ReadLimits) -> None:
        """Read and check the directory; raise `UnreadableFileError` where it is unsound."""
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                entries = [e for e in archive.infolist() if not e.orig_filename.endswith("/")]
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise UnreadableFileError(
                "IN-not-a-spreadsheet", f"a damaged zip: {error}", reason="damaged"
            ) from error
        if len(entries) > limits.zip_parts:
            raise _too_large(f"{len(entries)} parts; at most {limits.zip_parts} are read")
        self.parts: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = part_name(entry.orig_filename)
            if _is_unsafe(name):
                raise _unsound(f"a part is called {entry.orig_filename!r}")
            if name in self.parts:
                raise _unsound(f"two parts are called {name!r}")
            self.parts[name] = entry

    def check_sizes(self, limits: ReadLimits) -> None:
        """Refuse encrypted, overlapping and oversized parts, by what the directory declares."""
        entries = list(self.parts.values())
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise UnreadableFileError("IN-encrypted", "the parts of the file are encrypted")
        inflated = sum(entry.file_size for entry in entries)
        packed = max(1, sum(entry.compress_size for entry in entries))
        if inflated > limits.inflated_bytes:
            raise _too_large(f"{inflated} bytes when unpacked; at most {limits.inflated_bytes}")
        if inflated > MIN_SUSPICIOUS_BYTES and inflated / packed > limits.inflation:
            raise _too_large(f"unpacks to {inflated / packed:.0f} times its size")
        end = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < end:
                raise _unsound(f"the part {entry.filename!r} overlaps another")
            end = entry.header_offset + entry.compress_size

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a part; raise where there are more or fewer than it declares."""
        entry = self.parts[name]
        size = 0
        try:
            for chunk in self._inflated(entry):
                size += len(chunk)
                if size > entry.file_size:
                    break
                yield chunk
        except zlib.error as error:
            raise UnreadableFileError(
                "IN-unreadable", f"the part {name!r} is damaged: {error}", reason="damaged"
            ) from error
        if size != entry.file_size:
            more = "more" if size > entry.file_size else "fewer"
            raise _unsound(f"the part {name!r} holds {more} bytes than it declares")

    def _inflated(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _unsound(f"the part {entry.filename!r} is packed in an unusual way")
        if entry.header_offset < 0:
            raise _unsound(f"the part {entry.filename!r} lies before the beginning of the file")
        with self.path.open("rb") as stream:
            stream.seek(entry.header_offset)
            head = stream.read(_LOCAL_HEADER.size)
            if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\3\4"):
                raise _unsound(f"the part {entry.filename!r} is not where the directory says")
            _, name_length, extra_length = _LOCAL_HEADER.unpack(head)
            stream.seek(name_length + extra_length, 1)
            left = entry.compress_size
            inflater = zlib.decompressobj(-15) if entry.compress_type else None
            while left and (data := stream.read(min(left, _CHUNK))):
                left -= len(data)
                if inflater is None:
                    yield data
                    continue
                yield inflater.decompress(data, _CHUNK)
                while inflater.unconsumed_tail:
                    yield inflater.decompress(inflater.unconsumed_tail, _CHUNK)
            if inflater is not None:
                yield inflater.flush()


def part_name(name: str) -> str:
    """Return the name by which a part is looked up."""
    return name.replace("\\", "/").lower()


def _is_unsafe(name: str) -> bool:
    return (
        not name or name.startswith("/") or ".." in name.split("/") or ":" in name or "\0" in name
    )


def _unsound(detail: str) -> UnreadableFileError:
    return UnreadableFileError("IN-unreadable", detail, reason="unsound")


def _too_large(detail: str) -> UnreadableFileError:
    return UnreadableFileError("IN-too-large", detail)
