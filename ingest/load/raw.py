"""Copy the typed rows of accepted returns into `raw`: one COPY stream for each table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
import psycopg
from psycopg import sql

from ingest.forms.catalogue import load_form, table_columns
from ingest.forms.model import Column
from ingest.parsed import HeadCell, ParsedTable

Row = Sequence[object]


def copy_tables(connection: psycopg.Connection, tables: Iterable[tuple[int, ParsedTable]]) -> None:
    """Copy the rows, marks and column positions of `(submission_id, table)` pairs."""
    by_name: dict[tuple[str, str], list[tuple[int, ParsedTable]]] = defaultdict(list)
    for submission_id, table in tables:
        by_name[table.form_code, table.table_name].append((submission_id, table))
    for (form_code, name), members in by_name.items():
        form = load_form(form_code)
        definition = next(table for table in form.tables if table.name == name)
        columns = table_columns(form, definition)
        names = ("submission_id", "sheet", "row_no", *(column.name for column in columns))
        copy_rows(connection, "raw", name, names, _rows(members, columns))
    everything = [pair for members in by_name.values() for pair in members]
    _copy_marks(connection, everything)
    _copy_positions(connection, everything)


def copy_heads(
    connection: psycopg.Connection, heads: Iterable[tuple[int, Iterable[HeadCell]]]
) -> None:
    """Copy the fields of the heads of `(submission_id, head)` pairs."""
    copy_rows(
        connection,
        "raw",
        "head_value",
        ("submission_id", "sheet", "cell", "field", "text"),
        (
            (submission_id, cell.sheet, cell.cell, cell.field, cell.text)
            for submission_id, head in heads
            for cell in head
        ),
    )


def copy_rows(
    connection: psycopg.Connection,
    schema: str,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Row],
) -> None:
    """Copy rows into a table, in one stream."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)


def _rows(members: list[tuple[int, ParsedTable]], columns: tuple[Column, ...]) -> Iterator[Row]:
    for submission_id, table in members:
        frame = table.frame
        values = [_stored(frame[column.name], column) for column in columns]
        for row_no, *cells in zip(frame.index, *values, strict=True):
            yield (submission_id, table.sheet, int(row_no), *cells)


def _stored(series: pd.Series, column: Column) -> list[object]:
    """Return a column as PostgreSQL takes it: exact decimals as text, a blank as None."""
    if column.type in ("money", "dec"):
        scale = 2 if column.type == "money" else column.scale
        return [None if pd.isna(value) else f"{value:.{scale}f}" for value in series]
    if column.type == "date":
        return [None if pd.isna(value) else value.date().isoformat() for value in series]
    convert = {"int": int, "bool": bool}.get(column.type, str)
    return [None if pd.isna(value) else convert(value) for value in series]


def _copy_marks(connection: psycopg.Connection, tables: list[tuple[int, ParsedTable]]) -> None:
    copy_rows(
        connection,
        "raw",
        "cell_mark",
        (
            "submission_id", "table_name", "sheet", "row_no", "column_name",
            "status", "text", "reason",
        ),
        (
            (
                submission_id, table.table_name, table.sheet, mark.row_no, mark.column,
                mark.status, mark.text, mark.reason,
            )
            for submission_id, table in tables
            for mark in table.marks
        ),
    )  # fmt: skip


def _copy_positions(connection: psycopg.Connection, tables: list[tuple[int, ParsedTable]]) -> None:
    copy_rows(
        connection,
        "raw",
        "column_position",
        (
            "submission_id", "table_name", "sheet", "column_name", "column_letter",
            "heading", "unit", "factor",
        ),
        (
            (
                submission_id, table.table_name, table.sheet, name, letter,
                table.headings[name], table.units.get(name), table.factors.get(name, 1.0),
            )
            for submission_id, table in tables
            for name, letter in table.column_letters.items()
        ),
    )  # fmt: skip
