"""Kinds of level 3: returns of one unit against each other, or against dated reference rows."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from examples.simulator.planting import (
    Kind,
    Planting,
    SimpleKind,
    Target,
    Truth,
    find_project,
    finding_at,
    one_edit,
    shuffled,
)

_BEFORE_START = ("1", "2", "3")
_CLOSED = ("8", "9")
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
    ]


def _x1(projects: Target, code: str | None, values: tuple[Any, Any]) -> Truth | None:
    """Return the finding X1 makes at the plan of a project: a warning before works start."""
    index = find_project(projects, code)
    if index is None or projects.rows()[index].get("plan_amount") is None:
        return None
    early = projects.rows()[index]["state"] in _BEFORE_START
    return finding_at(
        projects, (index, "plan_amount"), "X1", "warning" if early else "error", values
    )


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
            return one_edit(target, (index, "plan_amount"), planted, [truth], needs)
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
            return one_edit(target, (index, "amount_planned_c"), planted, [truth], needs)
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
        place = find_project(projects, row.get("project_code"))
        x1 = _x1(projects, row.get("project_code"), values)
        if place is None or x1 is None:
            continue
        found = finding_at(projects, (place, "plan_amount"), "FP01-06", "warning", values)
        needs = target.needs(0, forms=("FP-01",))
        return one_edit(target, (index, "amount_planned_c"), planted, [found, x1], needs)
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
        found = finding_at(target, place, "X3", "error", (code, planted), row=changed)
        needs = target.needs(0, forms=("FP-01",)) + target.needs(-1, 1)
        return one_edit(target, place, planted, [found, x1], needs)
    return None


def _claim_of_no_project(target: Target, chance: Random) -> Planting | None:
    """Write a project code that no FP-01 has into a claim (FP-02b)."""
    if target.filed.form_code != "FP-02" or target.at(0, "FP-01") is None:
        return None
    for index, row in shuffled(chance, target.rows("fp02b")):
        code = row.get("project_code")
        if code is not None:
            place, planted = (index, "project_code"), _unlisted(code)
            found = finding_at(target, place, "X3", "error", (code, planted), table="fp02b")
            needs = target.needs(0, forms=("FP-01",))
            return one_edit(target, place, planted, [found], needs, table="fp02b")
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
        found = finding_at(target, place, "X3", "error", (village, planted))
        return one_edit(target, place, planted, [found], target.needs(0, forms=("FP-03",)))
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
        found = finding_at(target, place, "X3", "error", (village, planted), row=changed)
        needs = target.needs(0, forms=("FP-03",)) + target.needs(-1, 1)
        return one_edit(target, place, planted, [found], needs)
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
        found = finding_at(target, (index, "amount_issued_c"), "X7", "warning", values)
        return one_edit(target, (index, "units"), planted, [found], ())
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
        found = finding_at(target, (index, "benefit_persons"), "X9", "warning", values)
        needs = target.needs(0, forms=("FP-03",)) + target.needs(-1, 1)
        return one_edit(target, (index, "benefit_persons"), planted, [found], needs)
    return None
