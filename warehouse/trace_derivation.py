"""The sentence that says how a figure is made of what was found, and the check that it is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from warehouse.errors import TraceError
from warehouse.month import Month
from warehouse.trace_cells import TracedCell, TracedReturn
from warehouse.trace_plan import ColumnPlan, MartPlan

# What a count of the ledger counts, in words.
_COUNTED = {
    "expected": "returns expected by the assignments",
    "received": "expected returns of which a file came",
    "accepted": "expected returns that were accepted",
    "on_time": "expected returns that were accepted and first readable by the deadline",
    "required_cells": "required cells of accepted returns",
    "filled_required_cells": "filled required cells of accepted returns",
}
_ADDED_UP = ("sum", "last_year", "side", "count")


@dataclass(frozen=True)
class Evidence:
    """A published row, how the column asked for is traced, and what was found for it."""

    plan: MartPlan
    column: ColumnPlan
    month: Month
    publication_id: str
    build_id: int
    last_year_build_id: int | None
    row: Mapping[str, str | None]
    cells: tuple[TracedCell, ...]
    returns: tuple[TracedReturn, ...]

    def figure(self, name: str) -> Decimal | None:
        """Return a figure of the published row."""
        text = self.row[name]
        return None if text is None else Decimal(text)

    def cells_of(self, part: str) -> list[TracedCell]:
        """Return the cells of one column of the mart."""
        return [cell for cell in self.cells if cell.part == part]

    def total(self, part: str) -> Decimal | None:
        """Return what the cells of a column add up to; null where none adds anything."""
        amounts = [cell.amount for cell in self.cells_of(part) if cell.amount is not None]
        return (
            sum(amounts, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP) if amounts else None
        )


def require_sum(evidence: Evidence) -> None:
    """Raise `TraceError` where the cells found do not add up to what is published."""
    for name, _ in evidence.column.leads:
        column = evidence.plan.columns[name]
        published = evidence.figure(name) if _is_added_up(evidence, column) else None
        if published is None:
            continue
        total = evidence.total(name)
        empty = total is None and published == 0 and column.kind in ("side", "count")
        if not empty and total != published:
            raise TraceError(
                f"The cells found for {name} add up to {total}, but {published} is"
                f" published in {evidence.publication_id}.",
                remedy="Report this as a bug; were areas changed after the publication?",
            )


def _is_added_up(evidence: Evidence, column: ColumnPlan) -> bool:
    if column.kind == "total":
        is_growth = evidence.row.get("measure") == "growth_printed"
        return column.how["total"] == "printed" or (
            column.how["total"] == "computed" and not is_growth
        )
    return column.kind in _ADDED_UP


def derivation(evidence: Evidence) -> str:
    """Return how the figure is made, with its figures, and of which publication it is."""
    source = f"publication {evidence.publication_id}, build {evidence.build_id}"
    return f"{_made(evidence, evidence.column)} ({source})"


def _made(evidence: Evidence, column: ColumnPlan) -> str:
    kind, name = column.kind, column.name
    value = evidence.row[name]
    if kind == "rate" and len(column.leads) == 2:
        return _rate(evidence, column)
    if kind in ("difference", "judgement"):
        parts = column.how.get("difference_of") or column.how["judgement_of"]
        figures = [f"{part} {_shown(evidence, part)}" for part in parts]
        how = " - ".join(figures) if kind == "difference" else " against ".join(figures)
        sides = "; ".join(
            f"{part}: {_made(evidence, evidence.plan.columns[part])}" for part in parts
        )
        return f"{how} = {value or 'blank'}; {sides}"
    if kind == "calendar":
        return f"month {evidence.month.number} of 12, told by the calendar: no cell"
    if kind == "returns":
        return _returns(evidence, column)
    if kind == "unit":
        return f"the unit that sent the return: {_counted(len(evidence.returns), 'return')}"
    return _cells(evidence, column)


def _rate(evidence: Evidence, column: ColumnPlan) -> str:
    (upper, _), (lower, _) = column.leads
    value = evidence.row[column.name]
    times = " x 100" if column.unit == "per cent" else ""
    formula = f"{_shown(evidence, upper)} / {_shown(evidence, lower)}{times}"
    result = f"= {value}" if value is not None else "is not told: a side is missing, 0 or too small"
    sides = "; ".join(
        f"{role}: {_made(evidence, evidence.plan.columns[part])}" for part, role in column.leads
    )
    return f"{formula} {result}; {sides}"


def _returns(evidence: Evidence, column: ColumnPlan) -> str:
    counted = _COUNTED[str(column.how["returns"])]
    found = sum(
        (r.amount for r in evidence.returns if r.part == column.name and r.amount), Decimal(0)
    )
    text = f"{evidence.row[column.name] or 0} {counted}: no cell, but the ledger's returns below"
    if found != Decimal(evidence.row[column.name] or 0):
        text += (
            f"; by the ledger of today they would be {found}: assignments or excuses were"
            " recorded after this build"
        )
    return text


def _cells(evidence: Evidence, column: ColumnPlan) -> str:
    cells = evidence.cells_of(column.name)
    filled = [cell for cell in cells if cell.value is not None]
    is_told = evidence.row[column.name] is not None
    if not filled:
        empty = "no such row: 0" if column.kind in ("side", "count") else "no cell: understood"
        return empty if is_told else "no cell was filled: blank, not 0"
    returns = _counted(len({cell.submission_id for cell in filled}), "return")
    number = f"{_counted(len(filled), 'cell')} of {returns}"
    if not is_told:
        return f"{number} that do not agree, or whose other side is missing: blank"
    if column.kind in ("attribute", "same"):
        return f"told by {number}"
    if column.kind == "total":
        return _side_of_total(evidence, column, number)
    if column.kind == "count":
        told = f"{evidence.row[column.name]} projects told by {number}"
        return f"{told} (a line counts as many as it holds)"
    return f"sum of {number}{_of_which(evidence, column)}"


def _side_of_total(evidence: Evidence, column: ColumnPlan, number: str) -> str:
    if column.how["total"] != "computed":
        return "the cell as printed"
    if evidence.row.get("measure") != "growth_printed":
        return f"sum of {number}"
    upper, lower = (
        next(
            c.value for c in evidence.cells_of("computed") if (c.column == "last_year_y") == is_base
        )
        for is_base in (False, True)
    )
    return f"({upper} - {lower}) / {lower} x 100, two cells of the same row"


def _of_which(evidence: Evidence, column: ColumnPlan) -> str:
    text = ""
    if column.how.get("both") == "unit":
        text += " whose units filed both sides"
    if column.how.get("times"):
        text += f", each times {column.how['times']} / 100"
    if column.kind == "last_year":
        text += (
            f" of {evidence.month.shift(-12)}, as build {evidence.last_year_build_id} froze them"
        )
    return text


def _shown(evidence: Evidence, name: str) -> str:
    return evidence.row[name] or "blank"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
