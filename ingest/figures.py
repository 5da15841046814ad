"""Do two files say the same? A digest of all values and marks of a return, whatever its layout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from ingest.parsed import ParsedTable


def figures_digest(tables: Iterable[ParsedTable], *, is_nil: bool) -> str:
    """Return the SHA-256 of the rows in base units and of their marks, as hexadecimal text.

    The order of rows, headings and units do not matter; the head does not belong to it.
    """
    digest = hashlib.sha256(b"nil" if is_nil else b"rows")
    for table in tables:
        digest.update(f"\n{table.form_code} {table.table_name}\n".encode())
        digest.update("\n".join(sorted(_lines(table))).encode())
    return digest.hexdigest()


def _lines(table: ParsedTable) -> Iterator[str]:
    rows = dict(
        zip(
            table.frame.index,
            table.frame.to_csv(index=False, header=False, lineterminator="\0").split("\0"),
            strict=False,
        )
    )
    yield from rows.values()
    for mark in table.marks:
        text = mark.text if mark.status == "O" else ""  # else the row says it in base units
        yield f"{rows.get(mark.row_no, '')} {mark.column} {mark.status} {mark.reason or text}"
