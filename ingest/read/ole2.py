"""The streams of an OLE2 container, the file system inside an old Office file.

Only what tells the files apart and finds the stream of the workbook: names, and the places of a
stream's bytes in the file. Every chain of sectors is followed at most as far as the file is
long, so that a chain in a circle ends.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from ingest.read.unreadable import UnreadableFileError

SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_LAST: Final = 0xFFFFFFFA  # from here on a number of a sector means "none"
_ENTRY: Final = struct.Struct("<64sHBB3I16sI8s8sIQ")
_STREAM, _ROOT = 2, 5
_HEADER_SECTORS: Final = 109
_MINI_SECTOR: Final = 64


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class Container:
    """The streams of a container, by name in lower case."""

    def __init__(self, data: bytes) -> None:
        """Read the directory; raise `UnreadableFileError` where it is damaged."""
        self._data = data
        try:
            self._read()
        except (struct.error, IndexError) as error:
            raise _damaged("the directory of the container is cut off") from error

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def names(self) -> list[str]:
        """Return the names of all streams and storages, in lower case."""
        return [entry.name for entry in self._all]

    def pieces(self, name: str) -> list[tuple[int, int]]:
        """Return where the bytes of a stream stand in the file: `(offset, length)` in order."""
        entry = self._entries[name]
        if entry.size < self._mini_cutoff:
            places = [self._mini_place(sector) for sector in _chain(self._mini_fat, entry.start)]
            length = _MINI_SECTOR
        else:
            places = [self._place(sector) for sector in _chain(self._fat, entry.start)]
            length = self._sector
        pieces, left = [], entry.size
        for place in places:
            if left <= 0:
                break
            pieces.append((place, min(length, left)))
            left -= length
        if left > 0 or any(place + size > len(self._data) for place, size in pieces[:-1]):
            raise _damaged(f"the stream {name!r} is cut off")
        return pieces

    def _read(self) -> None:
        data = self._data
        shift: int = struct.unpack_from("<H", data, 30)[0]
        if shift not in (9, 12):
            raise _damaged("the sectors of the container have an unknown size")
        self._sector: int = 1 << shift
        (directory,) = struct.unpack_from("<I", data, 48)
        self._mini_cutoff, mini_start, _, more, _ = struct.unpack_from("<5I", data, 56)
        sectors = list(struct.unpack_from(f"<{_HEADER_SECTORS}I", data, 76))
        per_sector = self._sector // 4
        for _ in range(len(data) // self._sector + 1):
            if more >= _LAST:
                break
            numbers = struct.unpack_from(f"<{per_sector}I", data, self._place(more))
            sectors += numbers[:-1]
            more = numbers[-1]
        self._fat: list[int] = []
        for sector in sectors:
            if sector < _LAST:
                self._fat += struct.unpack_from(f"<{per_sector}I", data, self._place(sector))
        self._all = self._directory(directory)
        self._entries = {entry.name: entry for entry in self._all if entry.kind == _STREAM}
        root = next((entry for entry in self._all if entry.kind == _ROOT), None)
        self._mini_sectors = [] if root is None else _chain(self._fat, root.start)
        self._mini_fat: list[int] = []
        for sector in _chain(self._fat, mini_start):
            self._mini_fat += struct.unpack_from(f"<{per_sector}I", data, self._place(sector))

    def _directory(self, start: int) -> list[_Entry]:
        entries = []
        for sector in _chain(self._fat, start):
            place = self._place(sector)
            for offset in range(place, place + self._sector, _ENTRY.size):
                fields = _ENTRY.unpack_from(self._data, offset)
                raw, length, kind, first, size = fields[0], fields[1], fields[2], *fields[-2:]
                if kind:
                    name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                    entries.append(_Entry(name.lower(), kind, first, size & 0xFFFFFFFF))
        return entries

    def _place(self, sector: int) -> int:
        return (sector + 1) * self._sector

    def _mini_place(self, mini: int) -> int:
        per_sector = self._sector // _MINI_SECTOR
        if mini // per_sector >= len(self._mini_sectors):
            raise _damaged("a small stream lies outside its sectors")
        sector = self._mini_sectors[mini // per_sector]
        return self._place(sector) + mini % per_sector * _MINI_SECTOR


def _chain(table: list[int], start: int) -> list[int]:
    chain: list[int] = []
    sector = start
    while sector < _LAST:
        if sector >= len(table) or len(chain) > len(table):
            raise _damaged("a chain of sectors leads nowhere")
        chain.append(sector)
        sector = table[sector]
    return chain


def _damaged(detail: str) -> UnreadableFileError:
    return UnreadableFileError("IN-unreadable", detail, reason="damaged")
