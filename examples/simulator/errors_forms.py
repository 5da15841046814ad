"""Kinds of level 3: returns of one unit against each other, or against dated reference rows."""

from __future__ import annotations

from random import Random

from examples.simulator.planting import (
    Edit,
    Kind,
    Planting,
    Severity,
    SimpleKind,
    Target,
    Truth,
    shuffled,
    text,
)
from examples.simulator.tables import SimulatedRow

_APPROVED = ("3", "4", "5", "6", "7", "8")


def form_kinds() -> list[Kind]:
    """Return the kinds over several forms of a unit."""
    return [
        SimpleKind("plan-differs-from-money", "X1", 3, _plan_differs),
        SimpleKind("money-differs-from-plan", "X1", 3, _planned_money_differs),
        SimpleKind("project-not-listed", "X3", 3, _project_not_listed),
        SimpleKind("village-not-listed", "X3", 3, _village_not_listed),
    ]


def _project_row(target: Target, code: str) -> tuple[int, SimulatedRow] | None:
    for index, row in enumerate(target.rows("fp01")):
        if row.get("project_code") == code and row["row_kind"] == "1":
            return index, row
    return None


def _x1(target: Target, code: str, values: tuple[object, object]) -> Truth | None:
    """Return the finding X1 makes at the plan of a project of FP-01."""
    found = _project_row(target, code)
    if found is None or found[1].get("plan_amount") is None:
        return None
    index, row = found
    severity: Severity = "error" if row["state"] in _APPROVED else "warning"
    sheet, cell = target.cell(index, "plan_amount")
    return Truth(
        target.file, sheet, cell, "X1", severity, 3, target.key(row), text(values[0]),
        text(values[1]),
    )  # fmt: skip


def _plan_differs(target: Target, chance: Random) -> Planting | None:
    """Raise the plan of a project above what its sources add up to."""
    if target.filed.form_code != "FP-01" or target.at(0, "FP-02") is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        if (
            row["row_kind"] != "1"
            or row.get("plan_amount") is None
            or row["state"] not in _APPROVED
        ):
            continue
        planted = row["plan_amount"] + 12_000
        truth = _x1(target, row["project_code"], (row["plan_amount"], planted))
        if truth is not None:
            edit = Edit(*target.cell(index, "plan_amount"), planted)
            return Planting((edit,), (truth,), target.needs(0, forms=("FP-02",)))
    return None


def _planned_money_differs(target: Target, chance: Random) -> Planting | None:
    """Lower the total plan of one source: the finding stands at the project's plan."""
    projects = target.at(0, "FP-01")
    if target.filed.form_code != "FP-02" or projects is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        if row["row_kind"] != "1" or row.get("project_code") is None:
            continue
        planted = row["amount_planned_c"] - 2_000
        truth = _x1(projects, row["project_code"], (row["amount_planned_c"], planted))
        if truth is not None and planted > 0:
            edit = Edit(*target.cell(index, "amount_planned_c"), planted)
            return Planting((edit,), (truth,), target.needs(0, forms=("FP-01",)))
    return None


def _project_not_listed(target: Target, chance: Random) -> Planting | None:
    """Write a project code that no FP-01 has; the true project then lacks a source."""
    projects = target.at(0, "FP-01")
    if target.filed.form_code != "FP-02" or projects is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        if row["row_kind"] != "1" or row["fund_source"] not in ("51", "52"):
            continue
        code = row.get("project_code")
        if code is None:
            continue
        planted = f"{code[:-4]}9{code[-3:]}"
        x1 = _x1(projects, code, (code, planted))
        if x1 is None:
            continue
        sheet, cell = target.cell(index, "project_code")
        key = target.key({**row, "project_code": planted})
        truth = Truth(target.file, sheet, cell, "X3", "error", 3, key, code, planted)
        needs = target.needs(0, forms=("FP-01",)) + target.needs(-1, 1)
        return Planting((Edit(sheet, cell, planted),), (truth, x1), needs)
    return None


def _village_not_listed(target: Target, chance: Random) -> Planting | None:
    """Write a local number that the committee has not given."""
    if target.filed.form_code != "FP-01" or target.at(0, "FP-03") is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        village = row.get("village_id")
        if row["row_kind"] != "1" or village is None or row["programme"] == "01":
            continue
        planted = f"{village[:12]}977"
        sheet, cell = target.cell(index, "village_id")
        truth = Truth(target.file, sheet, cell, "X3", "error", 3, target.key(row), village, planted)
        return Planting((Edit(sheet, cell, planted),), (truth,), target.needs(0, forms=("FP-03",)))
    return None
