"""The money of projects: batches issued, arrivals, stage payments 40/50/10, claims, retention."""

from __future__ import annotations

from datetime import date
from random import Random

from examples.simulator.chance import (
    FEN,
    day_in,
    index_of_day,
    january,
    later,
    lognormal_yuan,
    lumpy_weights,
    part_of,
    split,
)
from examples.simulator.money import DAY_RATE_FEN, LABOUR, Batch, Claim, Line
from examples.simulator.projects import Plan, Project

_STARTED_ENOUGH = 36  # per cent of progress at which the first stage is paid (02-6)
_TAKEN_BACK = "4"
_DECEMBER, _SEPTEMBER, _MARCH = 11, 8, 2
_VILLAGE_YUAN = 150_000
_FIRST_PART = 0.4  # so that enough has come in by the time of year (G9)
WHOLE_VILLAGE = "01"


def draw_amounts(chance: Random, plan: Plan) -> dict[str, int]:
    """Return the planned money of a project in fen by source; the first is the main one."""
    if plan.programme == WHOLE_VILLAGE:
        villages = max(1, len(plan.villages))
        main = round(_VILLAGE_YUAN * villages * chance.uniform(0.7, 1.3) / 1000) * 1000 * FEN
        sources = {chance.choice(("11", "12")): main}
        if chance.random() < 0.3:
            sources["14"] = part_of(main, chance.uniform(0.05, 0.2))
    else:
        main = lognormal_yuan(chance, 110_000 * (plan.units or 1), 1.0, 15_000, 3_000_000, 1000)
        sources = {chance.choice(("11", "12", "12", "14")): main}
    if chance.random() < 0.3:
        sources["21"] = part_of(main, chance.uniform(0.1, 0.5))
    if chance.random() < 0.5:
        sources["51"] = part_of(main, chance.uniform(0.05, 0.2))
    if chance.random() < 0.5:
        days = round(main * chance.uniform(0.05, 0.2) / DAY_RATE_FEN)
        sources[LABOUR] = max(10, days) * DAY_RATE_FEN
    return {source: fen for source, fen in sources.items() if fen}


def project_lines(
    chance: Random, project: Project, amounts: dict[str, int], unit_level: str
) -> list[Line]:
    """Return the project's lines of money and note when the project is closed."""
    lines = [_line(chance, project, source, total, unit_level) for source, total in amounts.items()]
    ends = [index_of_day(project.life.terminated or project.life.handover)]
    if project.plan.programme == WHOLE_VILLAGE:
        # Audited together in the year after: a batch leaves the list as a whole (X6).
        ends.append(january(project.plan.plan_year + 1))
    project.closes = max(ends + [line.last_index - 11 for line in lines])
    for line in lines:
        line.closes = project.closes
    return lines


def _line(chance: Random, project: Project, source: str, total: int, unit_level: str) -> Line:
    plan = project.plan
    number = plan.code[-7:]
    line = Line(
        doc_no=f"{plan.place_code[:6]}财扶〔{plan.plan_year}〕{number}-{source}号",
        source=source,
        programme=plan.programme,
        place_code=plan.place_code,
        fund_year=plan.plan_year,
        first_index=project.approve_index,
        project_code=plan.code,
        unit_level=unit_level,
        planned_total=total,
        planned_of_year={plan.plan_year: total},
    )
    if not line.is_accounted:
        line.doc_no = None
        _raise_locally(chance, project, line)
    elif project.is_terminated:
        _issue_and_take_back(chance, project, line)
    else:
        late = chance.random() < 0.15  # late money is bridged where works are ahead of it
        arrivals = _issue(chance, project, line, (70, 88) if late else (6, 50))
        _pay_in_stages(chance, project, line, arrivals, bridged=late and chance.random() < 0.7)
    return line


def _issue(chance: Random, project: Project, line: Line, lag: tuple[int, int]) -> list[int]:
    """Issue the money in one or two batches, the first arriving after a lag (least and most days).

    Returns the months of arrival.
    """
    total, year = line.planned_total, line.fund_year
    first = total
    if chance.random() < 0.88:
        first = part_of(total, chance.uniform(0.55, 0.62))
    issued_on = later(project.life.approve, chance.randint(0, 8))
    last_arrival = date(year, 9, 30)
    arrived_on = min(later(issued_on, chance.randint(*lag)), last_arrival)
    _book(line, Batch(issued_on, arrived_on), first)
    if first == total:
        return [index_of_day(arrived_on)]
    issued_on = date(year, 12, chance.randint(1, 10))
    _book(line, Batch(issued_on, later(issued_on, chance.randint(2, 18))), total - first)
    return [index_of_day(arrived_on), january(year) + _DECEMBER]


def _book(line: Line, batch: Batch, amount: int) -> None:
    line.batches.append(batch)
    line.issued[index_of_day(batch.issued_on)] += amount
    line.in_place[index_of_day(batch.arrived_on)] += amount


def _pay_in_stages(
    chance: Random, project: Project, line: Line, arrivals: list[int], *, bridged: bool
) -> None:
    """Pay 40 % at the start of works, 50 % at completion, the retained 10 % after acceptance."""
    total = line.planned_total
    start = _first_stage_index(project, 0 if bridged else arrivals[0])
    advance = part_of(total, 0.4, 1)
    line.paid[start] += advance
    waits = 1 if chance.random() < 0.15 else 0
    completion = max(project.complete_index, arrivals[-1], start + 1) + waits
    half = part_of(total, 0.5, 1)
    # A balance never falls to a tenth in one month: without a second batch the half is paid in two.
    parts = [half] if len(arrivals) > 1 and completion == arrivals[-1] else [half // 2] * 2
    parts[-1] = half - sum(parts[:-1])
    for months, part in enumerate(parts):
        line.paid[completion + months] += part
    last = completion + len(parts) - 1
    release = max(_release_index(chance, project), last + 1)
    line.paid[release] += total - advance - half
    line.retention |= {last: total - advance - half, release: 0}
    _claim_advance(chance, line, (start, completion - waits), advance)
    for months, part in enumerate(parts):
        _claim(chance, line, completion + months - waits, part, paid=0 if waits else part)
    _claim(chance, line, release, total - advance - half)


def _first_stage_index(project: Project, arrival: int) -> int:
    index = max(project.start_index, arrival)
    while project.progress_at(index) < _STARTED_ENOUGH:
        index += 1
    return index


def _release_index(chance: Random, project: Project) -> int:
    """Return when the retention is released: after acceptance, or a year after completion."""
    accepted = index_of_day(project.life.county) + chance.choice((0, 1))
    a_year_later = project.complete_index + 12
    completed_in_plan_year = project.complete_index < january(project.plan.plan_year + 1)
    return a_year_later if completed_in_plan_year and chance.random() < 0.3 else accepted


def _claim_advance(chance: Random, line: Line, months: tuple[int, int], advance: int) -> None:
    """Settle the advance by claims while works go on, the rest at completion."""
    first, last = months
    left = advance
    for index in range(first + 1, last):
        if chance.random() < 0.75:
            part = part_of(left, chance.uniform(0.25, 0.6), 1)
            _claim(chance, line, index, part)
            left -= part
    _claim(chance, line, last, left)


def _claim(
    chance: Random, line: Line, index: int, approved: int, *, paid: int | None = None
) -> None:
    if approved <= 0:
        return
    refused = part_of(approved, chance.uniform(0.01, 0.08), 1) if chance.random() < 0.2 else 0
    line.reimbursed[index] += approved
    line.claims.append(
        Claim(
            index=index,
            day=day_in(chance, index),
            claimed=approved + refused,
            approved=approved,
            paid=approved if paid is None else paid,
        )
    )


def _raise_locally(chance: Random, project: Project, line: Line) -> None:
    """Villagers give cash (51) or labour (52) until completion or December, most by September."""
    year_start = january(project.plan.plan_year)
    if project.is_terminated:
        line.planned_of_year = {}
        return
    first = max(project.approve_index, year_start + _MARCH)
    last = max(first, min(project.complete_index, year_start + _DECEMBER))
    months = range(first, last + 1)
    weights = lumpy_weights(chance, len(months), 0.9, _FIRST_PART)
    late = sum(w for t, w in zip(months, weights, strict=True) if t > year_start + _SEPTEMBER)
    limit = 0.45 * (sum(weights) - late) / 0.55 / late if late else 1.0
    weights = [
        weight * min(1.0, limit) if t > year_start + _SEPTEMBER else weight
        for t, weight in zip(months, weights, strict=True)
    ]
    step = DAY_RATE_FEN if line.source == LABOUR else FEN
    for index, fen in zip(months, split(line.planned_total, weights, step), strict=True):
        for flow in (line.issued, line.in_place, line.paid):
            flow[index] += fen
        if line.source == LABOUR:
            line.days[index] += fen // DAY_RATE_FEN


def _issue_and_take_back(chance: Random, project: Project, line: Line) -> None:
    """Issue the money of a project that is then terminated: the budget takes it back."""
    terminated = project.life.terminated
    if terminated is None:
        raise AssertionError("only a terminated project gives its money back")
    issued_on = later(project.life.approve, 5)
    line.batches.append(Batch(issued_on, later(issued_on, 9)))
    line.issued[index_of_day(issued_on)] += line.planned_total
    line.in_place[index_of_day(later(issued_on, 9))] += line.planned_total
    back = index_of_day(terminated)
    line.issued[back] -= line.planned_total
    line.in_place[back] -= line.planned_total
    line.planned_of_year = {}
    line.reversals[back] = (_TAKEN_BACK, f"{line.doc_no}-收回")
