"""A row labelled 合计 is the control total of its table: compared with its parts, never added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from ingest.forms.catalogue import code_list
from ingest.forms.model import Column, Table
from ingest.read.cells import Value
from ingest.read.row_kinds import Rows

_CONTROL_TOTAL = 3


@dataclass(frozen=True)
class Given:
    """What a cell of a row of totals holds for us, whatever is written there."""

    value: Value


@dataclass(frozen=True)
class Totals:
    """The rows read as control totals, the cell of their label, and the keys they are given."""

    labels: Mapping[int, int] = field(default_factory=dict)
    given: Mapping[str, Value] = field(default_factory=dict)

    @property
    def row_nos(self) -> Sequence[int]:
        """Return the rows (1-based)."""
        return tuple(self.labels)

    def cell(self, row_no: int, column: str, index: int) -> Given | None:
        """Return what a cell holds for us; None where it is read as written."""
        if row_no not in self.labels:
            return None
        if column in self.given:
            return Given(self.given[column])
        return Given(None) if self.labels[row_no] == index else None


def place_totals(
    table: Table, rows: Rows, columns: Sequence[Column], unit: str | None
) -> tuple[Totals, list[int]]:
    """Return the row of totals that can be a control total, and those rows that cannot.

    It is the total of what the unit files: the place is the unit, and every other key says
    "all", where the form has a code for that. Of several nobody can tell which one it is, and a
    subtotal does not say of which rows.
    """
    keys = _keys_of_all(columns, unit) if table.every_row else None
    others = sorted(rows.subtotals)
    if keys is None or len(rows.totals) != 1:
        return Totals(), sorted([*rows.totals, *others])
    ((row_no, (index, _)),) = rows.totals.items()
    return Totals({row_no: index}, keys), others


def _keys_of_all(columns: Sequence[Column], unit: str | None) -> dict[str, Value] | None:
    if unit is None:
        return None
    keys: dict[str, Value] = {
        "place_code": unit,
        "row_kind": str(_CONTROL_TOTAL),
        "compare_with": "1",
        "list_complete": True,
    }
    for column in columns:
        if column.name in keys or (not column.key and _CONTROL_TOTAL not in column.required_kinds):
            continue
        code = _code_of_all(column.codes) if column.codes and not column.only_codes else None
        if code is None and _CONTROL_TOTAL in column.required_kinds:
            return None
        keys[column.name] = code
    return keys


@cache
def _code_of_all(name: str) -> str | None:
    """Return the code of control totals that covers every other code of a list."""
    codes = code_list(name)
    parts = {code.code for code in codes.values() if code.row_kinds != (_CONTROL_TOTAL,)}
    return next(
        (
            c.code
            for c in codes.values()
            if c.row_kinds == (_CONTROL_TOTAL,) and parts <= set(c.covers)
        ),
        None,
    )
