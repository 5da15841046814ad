"""The cells at the end of a trace: their address, what stood there, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

ReadText = Callable[[str, str, Iterable[str]], dict[str, str]]


@dataclass(frozen=True)
class TracedCell:
    """One cell: `value` in base units, `text` as written, `status` A, E, U, L, M or O."""

    submission_id: int
    file: str
    sha256: str
    sheet: str
    cell: str
    text: str | None
    value: Decimal | None
    conversion: str
    status: str
    landing_path: str

    def as_json(self) -> dict[str, Any]:
        """Return the published JSON shape of a traced cell."""
        value = self.value
        number = None
        if value is not None:
            number = int(value) if value == int(value) else float(value)
        return {
            "submission_id": self.submission_id,
            "file": self.file,
            "sha256": self.sha256,
            "sheet": self.sheet,
            "cell": self.cell,
            "text": self.text,
            "value": number,
            "conversion": self.conversion,
            "status": self.status,
        }


def fetch_cells(
    connection: psycopg.Connection, column: str, rows: sql.Composable
) -> tuple[TracedCell, ...]:
    """Return the cells of one column in the raw rows that `rows` (a FROM ... WHERE) chooses.

    `rows` names the raw table `filed`. Where a chosen cell is filled, only filled cells are
    returned; where none is, those that say why (marked not collected and the like).
    """
    query = sql.SQL(
        "select filed.row_no, filed.submission_id, submission.file_name as file,"
        " submission.sha256,"
        " filed.sheet, position.column_letter || filed.row_no as cell, mark.text,"
        " cast(filed.{column} as numeric) as value,"
        " coalesce(position.unit, '') as unit, position.factor,"
        " coalesce(mark.status, 'A') as status, submission.landing_path {rows}"
    ).format(column=sql.Identifier(column), rows=rows)
    joined = sql.SQL(
        "select found.* from ({query}) as found where found.value is not null"
        " or found.status <> 'A' order by found.submission_id, found.sheet, found.row_no"
    ).format(query=query)
    records = connection.cursor(row_factory=dict_row).execute(joined).fetchall()
    filled = [record for record in records if record["value"] is not None]
    return tuple(_cell(record) for record in filled or records)


def cell_joins(table: str, column: str) -> sql.Composable:
    """Return the joins that give the raw row `filed` its file, the cell's place and its mark."""
    return sql.SQL(
        " join ops.submission as submission on submission.submission_id = filed.submission_id"
        " join raw.column_position as position on position.submission_id = filed.submission_id"
        " and position.sheet = filed.sheet and position.table_name = {table}"
        " and position.column_name = {column}"
        " left join raw.cell_mark as mark on mark.submission_id = filed.submission_id"
        " and mark.table_name = {table} and mark.sheet = filed.sheet"
        " and mark.row_no = filed.row_no and mark.column_name = {column}"
    ).format(table=sql.Literal(table), column=sql.Literal(column))


def with_texts(cells: tuple[TracedCell, ...], read_text: ReadText) -> tuple[TracedCell, ...]:
    """Return the cells with their text read back from the landed files."""
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cell in cells:
        wanted[cell.landing_path, cell.sheet].append(cell.cell)
    texts = {
        (path, sheet, address): text
        for (path, sheet), addresses in wanted.items()
        for address, text in read_text(path, sheet, addresses).items()
    }
    return tuple(replace(c, text=texts[c.landing_path, c.sheet, c.cell]) for c in cells)


def _cell(record: dict[str, Any]) -> TracedCell:
    unit, factor = record.pop("unit"), record.pop("factor")
    del record["row_no"]
    times = f"{factor.normalize():f}"
    conversion = f"{unit} x {times}".strip() if unit else f"x {times}"
    return TracedCell(**record, conversion=conversion)
