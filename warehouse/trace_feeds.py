"""From a cell upwards to every published figure it feeds: the same trace, read the other way."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from warehouse.database import Role, connect
from warehouse.errors import TraceError, UsageError
from warehouse.settings import Settings

_ADDRESS = re.compile(r"([A-Za-z]{1,3})([1-9]\d{0,6})")


@dataclass(frozen=True)
class Feeds:
    """What a cell feeds, and what it is: `note` says why it feeds nothing, where it does not.

    Of each figure: table, keys, measure, value, role, publication_id, is_in_force.
    """

    submission_id: int
    receipt_no: str
    file: str
    sheet: str
    cell: str
    column: str | None
    figures: tuple[dict[str, Any], ...]
    note: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw feeds --json` prints."""
        return {**self.__dict__, "figures": list(self.figures)}


def feeds(settings: Settings, file_or_receipt: str, sheet: str, cell: str) -> Feeds:
    """Return every published figure that a cell of a received file feeds.

    `file_or_receipt` is a receipt number, a file (known by its bytes) or the name of a received
    file, its last version. Figures of every publication are returned, in force or not; of rates
    and of last-year columns too. Raises `UsageError` for what is no cell address and `TraceError`
    for a file that was never received or a sheet that it does not have.
    """
    if _ADDRESS.fullmatch(cell) is None:
        raise UsageError(f"{cell!r} is no cell.", remedy="Name it as in the sheet, e.g. K7.")
    with connect(settings, Role.builder) as connection:
        submission = _submission(connection, file_or_receipt)
        table, column = _column(connection, submission, sheet, cell)
        figures = (
            connection.cursor(row_factory=dict_row)
            .execute(
                "select table_name as table, to_char(stat_month, 'YYYY-MM') as stat_month, keys,"
                " measure, value, role, publication_id, is_in_force"
                " from published.feeds(%s, %s, %s)",
                [submission["submission_id"], sheet, cell],
            )
            .fetchall()
        )
        note = None if figures else _why_none(connection, submission, table, column)
    return Feeds(
        submission_id=submission["submission_id"],
        receipt_no=submission["receipt_no"],
        file=submission["file_name"],
        sheet=sheet,
        cell=cell.upper(),
        column=column,
        figures=tuple(figures),
        note=note,
    )


def _submission(connection: psycopg.Connection, named: str) -> dict[str, Any]:
    path = Path(named)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    found = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select submission_id, receipt_no, file_name, state from ops.submission"
            " where receipt_no = %(name)s or sha256 = %(digest)s"
            " or (%(digest)s::text is null and file_name = %(name)s)"
            " order by receipt_no = %(name)s desc, submission_id desc limit 1",
            {"name": named, "digest": digest},
        )
        .fetchone()
    )
    if found is None:
        raise TraceError(
            f"{named} was never received.",
            remedy="Give a receipt number, or the very file that was submitted.",
        )
    return found


def _column(
    connection: psycopg.Connection, submission: dict[str, Any], sheet: str, cell: str
) -> tuple[str | None, str | None]:
    """Return the form table and the column a cell belongs to; null where it is none of a table."""
    rows = connection.execute(
        "select table_name, column_name, column_letter from raw.column_position"
        " where submission_id = %s and sheet = %s",
        [submission["submission_id"], sheet],
    ).fetchall()
    if not rows:
        sheets = connection.execute(
            "select distinct sheet from raw.column_position where submission_id = %s",
            [submission["submission_id"]],
        ).fetchall()
        names = ", ".join(sorted(row[0] for row in sheets))
        raise TraceError(
            f"{submission['file_name']} has no table on a sheet {sheet!r}.",
            remedy=f"It has {names}."
            if names
            else f"Nothing of it was taken in: it is {submission['state']}.",
        )
    match = _ADDRESS.fullmatch(cell)
    letter = match[1].upper() if match else ""
    return next(((row[0], row[1]) for row in rows if row[2] == letter), (None, None))


def _why_none(
    connection: psycopg.Connection,
    submission: dict[str, Any],
    table: str | None,
    column: str | None,
) -> str:
    if table is None:
        return "此格不属于任何表列 The cell belongs to no column of a form."
    main = connection.execute(
        "select 1 from information_schema.columns where table_schema = 'raw'"
        " and table_name = %s and column_name = 'row_kind'",
        [table],
    ).fetchone()
    if main is None:
        return (
            f"附表 {table} 的数据只供审核，不进入任何发布数"
            " A sub-table: it is checked, but no published figure is made of it."
        )
    frozen = connection.execute(
        "select 1 from ops.build_input as input inner join ops.publication as publication"
        " on input.build_id = publication.build_id where input.submission_id = %s limit 1",
        [submission["submission_id"]],
    ).fetchone()
    if frozen is None:
        return (
            f"该报表（{submission['state']}）不在任何发布之中 The return stands in no publication."
        )
    return (
        f"{column} 为空、不进入发布表，或此行未计入"
        " The cell is blank, no published figure is made of its column, or its row does not count."
    )
