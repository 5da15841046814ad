"""The two sides of a control total: the printed cell, and the cells of its parts (rule G5)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import psycopg
from psycopg import sql

from warehouse.errors import TraceError, UsageError
from warehouse.trace_cells import TracedCell
from warehouse.trace_parts import cells_where, inside, table_of
from warehouse.trace_plan import Question

# Neither chooses parts by equality: the place is an area, and parts have other row kinds.
_OWN = ("place_code", "row_kind")
_ANY = {"mode": "0"}
_GROWTH = "growth_printed"


def row_key_of(text: str) -> dict[str, str]:
    """Read a row key written as JSON or as `column=value,column=value`."""
    try:
        if text.lstrip().startswith("{"):
            return {str(name): str(value) for name, value in json.loads(text).items()}
        return dict(pair.split("=", 1) for pair in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no row key.", remedy="Copy it from the row_key column of control_total."
        ) from error


def printed_cells(connection: psycopg.Connection, question: Question) -> tuple[TracedCell, ...]:
    """Return the one cell in which the total stands."""
    return cells_where(
        connection,
        question,
        question.keys["form_code"],
        question.keys["measure"],
        _total_row(question),
    )


def computed_cells(connection: psycopg.Connection, question: Question) -> tuple[TracedCell, ...]:
    """Return the cells the total is compared with.

    These are the detail and lump rows inside its place, whoever filed them, or (compare_with 2)
    the control totals of the same return that make it up, no source counted twice.
    """
    if question.keys["measure"] == _GROWTH:
        raise TraceError(
            "A computed growth is a rate, not a sum of cells.",
            remedy="Trace the printed total of the same row and its value of the year before.",
        )
    row_key = row_key_of(question.keys["row_key"])
    if _compares_with_totals(connection, question):
        conditions = _totals_of_the_same_return(question, row_key)
    else:
        conditions = [
            sql.SQL("filed.row_kind in ('1', '2')"),
            sql.SQL("filed.place_code in ({})").format(
                inside(row_key["place_code"], question.month)
            ),
            *_covered(row_key),
        ]
    return cells_where(
        connection, question, question.keys["form_code"], question.keys["measure"], conditions
    )


def _total_row(question: Question) -> list[sql.Composable]:
    row_key = row_key_of(question.keys["row_key"])
    return [_filed_by(question), *(_equal(name, value) for name, value in row_key.items())]


def _filed_by(question: Question) -> sql.Composable:
    return sql.SQL("submission.area_code = {}").format(
        sql.Literal(question.keys["filing_unit_code"])
    )


def _equal(name: str, value: str) -> sql.Composable:
    """Return the condition that a key is this one; a blank key is '-' in a row key."""
    return sql.SQL("coalesce(cast({} as text), '-') = {}").format(
        sql.Identifier("filed", name), sql.Literal(value)
    )


def _covered(row_key: Mapping[str, str]) -> list[sql.Composable]:
    """Return the conditions on the codes of the parts: the same code, or one the total covers."""
    conditions: list[sql.Composable] = []
    for name, value in row_key.items():
        if name in _OWN or value in ("-", _ANY.get(name)):
            continue
        conditions.append(
            sql.SQL(
                "({same} or cast({column} as text) in (select part_code from"
                " staging.seed_code_cover where list_name = {name} and total_code = {value}))"
            ).format(
                same=_equal(name, value),
                column=sql.Identifier("filed", name),
                name=sql.Literal(name),
                value=sql.Literal(value),
            )
        )
    return conditions


def _compares_with_totals(connection: psycopg.Connection, question: Question) -> bool:
    table = sql.Identifier("raw", table_of(question.keys["form_code"]))
    row = connection.execute(
        sql.SQL(
            "select filed.compare_with from {table} as filed join ops.build_input as input"
            " on input.submission_id = filed.submission_id and input.build_id = {build}"
            " join ops.submission as submission"
            " on submission.submission_id = filed.submission_id where {conditions}"
        ).format(
            table=table,
            build=sql.Literal(question.build_id),
            conditions=sql.SQL(" and ").join(_total_row(question)),
        )
    ).fetchone()
    return row is not None and str(row[0]) == "2"


def _totals_of_the_same_return(
    question: Question, row_key: Mapping[str, str]
) -> list[sql.Composable]:
    total = row_key["fund_source"]
    column = sql.Identifier(question.keys["measure"])
    covers = sql.SQL(
        "select part_code from staging.seed_code_cover"
        " where list_name = 'fund_source' and total_code = {}"
    )
    return [
        _filed_by(question),
        sql.SQL("filed.row_kind = '3'"),
        *(
            _equal(name, value)
            for name, value in row_key.items()
            if name not in ("fund_source", "row_kind") and value not in ("-", _ANY.get(name))
        ),
        # A total whose parts are all parts of this one; itself left out.
        sql.SQL(
            "filed.fund_source <> {total} and (filed.fund_source in ({covered})"
            " or (exists (select 1 from staging.seed_code_cover as own"
            " where own.list_name = 'fund_source' and own.total_code = filed.fund_source)"
            " and not exists (select 1 from staging.seed_code_cover as own"
            " where own.list_name = 'fund_source' and own.total_code = filed.fund_source"
            " and own.part_code not in ({covered}))))"
        ).format(total=sql.Literal(total), covered=covers.format(sql.Literal(total))),
        # No source twice: not where a wider total of the same return carries the measure.
        sql.SQL(
            "not exists (select 1 from raw.{table} as wider join staging.seed_code_cover as cover"
            " on cover.list_name = 'fund_source' and cover.total_code = wider.fund_source"
            " and cover.part_code = filed.fund_source"
            " where wider.submission_id = filed.submission_id and wider.row_kind = '3'"
            " and wider.place_code = filed.place_code and wider.programme = filed.programme"
            " and wider.fund_source <> {total} and wider.{column} is not null)"
        ).format(
            table=sql.Identifier(table_of(question.keys["form_code"])),
            total=sql.Literal(total),
            column=column,
        ),
    ]
