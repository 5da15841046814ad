"""The original text of cells, read back from the landing store for a trace.

The landed file is as hostile as on the day it came, so it is read in the same limited child
process as at receipt.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from ingest.read.sandbox import Grid, Sandbox
from ingest.read.unreadable import UnreadableFileError
from ingest.read.values import cell_text
from warehouse.errors import TraceError
from warehouse.settings import Settings

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")

ReadText = Callable[[str, str, Iterable[str]], dict[str, str]]


def read_cell_texts(settings: Settings) -> ReadText:
    """Return a reader `(landing_path, sheet, cells) -> {cell: text}` for one trace.

    `landing_path` is relative to the landing store (or absolute), `cells` are addresses such
    as `K12`. A file is parsed once, however many of its sheets are asked for. Raises
    `TraceError` where the landed file is gone, changed, or cannot be read any more.
    """
    files: dict[str, list[Grid]] = {}

    def read(landing_path: str, sheet: str, cells: Iterable[str]) -> dict[str, str]:
        if landing_path not in files:
            files[landing_path] = _grids(settings, landing_path)
        grid = _sheet(files[landing_path], sheet, landing_path)
        return {cell: text_at(grid, cell) for cell in cells}

    return read


def text_at(grid: Grid, address: str) -> str:
    """Return the text of a cell as a person reads it; '' where the cell is blank."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise TraceError(f"{address!r} is no cell address.", remedy="Report this as a bug.")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(match[2])
    if row > len(grid.rows) or column > len(grid.rows[row - 1]):
        return ""
    return cell_text(grid.rows[row - 1][column - 1])


def _grids(settings: Settings, landing_path: str) -> list[Grid]:
    path = Path(landing_path)
    if not path.is_absolute():
        path = settings.landing_dir / path
    remedy = f"Restore it from a backup of {settings.landing_dir}."
    if not path.is_file():
        raise TraceError(f"The landed file {landing_path} is gone.", remedy=remedy)
    stored_as = path.parent.name  # landing/<sha[:2]>/<sha>/<name>
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if _SHA256.fullmatch(stored_as) and stored_as != digest:
        raise TraceError(f"The landed file {landing_path} was changed.", remedy=remedy)
    try:
        with Sandbox(settings) as sandbox:
            return sandbox.read(path, accepted=True)
    except UnreadableFileError as error:
        raise TraceError(
            f"The landed file {landing_path} cannot be read any more ({error.detail}).",
            remedy=remedy,
        ) from error


def _sheet(grids: list[Grid], name: str, landing_path: str) -> Grid:
    for grid in grids:
        if grid.sheet in (name, ""):  # a csv file has one sheet without a name
            return grid
    raise TraceError(
        f"The landed file {landing_path} has no sheet {name!r}.",
        remedy="Compare its sha256 with ops.submission.",
    )
