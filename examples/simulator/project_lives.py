"""Draws the lives of projects: their dates, then the works and what they cost month by month."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from examples.simulator.chance import day_in, january, later, lumpy_weights, split
from examples.simulator.projects import Life, Project
from examples.simulator.villages import VillageLife

_LARGEST_STEP = 38.0  # points of progress in a month; rule 01-5 asks above 40


def draw_life(chance: Random, plan_year: int, *, may_end: bool) -> Life:
    """Return the dates of a project approved between March and August of its plan year."""
    approve_index = january(plan_year) + chance.choice((2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7))
    # Late in the month, the notice ends in the next one: approved and not yet on notice.
    approve = day_in(chance, approve_index, *((17, 23) if chance.random() < 0.25 else (2, 12)))
    notice_from = later(approve, chance.randint(1, 3))
    start_index = approve_index + chance.choice((1, 1, 1, 2))
    rework = chance.random() < 0.04
    complete_index = start_index + chance.choice((3, 3, 4, 4, 5, 6)) + (2 if rework else 0)
    township_index = complete_index + 1 + (chance.random() < 0.3)
    county_index = township_index + 1 + (chance.random() < 0.3)
    handover_index = county_index + 1 + (chance.random() < 0.2)
    complete = day_in(chance, complete_index, 10, 26)
    terminated = None
    if may_end and chance.random() < 0.1:
        terminated = day_in(chance, approve_index + chance.choice((2, 3)))
    notice_to = later(notice_from, chance.randint(10, 14))
    return Life(
        apply=day_in(chance, approve_index - chance.choice((1, 2))),
        approve=approve,
        notice_from=notice_from,
        notice_to=notice_to,
        start=max(day_in(chance, start_index, 1, 20), later(notice_to, 1)),
        complete=complete,
        township=day_in(chance, township_index),
        county=day_in(chance, county_index),
        board=later(complete, chance.randint(1, 9)),
        handover=day_in(chance, handover_index),
        audit=day_in(chance, complete_index + chance.choice((5, 6, 7, 8, 9))),
        rework=rework,
        terminated=terminated,
        applies_visibly=chance.random() < 0.35,
    )


def build(chance: Random, project: Project) -> None:
    """Draw physical progress and investment, once the amounts of the project are known."""
    if project.is_terminated:
        return
    start, complete = project.start_index, project.complete_index
    works_end = complete - 2 if project.life.rework else complete
    months = list(range(start, works_end + 1))
    step = 100 / len(months)
    for number, index in enumerate(months[:-1], start=1):
        value = step * number + chance.uniform(-3, 3)
        project.progress[index] = Decimal(f"{value:.1f}")
    if project.life.rework:
        project.progress[works_end + 1] = Decimal("95.0")
    weights = lumpy_weights(chance, len(months), 0.6)
    shares = split(project.plan_amount, weights)
    project.investment = {index: fen for index, fen in zip(months, shares, strict=True) if fen}
    steps = [project.progress_at(index) - project.progress_at(index - 1) for index in months]
    if max(steps) > _LARGEST_STEP:
        raise AssertionError(f"{project.plan.code}: progress jumps by {max(steps)} points")


def equal_shares(count: int) -> tuple[Decimal, ...]:
    """Return shares in per cent, two decimals, that add up to 100."""
    share = (Decimal(100) / count).quantize(Decimal("0.01"))
    return (*([share] * (count - 1)), 100 - share * (count - 1))


def benefits(villages: Sequence[VillageLife], part: float) -> tuple[int, int]:
    """Return households and persons that benefit: within what any one of the villages has.

    Kept below 1.3 times the persons of the smallest village, since X9 looks village by village.
    """
    persons = round(sum(life.fewest_persons for life in villages) * part)
    persons = min(persons, int(1.3 * min(life.fewest_persons for life in villages)))
    households = round(sum(life.fewest_households for life in villages) * part)
    return max(1, min(households, persons // 3)), max(3, persons)
