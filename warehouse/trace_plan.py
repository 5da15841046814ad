"""How a published column is traced, as its contract says it.

In the `meta` of a measure: `trace: {form: FP-02, column: amount_issued_y}`, with
`fund_year: current` where only rows of the current fund year count, or, for control totals,
`trace: {control_row: true}` on the printed figure (`computed` beside it is then traced to the
parts). Further words of a trace: `once: project_code` (of several detail rows with one code only
the first submission's counts), `naming: FP-01` (the rows that name a project whose own row, in
that form, the keys choose) and `same: true` (all cells tell one value, which is no sum). In the
`meta` of a key column `trace_filter`:
`{place: true}` (the place of the row lies in this area), `{column: programme, total: '00'}`
(the column equals the key, unless the key is the total), with `blank: '-'` (this key stands for
a blank cell), or with `group: true` (the column's source of money belongs to this group).
An attribute that stands as filed has `filed: {form: FP-01, column: state}` and is not traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.contracts import MartColumn, MartContract
from warehouse.errors import TraceError, UsageError
from warehouse.month import Month

Kind = Literal["sum", "printed", "computed"]
COMPUTED = "computed"
# The column of a mart that names the unit of each row, where its rows have different ones.
UNIT_COLUMN = "measure_unit"
UNIT_NAMES = {"元": "yuan", "人": "persons", "户": "households", "套": "houses", "%": "per cent"}
_UNITS = (
    ("yuan", "yuan"),
    ("persons", "persons"),
    ("households", "households"),
    ("houses", "houses"),
)


@dataclass(frozen=True)
class Plan:
    """How one measure of a mart is traced; `filters` by key column of the mart."""

    measure: str
    kind: Kind
    form_code: str
    column: str
    fund_year: bool
    once: str | None
    naming: str | None
    same: bool
    unit: str | None
    filters: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Question:
    """One figure asked for: its plan, and the build and keys of the published row."""

    plan: Plan
    month: Month
    build_id: int
    publication_id: str
    keys: Mapping[str, str]


def plan_of(contract: MartContract, measure: str) -> Plan:
    """Return how a measure is traced; raise `TraceError` naming what to trace instead."""
    columns = {column.name: column for column in contract.columns}
    if measure not in columns:
        raise UsageError(
            f"{contract.subject} has no measure {measure!r}.",
            remedy=f"It has {', '.join(n for n in columns if n not in contract.key)}.",
        )
    how = columns[measure].meta.get("trace")
    kind: Kind = "sum"
    if how and how.get("control_row"):
        kind = "printed"
    elif measure == COMPUTED and any(_is_control_row(column) for column in contract.columns):
        how, kind = {}, "computed"
    elif not how:
        raise _untraceable(contract, columns, measure)
    return Plan(
        measure=measure,
        kind=kind,
        form_code=str(how.get("form", "")),
        column=str(how.get("column", "")),
        fund_year=bool(how.get("fund_year", False)),
        once=how.get("once"),
        naming=how.get("naming"),
        same=bool(how.get("same", False)),
        unit=_unit(columns[measure]),
        filters={
            name: columns[name].meta["trace_filter"]
            for name in contract.key
            if columns[name].meta.get("trace_filter")
        },
    )


def _is_control_row(column: MartColumn) -> bool:
    return bool((column.meta.get("trace") or {}).get("control_row"))


def _unit(column: MartColumn) -> str | None:
    if column.meta.get("unit"):
        return str(column.meta["unit"])
    return next((unit for part, unit in _UNITS if part in column.name.split("_")), None)


def _untraceable(
    contract: MartContract, columns: Mapping[str, MartColumn], measure: str
) -> TraceError:
    sides = [name for name in columns if name in (f"{measure}_numerator", f"{measure}_denominator")]
    filed = [name for name, column in columns.items() if "trace" in column.meta]
    if "filed" in columns[measure].meta:
        return TraceError(
            f"{measure} is told by one cell of the row, not a sum of cells.",
            remedy=f"Trace {filed[0]} or another measure: it leads to the row in which it stands.",
        )
    if measure.endswith("_last_year"):
        remedy = f"Trace {measure.removesuffix('_last_year')} of the month a year before."
    elif measure == "difference":
        remedy = f"Trace printed and {COMPUTED}, whose difference it is."
    elif sides:
        remedy = f"It is {' / '.join(sides)}; trace the filed measures these are sums of."
    else:
        remedy = f"Filed measures of {contract.subject}: {', '.join(filed) or 'none'}."
    return TraceError(f"{measure} is computed, not filed.", remedy=remedy)
