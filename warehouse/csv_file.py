"""Read the small csv files an operator hands in: areas and assignments."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from datetime import date
from pathlib import Path

from warehouse.errors import UsageError


def read_rows(
    path: Path, *, required: Collection[str], optional: Collection[str] = ()
) -> list[dict[str, str]]:
    """Return the rows of a csv (UTF-8 with or without BOM, or GB18030) with stripped values.

    Raises `UsageError` naming the file where it is unreadable or a column is missing or unknown.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", remedy="Name an existing csv file."
        ) from error
    reader = csv.DictReader(io.StringIO(_decode(path, content), newline=""))
    names = [name.strip() for name in reader.fieldnames or []]
    missing = [name for name in required if name not in names]
    unknown = [name for name in names if name not in {*required, *optional}]
    if missing or unknown:
        raise UsageError(
            f"{path.name}: missing columns {missing}, unknown columns {unknown}.",
            remedy=f"Its columns are {', '.join([*required, *optional])}.",
        )
    reader.fieldnames = names
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise UsageError(
                f"{path.name}, line {reader.line_num}: the number of cells differs from the"
                " heading.",
                remedy="Give every line one cell for each column.",
            )
        rows.append({name: value.strip() for name, value in row.items()})
    return rows


def parse_day(path: Path, line: int, column: str, text: str) -> date | None:
    """Return a date written YYYY-MM-DD, None for a blank; raise `UsageError` for anything else."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{path.name}, line {line}: {column} {text!r} is no date.",
            remedy="Write it as YYYY-MM-DD.",
        ) from error


def _decode(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path.name} is no text file.", remedy="Save it as csv in UTF-8.")
