"""Kinds of level 3 about payments: too early for the works, or before the public notice."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

from examples.simulator.planting import (
    Edit,
    Kind,
    Planting,
    SimpleKind,
    Target,
    find_project,
    finding_at,
    one_edit,
    shuffled,
)
from examples.simulator.tables import SimulatedRow

_FISCAL = ("11", "12", "13", "14", "15")


def payment_kinds() -> list[Kind]:
    """Return the kinds about payments."""
    return [
        SimpleKind("paid-ahead-of-progress", "FP02-06", 3, _paid_ahead),
        SimpleKind("paid-before-notice", "FP02-07", 3, _paid_before_notice),
    ]


def _paid_ahead(target: Target, chance: Random) -> Planting | None:
    """Report so little progress that the money paid is more than 45 points ahead of it."""
    money, before, after = target.at(0, "FP-02"), target.at(-1), target.at(1)
    if target.filed.form_code != "FP-01" or money is None or before is None or after is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        if row["row_kind"] != "1" or row["state"] != "4" or row.get("rework_reason"):
            continue
        planted = _too_little(money, row)
        if planted is None or not _steps_gently(row, planted, (before, after)):
            continue
        lines = _lines_of(money, row["project_code"])
        most = max(lines, key=lambda place: (lines[place]["amount_paid_c"], -place))
        values = (row["progress_pct"], planted)
        found = finding_at(money, (most, "amount_paid_c"), "FP02-06", "warning", values)
        needs = target.needs(0, forms=("FP-02",)) + target.needs(-1, 1)
        return one_edit(target, (index, "progress_pct"), planted, [found], needs)
    return None


def _lines_of(money: Target | None, code: str) -> dict[int, SimulatedRow]:
    rows = money.rows() if money is not None else ()
    return {index: row for index, row in enumerate(rows) if row.get("project_code") == code}


def _too_little(money: Target | None, row: SimulatedRow) -> Decimal | None:
    """Return a progress 47 points behind the share paid, None where nothing much was paid."""
    lines = _lines_of(money, row["project_code"]).values()
    issued = sum(line["amount_issued_c"] for line in lines)
    paid = sum(line["amount_paid_c"] for line in lines)
    planted = Decimal(100 * paid / issued - 47).quantize(Decimal(1)) if issued else Decimal(0)
    return planted if 0 < planted < row["progress_pct"] else None


def _steps_gently(row: SimulatedRow, planted: Decimal, neighbours: Sequence[Target | None]) -> bool:
    """Tell whether the months beside lie within 38 points (FP01-05) and a factor of 4 (G6)."""
    for other in neighbours:
        place = find_project(other, row["project_code"]) if other is not None else None
        if other is None or place is None:
            return False
        beside = other.rows()[place]["progress_pct"]
        if abs(beside - planted) > 38 or (planted >= 20 and beside > 4 * planted):
            return False
    return True


def _paid_before_notice(target: Target, chance: Random) -> Planting | None:
    """Pay a project that is approved and not yet on notice, in every column it shows in.

    The month after knows nothing of the payment: its totals and its balance do not go on.
    """
    projects, after = target.at(0, "FP-01"), target.at(1)
    if target.filed.form_code != "FP-02" or projects is None or after is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        place = find_project(projects, row.get("project_code"))
        next_place = after.find(target.key(row))
        if place is None or next_place is None or row["fund_source"] not in _FISCAL:
            continue
        project = projects.rows()[place]
        if project["state"] != "3" or project.get("notice_to") is not None or row["bridged"]:
            continue
        paid = (row["amount_planned_c"] / 20).quantize(Decimal(1))
        if row["amount_paid_c"] or row["amount_issued_c"] < 3 * paid:
            continue
        changes = _payment(row, paid)
        edits = tuple(Edit(*target.cell(index, name), value) for name, value in changes.items())
        values = (row["amount_paid_c"], paid)
        truths = [finding_at(target, (index, "amount_paid_c"), "FP02-07", "error", values)]
        truths += [
            finding_at(after, (next_place, column), check, "error", values, level=2)
            for check, column in _UNTOLD[target.filed.month.number == 12]
        ]
        needs = target.needs(0, forms=("FP-01",)) + target.needs(-1, 1)
        return Planting(edits, tuple(truths), needs)
    return None


_UNTOLD = {
    False: (("G1", "amount_paid_y"), ("G1", "amount_paid_c"), ("G3", "balance")),
    True: (("G1", "amount_paid_c"), ("G3", "balance")),
}


def _payment(row: SimulatedRow, paid: Decimal) -> dict[str, Any]:
    """Return the columns of a row after a payment, out of the balance or bridged."""
    in_hand = row["balance"] >= paid
    changes = {f"amount_paid_{basis}": row[f"amount_paid_{basis}"] + paid for basis in "myc"}
    changes["advance_open"] = row["advance_open"] + paid
    if in_hand:
        return changes | {"balance": row["balance"] - paid}
    return changes | {"bridged": paid - row["balance"], "balance": Decimal(0)}
