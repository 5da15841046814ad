"""Kinds of level 3: returns of one unit against each other, or against dated reference rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

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

_BEFORE_START = ("1", "2", "3")
_CLOSED = ("8", "9")
_FISCAL = ("11", "12", "13", "14", "15")
_UNIT_COST_YEAR = 2009  # the one year with dated unit costs
_MOST_BENEFIT = Decimal("1.5")


def form_kinds() -> list[Kind]:
    """Return the kinds over several forms of a unit."""
    return [
        SimpleKind("plan-differs-from-money", "X1", 3, _plan_differs),
        SimpleKind("money-differs-from-plan", "X1", 3, _planned_money_differs),
        SimpleKind("plan-per-village-too-high", "FP01-06", 3, _too_much_for_a_village),
        SimpleKind("project-not-listed", "X3", 3, _project_not_listed),
        SimpleKind("claim-of-no-project", "X3", 3, _claim_of_no_project),
        SimpleKind("village-not-listed", "X3", 3, _village_not_listed),
        SimpleKind("village-left-not-listed", "X3", 3, _village_left_not_listed),
        SimpleKind("units-against-unit-cost", "X7", 3, _units_differ),
        SimpleKind("more-benefit-than-people", "X9", 3, _too_many_benefit),
        SimpleKind("paid-ahead-of-progress", "FP02-06", 3, _paid_ahead),
        SimpleKind("paid-before-notice", "FP02-07", 3, _paid_before_notice),
    ]


def _truth(
    target: Target,
    place: tuple[int, str],
    check_id: str,
    severity: Severity,
    values: tuple[Any, Any],
    *,
    row: SimulatedRow | None = None,
    level: int = 3,
    table: str | None = None,
) -> Truth:
    """Return the finding at a row and column; `row` where planting changes its key."""
    index, column = place
    sheet, cell = target.cell(index, column, table)
    key = target.key(row or target.rows(table)[index], table)
    return Truth(
        target.file, sheet, cell, check_id, severity, level, key, text(values[0]), text(values[1])
    )


def _one(
    target: Target,
    place: tuple[int, str],
    planted: Any,
    truths: Sequence[Truth],
    needs: tuple[tuple[str, str, int], ...],
    table: str | None = None,
) -> Planting:
    return Planting((Edit(*target.cell(*place, table), planted),), tuple(truths), needs)


def _find_project(target: Target, code: str | None) -> int | None:
    """Return the position of a project's detail row in FP-01."""
    return next(
        (
            index
            for index, row in enumerate(target.rows("fp01"))
            if row.get("project_code") == code and row["row_kind"] == "1"
        ),
        None,
    )


def _x1(projects: Target, code: str | None, values: tuple[Any, Any]) -> Truth | None:
    """Return the finding X1 makes at the plan of a project: a warning before works start."""
    index = _find_project(projects, code)
    if index is None or projects.rows()[index].get("plan_amount") is None:
        return None
    early = projects.rows()[index]["state"] in _BEFORE_START
    return _truth(projects, (index, "plan_amount"), "X1", "warning" if early else "error", values)


def _plan_differs(target: Target, chance: Random) -> Planting | None:
    """Raise the plan of a project above what its sources add up to."""
    if target.filed.form_code != "FP-01" or target.at(0, "FP-02") is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        if row["row_kind"] != "1" or row.get("plan_amount") is None:
            continue
        planted = row["plan_amount"] + 12_000
        truth = _x1(target, row["project_code"], (row["plan_amount"], planted))
        if truth is not None:
            needs = target.needs(0, forms=("FP-02",))
            return _one(target, (index, "plan_amount"), planted, [truth], needs)
    return None


def _planned_money_differs(target: Target, chance: Random) -> Planting | None:
    """Lower the total plan of one source: the finding stands at the project's plan."""
    projects = target.at(0, "FP-01")
    if target.filed.form_code != "FP-02" or projects is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        planted = row["amount_planned_c"] - 2_000 if row["row_kind"] == "1" else 0
        truth = _x1(projects, row.get("project_code"), (row.get("amount_planned_c"), planted))
        if truth is not None and planted > 0:
            needs = target.needs(0, forms=("FP-01",))
            return _one(target, (index, "amount_planned_c"), planted, [truth], needs)
    return None


def _too_much_for_a_village(target: Target, chance: Random) -> Planting | None:
    """Plan three times the money for a whole-village project: above twice the unit cost."""
    projects = target.at(0, "FP-01")
    if target.filed.form_code != "FP-02" or projects is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        if row["programme"] != "01" or row["fund_source"] not in ("11", "12"):
            continue
        if row["row_kind"] != "1" or row["fund_year"] != _UNIT_COST_YEAR:
            continue
        planted = row["amount_planned_c"] * 4
        values = (row["amount_planned_c"], planted)
        place = _find_project(projects, row.get("project_code"))
        x1 = _x1(projects, row.get("project_code"), values)
        if place is None or x1 is None:
            continue
        found = _truth(projects, (place, "plan_amount"), "FP01-06", "warning", values)
        needs = target.needs(0, forms=("FP-01",))
        return _one(target, (index, "amount_planned_c"), planted, [found, x1], needs)
    return None


def _unlisted(code: str) -> str:
    """Return the code with a sequence number that no project has."""
    return f"{code[:-4]}9{code[-3:]}"


def _project_not_listed(target: Target, chance: Random) -> Planting | None:
    """Write a project code that no FP-01 has; the true project then lacks a source."""
    projects = target.at(0, "FP-01")
    if target.filed.form_code != "FP-02" or projects is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        code = row.get("project_code")
        if row["fund_source"] not in ("51", "52") or code is None:
            continue
        planted = _unlisted(code)
        x1 = _x1(projects, code, (code, planted))
        if x1 is None:
            continue
        changed = {**row, "project_code": planted}
        place = (index, "project_code")
        found = _truth(target, place, "X3", "error", (code, planted), row=changed)
        needs = target.needs(0, forms=("FP-01",)) + target.needs(-1, 1)
        return _one(target, place, planted, [found, x1], needs)
    return None


def _claim_of_no_project(target: Target, chance: Random) -> Planting | None:
    """Write a project code that no FP-01 has into a claim (FP-02b)."""
    if target.filed.form_code != "FP-02" or target.at(0, "FP-01") is None:
        return None
    for index, row in shuffled(chance, target.rows("fp02b")):
        code = row.get("project_code")
        if code is not None:
            place, planted = (index, "project_code"), _unlisted(code)
            found = _truth(target, place, "X3", "error", (code, planted), table="fp02b")
            needs = target.needs(0, forms=("FP-01",))
            return _one(target, place, planted, [found], needs, table="fp02b")
    return None


def _village_not_listed(target: Target, chance: Random) -> Planting | None:
    """Write a local number that the committee has not given."""
    if target.filed.form_code != "FP-01" or target.at(0, "FP-03") is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        village = row.get("village_id")
        if row["row_kind"] != "1" or village is None or row["programme"] == "01":
            continue
        place, planted = (index, "village_id"), f"{village[:12]}977"
        found = _truth(target, place, "X3", "error", (village, planted))
        return _one(target, place, planted, [found], target.needs(0, forms=("FP-03",)))
    return None


def _village_left_not_listed(target: Target, chance: Random) -> Planting | None:
    """Write a village left (FP-08) that its committee does not have."""
    if target.filed.form_code != "FP-08" or target.at(0, "FP-03") is None:
        return None
    for index, row in shuffled(chance, target.rows()):
        village = row.get("from_village")
        if village is None:
            continue
        place, planted = (index, "from_village"), f"{village[:12]}988"
        changed = {**row, "from_village": planted}
        found = _truth(target, place, "X3", "error", (village, planted), row=changed)
        needs = target.needs(0, forms=("FP-03",)) + target.needs(-1, 1)
        return _one(target, place, planted, [found], needs)
    return None


def _units_differ(target: Target, chance: Random) -> Planting | None:
    """File more persons or houses than the money issued pays for at the dated unit cost."""
    if target.filed.form_code != "FP-02":
        return None
    for index, row in shuffled(chance, target.rows()):
        costed = row["programme"] in ("03", "101") and row["fund_year"] == _UNIT_COST_YEAR
        if row["row_kind"] != "2" or not costed:
            continue
        planted = row["units"] * 11 // 10 + 1
        values = (row["units"], planted)
        found = _truth(target, (index, "amount_issued_c"), "X7", "warning", values)
        return _one(target, (index, "units"), planted, [found], ())
    return None


def _too_many_benefit(target: Target, chance: Random) -> Planting | None:
    """Let more persons benefit than 1.5 times those who live in the project's village."""
    villages = target.at(0, "FP-03")
    if target.filed.form_code != "FP-01" or villages is None:
        return None
    persons = {row.get("village_id"): row["persons"] for row in villages.rows()}
    for index, row in shuffled(chance, target.rows()):
        living = persons.get(row.get("village_id"))
        if row["row_kind"] != "1" or living is None or row["state"] in _CLOSED:
            continue
        planted = int(living * _MOST_BENEFIT) + 9
        if planted > 4 * row["benefit_persons"]:
            continue  # such a jump would be found by G6 as well
        values = (row["benefit_persons"], planted)
        found = _truth(target, (index, "benefit_persons"), "X9", "warning", values)
        needs = target.needs(0, forms=("FP-03",)) + target.needs(-1, 1)
        return _one(target, (index, "benefit_persons"), planted, [found], needs)
    return None


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
        found = _truth(money, (most, "amount_paid_c"), "FP02-06", "warning", values)
        needs = target.needs(0, forms=("FP-02",)) + target.needs(-1, 1)
        return _one(target, (index, "progress_pct"), planted, [found], needs)
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
        place = _find_project(other, row["project_code"]) if other is not None else None
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
        place = _find_project(projects, row.get("project_code"))
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
        truths = [_truth(target, (index, "amount_paid_c"), "FP02-07", "error", values)]
        truths += [
            _truth(after, (next_place, column), check, "error", values, level=2)
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
