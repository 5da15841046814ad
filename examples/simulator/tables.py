"""The simulator's own tables: every value filed, in yuan and plain counts.

A row is a mapping of canonical column names to values (Decimal money in yuan, int, date, bool,
text); a blank cell is absent or None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd

from examples.simulator.chance import FEN, index_of, month_at
from examples.simulator.geography import County
from ingest.forms.catalogue import key_columns, load_form, load_forms, table_columns
from ingest.forms.model import Form, Table
from warehouse.month import Month

SimulatedRow = dict[str, Any]
FORMS = ("FP-01", "FP-02", "FP-03", "FP-08")
BLANK_KEY = "-"


def yuan(fen: int) -> Decimal:
    """Return an amount in fen as yuan."""
    return Decimal(fen) / FEN


@dataclass(frozen=True)
class Unit:
    """A filing unit: a township or the county office."""

    area_code: str
    name_zh: str
    level: str


@dataclass(frozen=True)
class SimulatedReturn:
    """One return: its rows by form table; no rows at all make it a nil return."""

    unit: Unit
    form_code: str
    index: int
    rows: dict[str, list[SimulatedRow]]

    @property
    def month(self) -> Month:
        """Return the report month."""
        return month_at(self.index)

    @property
    def is_nil(self) -> bool:
        """Return whether nothing happened: the return is filed as 零报告."""
        return not any(self.rows.values())

    @property
    def main_table(self) -> str:
        """Return the name of the form's main table."""
        return load_form(self.form_code).tables[0].name

    @property
    def file_name(self) -> str:
        """Return the name the file is sent under, without its ending."""
        return f"{self.form_code}_{self.unit.area_code}_{self.month.compact}_v0"


@dataclass
class Simulation:
    """Everything a simulated county files, month by month."""

    county: County
    first_month: Month
    months: int
    seed: int
    returns: list[SimulatedReturn] = field(default_factory=list)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return the filing units: the townships, then the county office."""
        townships = (Unit(t.area_code, t.name_zh, "township") for t in self.county.townships)
        office = Unit(self.county.area_code, f"{self.county.name_zh}扶贫办", "county")
        return (*townships, office)

    @cached_property
    def by_key(self) -> dict[tuple[str, str, int], SimulatedReturn]:
        """Return the returns by unit, form and month index."""
        return {(r.unit.area_code, r.form_code, r.index): r for r in self.returns}

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return one frame for each form table, with all columns of its definition.

        Before them stand `unit`, `stat_month` (first of the month), `form_code`, `table_name`
        and `row_key` (`name=value` of the key columns, in their order). The frame `returns`
        has one line for each return: unit, stat_month, form_code, is_nil.
        """
        rows: dict[str, list[SimulatedRow]] = defaultdict(list)
        for filed in self.returns:
            for table, filed_rows in filed.rows.items():
                rows[table] += [_identified(filed, table, row) for row in filed_rows]
        frames = {
            table.name: _frame(form, table, rows[table.name])
            for form, table in _form_tables({filed.form_code for filed in self.returns})
        }
        frames["returns"] = pd.DataFrame(
            [
                {
                    "unit": filed.unit.area_code,
                    "stat_month": filed.month.first_day,
                    "form_code": filed.form_code,
                    "is_nil": filed.is_nil,
                }
                for filed in self.returns
            ]
        )
        return frames


def row_key_of(form: Form, table: Table, row: SimulatedRow) -> dict[str, str]:
    """Return the row key as findings carry it: text, '-' where blank."""
    return {
        column.name: str(row.get(column.name) or column.key_default or BLANK_KEY)
        for column in key_columns(form, table)
    }


def key_text(key: dict[str, str]) -> str:
    """Return a row key as one text, `name=value` pairs joined by commas."""
    return ",".join(f"{name}={value}" for name, value in key.items())


def month_indexes(first_month: Month, months: int) -> range:
    """Return the month indexes of a simulation."""
    first = index_of(first_month)
    return range(first, first + months)


def _form_tables(chosen: Iterable[str]) -> Sequence[tuple[Form, Table]]:
    wanted = set(chosen)
    return [
        (form, table)
        for code, form in load_forms().items()
        if code in wanted
        for table in form.tables
    ]


def _identified(filed: SimulatedReturn, table_name: str, row: SimulatedRow) -> SimulatedRow:
    form = load_form(filed.form_code)
    table = next(table for table in form.tables if table.name == table_name)
    return {
        "unit": filed.unit.area_code,
        "stat_month": filed.month.first_day,
        "form_code": filed.form_code,
        "table_name": table_name,
        "row_key": key_text(row_key_of(form, table, row)),
        **row,
    }


def _frame(form: Form, table: Table, rows: Sequence[SimulatedRow]) -> pd.DataFrame:
    leading = ["unit", "stat_month", "form_code", "table_name", "row_key"]
    names = [*leading, *(column.name for column in table_columns(form, table))]
    return pd.DataFrame(list(rows), columns=names, dtype=object)
