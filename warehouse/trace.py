"""From a published figure back to the cells of the files it came from.

A trace follows one publication, the one in force or an earlier one: its build, the returns frozen
into that build (and for figures of last year, into the build of the year before that it read), the
raw rows of those returns that make up the figure, and the landed files. How a column is traced its
contract says (`warehouse/trace_plan.py`); `published.trace`, which BI users call too, does it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import TraceError, UsageError
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.trace_cells import (
    ReadText,
    TracedCell,
    TracedReturn,
    number_or_text,
    plain_value,
    with_texts,
)
from warehouse.trace_derivation import Evidence, derivation, require_sum
from warehouse.trace_plan import UNIT_COLUMN, UNIT_NAMES, mart_plan, plan_of

_AREA_KEYS = ("area_code", "filing_unit_code")


@dataclass(frozen=True)
class Trace:
    """A published figure and what it is made of: cells, or returns where it counts returns.

    `value` is a number, or the text of an attribute; `derivation` says how it is made.
    """

    value: Decimal | str | None
    unit: str | None
    cells: tuple[TracedCell, ...]
    returns: tuple[TracedReturn, ...]
    derivation: str
    publication_id: str

    def as_json(self) -> dict[str, Any]:
        """Return the published JSON shape of a trace."""
        return {
            "value": plain_value(self.value),
            "unit": self.unit,
            "cells": [cell.as_json() for cell in self.cells],
            "returns": [one.as_json() for one in self.returns],
            "derivation": self.derivation,
            "publication_id": self.publication_id,
        }


@dataclass(frozen=True)
class _Asked:
    """The row asked for: its publication and build, and all its columns as text."""

    publication_id: str
    build_id: int
    last_year_build_id: int | None
    row: dict[str, str | None]


def trace(
    settings: Settings,
    table: str,
    keys: Mapping[str, str],
    measure: str,
    *,
    publication: str | None = None,
    as_of: datetime | None = None,
    read_text: ReadText | None = None,
) -> Trace:
    """Trace one column of one published row.

    `keys` name the row (`stat_month` as `2009-11`; a key with a total, such as `programme_code`,
    may be left out and then means the total). The row is that of the publication in force, of
    `publication` (`2009-11.r1`) or of the one in force `as_of` an instant. With `read_text` the
    original text of each cell is read back from the landing store. Raises `UsageError` for a
    table, key or measure that does not exist, and `TraceError` where the row is not published or
    its cells do not add up to it.
    """
    contract = _contract(settings, table)
    plan = mart_plan(contract)
    column = plan_of(plan, measure)
    month, values = _row_keys(contract, plan.default_keys, keys)
    with connect(settings, Role.builder) as connection:
        asked = _row(connection, contract, month, values, publication, as_of)
        found = _found(connection, contract, month, values, measure, asked)
    evidence = Evidence(
        plan, column, month, asked.publication_id, asked.build_id, asked.last_year_build_id,
        asked.row, *found,
    )  # fmt: skip
    require_sum(evidence)
    cells = found[0] if read_text is None else with_texts(found[0], read_text)
    unit = asked.row.get(UNIT_COLUMN)
    return Trace(
        value=number_or_text(asked.row[measure])
        if _is_number(contract, measure)
        else asked.row[measure],
        unit=UNIT_NAMES.get(unit, unit) if unit and column.kind in _OF_ROW_UNIT else column.unit,
        cells=cells,
        returns=found[1],
        derivation=derivation(evidence),
        publication_id=asked.publication_id,
    )


_OF_ROW_UNIT = ("total", "difference")


def _contract(settings: Settings, table: str) -> MartContract:
    subject = table.removeprefix("published.")
    contracts = {contract.subject: contract for contract in mart_contracts(settings)}
    if subject not in contracts:
        raise UsageError(
            f"There is no published table {table!r} to trace.",
            remedy=f"Use one of: {', '.join(contracts)}.",
        )
    return contracts[subject]


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


def _row_keys(
    contract: MartContract, defaults: Mapping[str, str], keys: Mapping[str, str]
) -> tuple[Month, dict[str, Any]]:
    """Return the month and every other key of the row asked for."""
    given: dict[str, Any] = {
        ("stat_month" if name == "month" else name): text for name, text in keys.items()
    }
    unknown = sorted(set(given) - set(contract.key))
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)}: no key of {contract.subject}.",
            remedy=f"Its keys are {', '.join(contract.key)}.",
        )
    given = {**defaults, **given}
    if "row_key" in given:
        given["row_key"] = row_key_of(given["row_key"])
        if "place_code" in given["row_key"]:
            given.setdefault("area_code", given["row_key"]["place_code"])
    missing = [name for name in contract.key if name not in given]
    if missing:
        raise UsageError(
            f"{', '.join(missing)} of the row is missing.",
            remedy=f"Name the row by {', '.join(f'{name}=...' for name in contract.key)}.",
        )
    text = given.pop("stat_month")
    if len(text) == len("2009-11-01") and text.endswith("-01"):
        text = text[:7]
    for name in _AREA_KEYS:
        if name in given:
            given[name] = given[name].ljust(12, "0")
    return Month.parse(text), given


def _row(
    connection: psycopg.Connection,
    contract: MartContract,
    month: Month,
    values: Mapping[str, Any],
    publication: str | None,
    as_of: datetime | None,
) -> _Asked:
    found = connection.execute(
        _PUBLICATION, {"month": month.first_day, "publication": publication, "as_of": as_of}
    ).fetchone()
    if found is None:
        raise TraceError(
            f"{month} has no publication {publication}."
            if publication
            else f"{month} is not published{f' as of {as_of.isoformat()}' if as_of else ''}.",
            remedy=f"See why with `tmw status --month {month}`; `tmw releases` lists what was.",
        )
    publication_id, build_id, last_year_build_id = found
    row = connection.execute(
        "select jsonb_object_agg(shown.key, shown.value)"
        " from jsonb_each_text(published.row_of(%s, %s, %s)) as shown",
        [contract.subject, publication_id, json.dumps(values)],
    ).fetchone()
    if row is None or row[0] is None:
        named = " ".join(f"{name}={text}" for name, text in values.items())
        raise TraceError(
            f"published.{contract.subject} has no row {named} in {month}.",
            remedy="Nothing was filed for it; a missing row is not a zero.",
        )
    return _Asked(publication_id, int(build_id), last_year_build_id, row[0])


# Builds are made one at a time, so what a build read of the year before is the last build of it
# begun before it.
_PUBLICATION = """
select publication.publication_id, publication.build_id, (
    select max(before.build_id) from ops.build as before
    where before.stat_month = cast(publication.stat_month - interval '1 year' as date)
        and before.build_id < publication.build_id and before.state not in ('building', 'failed')
)
from ops.publication as publication
where publication.stat_month = %(month)s and publication.publication_id = coalesce(
    %(publication)s::text,
    (
        select month.publication_id from ops.release_month as month
        where month.stat_month = %(month)s and case
            when %(as_of)s::timestamptz is null then month.valid_to is null
            else month.valid_from <= %(as_of)s
                and coalesce(month.valid_to, 'infinity') > %(as_of)s
        end
    )
)
"""


def _found(
    connection: psycopg.Connection,
    contract: MartContract,
    month: Month,
    values: Mapping[str, Any],
    measure: str,
    asked: _Asked,
) -> tuple[tuple[TracedCell, ...], tuple[TracedReturn, ...]]:
    records = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select traced.*, submission.landing_path"
            " from published.trace(%s, %s, %s, %s, %s) with ordinality as traced"
            " left join ops.submission as submission"
            " on traced.submission_id = submission.submission_id order by traced.ordinality",
            [contract.subject, month.first_day, json.dumps(values), measure, asked.publication_id],
        )
        .fetchall()
    )
    # The codes, dates and names of a row stay text; 20 digits of a project are no number.
    is_number = _is_number(contract, measure)
    cells = tuple(
        TracedCell(
            submission_id=one["submission_id"],
            file=one["file"],
            sha256=one["sha256"],
            sheet=one["sheet"],
            cell=one["cell"],
            text=None,
            value=number_or_text(one["stored_value"])
            if one["amount"] is not None or one["role"] == "weight" or is_number
            else one["stored_value"],
            conversion=one["conversion"],
            status=one["status"],
            role=one["role"],
            part=one["part"],
            column=one["form_column"],
            amount=one["amount"],
            landing_path=one["landing_path"],
        )
        for one in records
        if one["status"] is not None
    )
    returns = tuple(
        TracedReturn(
            unit_code=one["filing_unit_code"],
            submission_id=one["submission_id"],
            receipt_no=one["receipt_no"],
            file=one["file"],
            amount=one["amount"],
            part=one["part"],
            role=one["role"],
        )
        for one in records
        if one["status"] is None
    )
    return cells, returns


def _is_number(contract: MartContract, measure: str) -> bool:
    sql_type = next(c.sql_type for c in contract.columns if c.name == measure)
    return sql_type.startswith(("numeric", "bigint", "integer"))
