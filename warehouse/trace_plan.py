"""How a published column is traced, as its contract says it: the one definition, read by SQL.

In the `meta` of a measure, `trace: {form: FP-02, column: amount_issued_y}` says which cells are
added up. Further words of a trace: `fund_year: current` (rows of the current fund year alone),
`once: project_code` (of several detail rows with one code only the first submission's counts),
`naming: FP-01` (the rows that name a project whose own row, in that form, the keys choose),
`same: true` (all cells tell one value, which is no sum), `control_row: true` (the printed figure
of a control total). `filed: {form: FP-01, column: state}` is an attribute that stands as filed.

Any other column has `derived`, with one of:
- `last_year: issued_yuan_ytd`: that measure in the build of the year before that was read;
- `sum_of: [...]`, `less: [...]`: cells of these measures, as the side of a rate; `both: unit` (of
  the filing units that filed both sides) or `row` (of the rows that tell both), `rows: lump`
  (see `ROWS`), `times: progress_pct` (weighted by this column of the row, in per cent);
- `by: standard_basis, columns: {...}`: the column that the row's code names;
- `count: [approved, started]`: projects that have reached these stages (see `STAGES`);
- `returns: accepted`: returns of the ledger (see `RETURNS`), of `form` or of the row's form;
- `attribute: project_name, form: FP-01`: as `filed`, but it has no part in the row's status;
- `unit_of: ...`: the unit that filed the row; `calendar: true`: told by the month alone;
- `total: computed` or a column of the form: a side, or a cell, of a control total;
- `difference_of`, `judgement_of: [...]`: made of these columns;
- `label: true`: describes the row and is no figure.
A measure with `rate: true` is made of `<name>_numerator` and `<name>_denominator`.

In the `meta` of a key column `trace_filter`: `{place: true}` (the place of the row lies in this
area), `{column: programme, total: '00'}` (the column equals the key, unless the key is the total),
with `blank: '-'` (this key stands for a blank cell), or with `group: true` (the column's source of
money belongs to this group).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from warehouse.contracts import MartColumn, MartContract
from warehouse.errors import DefinitionError, UsageError

# The column of a mart that names the unit of each row, where its rows have different ones.
UNIT_COLUMN = "measure_unit"
UNIT_NAMES = {"元": "yuan", "人": "persons", "户": "households", "套": "houses", "%": "per cent"}
_UNITS = (
    ("yuan", "yuan"),
    ("persons", "persons"),
    ("households", "households"),
    ("houses", "houses"),
)

# Which rows `filed` of a form count, by the words of `rows`.
ROWS = {
    "lump": "filed.row_kind = '2'",
    "estimated": (
        "exists (select 1 from raw.cell_mark as mark where mark.submission_id ="
        " filed.submission_id and mark.table_name = '{table}' and mark.sheet = filed.sheet"
        " and mark.row_no = filed.row_no and mark.column_name = '{column}' and mark.status = 'E')"
    ),
    "not_terminated": "not filed.is_terminated",
    "priced": (
        "filed.subsidy_plan is not null and case filed.standard_basis when '1' then filed.plan_p"
        " when '2' then filed.plan_hh when '3' then filed.house_area_m2 end is not null"
    ),
}
# When a project has reached a stage, and the cells that say so.
STAGES = {
    "proposed": ("filed.state in ('1', '2')", ("state",)),
    "approved": ("filed.state between '3' and '8'", ("state",)),
    "started": ("(filed.state >= '4' or filed.start_date is not null)", ("start_date",)),
    "completed": ("(filed.state >= '5' or filed.complete_date is not null)", ("complete_date",)),
    "county_accepted": (
        "(filed.state >= '7' or filed.cty_accept_date is not null)",
        ("cty_accept_date",),
    ),
    "handed_over": ("(filed.state >= '8' or filed.handover_date is not null)", ("handover_date",)),
    "terminated": ("filed.state = '9'", ("state",)),
}
# What of an owed return is counted: the amount, null where it does not count.
RETURNS = {
    "expected": "1",
    "received": "case when owed.received_id is not null then 1 end",
    "accepted": "case when owed.accepted_id is not null then 1 end",
    "on_time": "case when owed.is_on_time then 1 end",
    "required_cells": "owed.required_cells",
    "filled_required_cells": "owed.filled_required_cells",
}


@dataclass(frozen=True)
class Source:
    """The column of a form's table that a measure adds up, and on which rows."""

    table: str
    column: str
    once: str | None = None
    naming: str | None = None
    fund_year: bool = False
    years_back: int = 0


@dataclass(frozen=True)
class ColumnPlan:
    """How one column of a mart is traced; `leads` are the columns it is made of, with roles."""

    name: str
    kind: str
    how: Mapping[str, Any]
    unit: str | None
    leads: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MartPlan:
    """How every column of a mart is traced."""

    contract: MartContract
    columns: Mapping[str, ColumnPlan]

    @property
    def filters(self) -> dict[str, Mapping[str, Any]]:
        """Return how each key column chooses rows of a form."""
        return {
            column.name: column.meta["trace_filter"]
            for column in self.contract.columns
            if column.meta.get("trace_filter")
        }

    @property
    def default_keys(self) -> dict[str, str]:
        """Return the keys that may be left out and then mean the total."""
        return {name: str(how["total"]) for name, how in self.filters.items() if "total" in how}

    @property
    def is_of_totals(self) -> bool:
        """Return whether the rows of the mart are control totals."""
        return any(plan.kind == "total" for plan in self.columns.values())

    def source(self, measure: str) -> Source:
        """Return the column of a form that a measure adds up."""
        plan = self.columns[measure]
        if plan.kind == "last_year":
            source = self.source(str(plan.how["last_year"]))
            return Source(source.table, source.column, source.once, years_back=1)
        if plan.kind not in ("sum", "same", "attribute"):
            raise _wrong(self.contract, measure, "is no sum of cells")
        how = plan.how
        return Source(
            table=table_of(str(how["form"])),
            column=str(how.get("column") or how["attribute"]),
            once=how.get("once"),
            naming=how.get("naming"),
            fund_year="fund_year" in how,
        )


def table_of(form_code: str) -> str:
    """Return the raw table of a form: `fp02` for FP-02."""
    return form_code.lower().replace("-", "")


def mart_plan(contract: MartContract) -> MartPlan:
    """Return how every column of a mart is traced.

    Raises `DefinitionError` for a column whose contract does not say it.
    """
    columns = {column.name: column for column in contract.columns}
    found: dict[str, ColumnPlan] = {}
    for name, column in columns.items():
        kind, how = _kind(contract, column)
        found[name] = ColumnPlan(name, kind, how, _unit(column), _leads(contract, name))
    return MartPlan(contract, found)


def plan_of(plan: MartPlan, measure: str) -> ColumnPlan:
    """Return how a measure is traced; raise `UsageError` for what is no figure."""
    found = plan.columns.get(measure)
    figures = ", ".join(n for n, p in plan.columns.items() if p.kind not in ("key", "label"))
    if found is None:
        raise UsageError(
            f"{plan.contract.subject} has no measure {measure!r}.", remedy=f"It has {figures}."
        )
    if found.kind in ("key", "label"):
        raise UsageError(
            f"{measure} describes the row and is no figure.", remedy=f"Trace one of {figures}."
        )
    return found


def _kind(contract: MartContract, column: MartColumn) -> tuple[str, Mapping[str, Any]]:
    meta = column.meta
    derived = meta.get("derived") or {}
    if column.name in contract.key:
        return "key", {}
    if "trace" in meta:
        if meta["trace"].get("control_row"):
            return "total", {"total": "printed"}
        return ("same" if meta["trace"].get("same") else "sum"), meta["trace"]
    if "filed" in meta:
        once = next(
            (c.meta["trace"].get("once") for c in contract.columns if "trace" in c.meta), None
        )
        return "attribute", {**meta["filed"], "once": once}
    for word, kind in _DERIVED.items():
        if word in derived:
            return kind, derived
    if meta.get("rate"):
        return "rate", {}
    raise _wrong(contract, column.name, "does not say how it is traced")


_DERIVED = {
    "last_year": "last_year",
    "sum_of": "side",
    "by": "side",
    "count": "count",
    "returns": "returns",
    "attribute": "attribute",
    "unit_of": "unit",
    "calendar": "calendar",
    "total": "total",
    "difference_of": "difference",
    "judgement_of": "judgement",
    "label": "label",
}


def _leads(contract: MartContract, name: str) -> tuple[tuple[str, str], ...]:
    """Return the columns whose cells a figure is made of, each with its role in it."""
    column = next(c for c in contract.columns if c.name == name)
    derived = column.meta.get("derived") or {}
    made_of = derived.get("difference_of") or derived.get("judgement_of")
    if made_of:
        return tuple(
            (part, other if role == "part" else role)
            for other in made_of
            for part, role in _leads(contract, other)
        )
    if column.meta.get("rate"):
        return tuple((f"{name}_{side}", side) for side in ("numerator", "denominator"))
    return ((name, "part"),)


def _unit(column: MartColumn) -> str | None:
    if column.meta.get("unit"):
        return str(column.meta["unit"])
    return next((unit for part, unit in _UNITS if part in column.name.split("_")), None)


def _wrong(contract: MartContract, column: str, trouble: str) -> DefinitionError:
    return DefinitionError(
        f"{contract.name}.{column} {trouble}.",
        remedy="Give it `trace` or `derived` (see warehouse/trace_plan.py).",
    )
