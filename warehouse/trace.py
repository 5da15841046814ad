"""From a published figure back to the cells of the files it came from.

A trace follows the publication in force: its build, the returns frozen into that build, the raw
rows of those returns that make up the figure by the mart's contract, and the landed files. Each
column of a contract says in its `meta` how it is traced (see `warehouse/trace_plan.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import TraceError, UsageError
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.trace_cells import ReadText, TracedCell, with_texts
from warehouse.trace_parts import additive_cells
from warehouse.trace_plan import UNIT_COLUMN, UNIT_NAMES, Question, plan_of
from warehouse.trace_totals import computed_cells, printed_cells, row_key_of

Figure = Decimal | int | None


@dataclass(frozen=True)
class Trace:
    """A published figure and the cells that make it up; `value` is the sum of the cells."""

    value: Figure
    unit: str | None
    cells: tuple[TracedCell, ...]
    derivation: str

    def as_json(self) -> dict[str, Any]:
        """Return the published JSON shape of a trace."""
        return {
            "value": plain_number(self.value),
            "unit": self.unit,
            "cells": [cell.as_json() for cell in self.cells],
            "derivation": self.derivation,
        }


def trace(
    settings: Settings,
    table: str,
    keys: Mapping[str, str],
    measure: str,
    *,
    read_text: ReadText | None = None,
) -> Trace:
    """Trace one measure of one published row.

    `keys` name the row (`stat_month` as `2009-11`; a key with a total, such as `programme_code`,
    may be left out and then means the total). With `read_text` the original text of each cell is
    read back from the landing store. Raises `UsageError` for a table, key or measure that does
    not exist, and `TraceError` where the figure is not published or cannot be traced.
    """
    contract = _contract(settings, table)
    plan = plan_of(contract, measure)
    month, values = _row_keys(contract, keys)
    published, publication_id, unit = _published(settings, contract, month, values, measure)
    with connect(settings, Role.builder) as connection:
        question = Question(
            plan, month, _build_of(connection, publication_id), publication_id, values
        )
        if plan.kind == "printed":
            cells = printed_cells(connection, question)
        elif plan.kind == "computed":
            # Null: no part carries the measure, or the parts stand in a form not installed.
            cells = () if published is None else computed_cells(connection, question)
        else:
            cells = additive_cells(connection, question)
    _check_sum(published, cells, question)
    if read_text is not None:
        cells = with_texts(cells, read_text)
    return Trace(published, unit or plan.unit, cells, _derivation(question, cells))


def plain_number(value: Figure) -> int | float | None:
    """Return a figure as a JSON number, whole where it is whole."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _contract(settings: Settings, table: str) -> MartContract:
    subject = table.removeprefix("published.")
    contracts = {contract.subject: contract for contract in mart_contracts(settings)}
    if subject not in contracts:
        raise UsageError(
            f"There is no published table {table!r} to trace.",
            remedy=f"Use one of: {', '.join(contracts)}.",
        )
    return contracts[subject]


def _row_keys(contract: MartContract, keys: Mapping[str, str]) -> tuple[Month, dict[str, str]]:
    """Return the month and the text of every other key column of the row asked for."""
    given = {("stat_month" if name == "month" else name): text for name, text in keys.items()}
    wanted = {column.name: column for column in contract.columns if column.name in contract.key}
    unknown = sorted(set(given) - set(wanted))
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)}: no key of {contract.subject}.",
            remedy=f"Its keys are {', '.join(wanted)}.",
        )
    for name, column in wanted.items():
        total = (column.meta.get("trace_filter") or {}).get("total")
        if name not in given and total is not None:
            given[name] = str(total)
    if "row_key" in given:
        row_key = row_key_of(given["row_key"])
        given["row_key"] = json.dumps(row_key, ensure_ascii=False)
        if "place_code" in row_key:
            given.setdefault("area_code", row_key["place_code"])
    missing = [name for name in wanted if name not in given]
    if missing:
        raise UsageError(
            f"{', '.join(missing)} of the row is missing.",
            remedy=f"Name the row by {', '.join(f'{name}=...' for name in wanted)}.",
        )
    text = given.pop("stat_month")
    if len(text) == len("2009-11-01") and text.endswith("-01"):
        text = text[:7]
    for name in ("area_code", "filing_unit_code"):
        if name in given:
            given[name] = given[name].ljust(12, "0")
    return Month.parse(text), given


def _published(
    settings: Settings,
    contract: MartContract,
    month: Month,
    values: Mapping[str, str],
    measure: str,
) -> tuple[Figure, str, str | None]:
    """Return the published figure, its publication and the unit its row names, if any."""
    view = sql.Identifier("published", contract.subject)
    conditions = [
        sql.SQL("cast({} as text) = {}").format(sql.Identifier(name), sql.Literal(text))
        if _is_plain(contract, name)
        else sql.SQL("{} = cast({} as {})").format(
            sql.Identifier(name), sql.Literal(text), sql.SQL(_type_of(contract, name))
        )
        for name, text in values.items()
    ]
    unit_column = UNIT_COLUMN if UNIT_COLUMN in contract.column_names else None
    query = sql.SQL("select {} as figure, publication_id, {} as unit from {} where {}").format(
        sql.Identifier(measure),
        sql.Identifier(unit_column) if unit_column else sql.SQL("null"),
        view,
        sql.SQL(" and ").join(
            [sql.SQL("stat_month = {}").format(sql.Literal(month.first_day)), *conditions]
        ),
    )
    with connect(settings, Role.reader) as connection:
        try:
            rows = connection.cursor(row_factory=dict_row).execute(query).fetchall()
        except psycopg.errors.DataError as error:
            raise UsageError(
                f"A key of {contract.subject} has a value of the wrong type.",
                remedy=f"See the types of {', '.join(contract.key)} in the data dictionary.",
            ) from error
        if rows:
            unit = rows[0]["unit"]
            return rows[0]["figure"], rows[0]["publication_id"], UNIT_NAMES.get(unit, unit)
        released = connection.execute(
            "select 1 from published.release where stat_month = %s", [month.first_day]
        ).fetchone()
    if released is None:
        raise TraceError(
            f"{month} is not published.", remedy=f"See why with `tmw status --month {month}`."
        )
    row = " ".join(f"{name}={text}" for name, text in values.items())
    raise TraceError(
        f"published.{contract.subject} has no row {row} in {month}.",
        remedy="Nothing was filed for it; a missing row is not a zero.",
    )


def _is_plain(contract: MartContract, name: str) -> bool:
    return _type_of(contract, name) not in ("json", "jsonb")


def _type_of(contract: MartContract, name: str) -> str:
    return next(column.sql_type for column in contract.columns if column.name == name)


def _build_of(connection: psycopg.Connection, publication_id: str) -> int:
    row = connection.execute(
        "select build_id from ops.publication where publication_id = %s", [publication_id]
    ).fetchone()
    if row is None:
        raise TraceError(
            f"Publication {publication_id} is not in the ledger.", remedy="Report this as a bug."
        )
    return int(row[0])


def _check_sum(published: Figure, cells: tuple[TracedCell, ...], question: Question) -> None:
    filled = [cell.value for cell in cells if cell.value is not None]
    if question.plan.same and filled and published is None:
        raise TraceError(
            f"The rows of this line do not agree on {question.plan.measure}.",
            remedy="Trace it in the areas below, where one row stands alone.",
        )
    if question.plan.same:
        filled = sorted(set(filled))
    total = sum(filled, Decimal(0)) if filled else None
    if (total is None) != (published is None) or (total is not None and total != published):
        raise TraceError(
            f"The cells found for {question.plan.measure} add up to {total}, but {published} is"
            f" published in {question.publication_id}.",
            remedy="Report this as a bug; were areas changed after the publication?",
        )


def _derivation(question: Question, cells: tuple[TracedCell, ...]) -> str:
    filled = sum(1 for cell in cells if cell.value is not None)
    returns = len({cell.submission_id for cell in cells if cell.value is not None})
    source = f"publication {question.publication_id}, build {question.build_id}"
    if not filled:
        return f"no cell was filled: blank, not 0 ({source})"
    if question.plan.kind == "printed":
        return f"the cell as printed ({source})"
    cells_en, returns_en = _counted(filled, "cell"), _counted(returns, "return")
    return f"sum of {cells_en} of {returns_en} ({source})"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
