"""Money that is not issued by project: yearly lines of a programme with monthly batches."""

from __future__ import annotations

from random import Random

from examples.simulator.chance import (
    FEN,
    day_in,
    january,
    lognormal_yuan,
    lumpy_weights,
    part_of,
    split,
)
from examples.simulator.money import (
    DAY_RATE_FEN,
    LABOUR,
    Batch,
    Claim,
    Line,
    steady_outflow,
)
from examples.simulator.tables import Unit

_MARCH, _SEPTEMBER, _DECEMBER = 2, 8, 11
_FIRST_PART = 0.4  # so that enough has come in by the time of year (G9)
TOWNSHIP_LINES = (
    ("12", "12"), ("12", "42"), ("16", "41"), ("16", "44"), ("04", "14"), ("05", "12"),
    ("15", "21"), ("15", "51"), ("15", "52"), ("04", "51"), ("04", "52"), ("092", "11"),
    ("13", "12"), ("02", "21"), ("11", "11"), ("04", "13"), ("12", "43"), ("99", "15"),
)  # fmt: skip
OFFICE_LINES = (
    ("091", "11"), ("091", "14"), ("092", "12"), ("16", "44"), ("16", "42"), ("99", "14"),
    ("05", "12"), ("12", "11"), ("14", "13"), ("13", "31"),
)  # fmt: skip


def programme_lines(chance: Random, unit: Unit, year: int, wanted: int) -> list[Line]:
    """Return the yearly lines of a unit: programmes and sources drawn, then their flows."""
    choices = OFFICE_LINES if unit.level == "county" else TOWNSHIP_LINES
    chosen = sorted(chance.sample(choices, min(wanted, len(choices))))
    return [
        _line(chance, unit, year, number, programme, source)
        for number, (programme, source) in enumerate(chosen, start=1)
    ]


def _line(chance: Random, unit: Unit, year: int, number: int, programme: str, source: str) -> Line:
    median = 250_000 if unit.level == "county" else 80_000
    total = lognormal_yuan(chance, median, 1.0, 8_000, 4_000_000)
    if source == LABOUR:
        total = total // DAY_RATE_FEN * DAY_RATE_FEN
    first = january(year) + chance.choice((_MARCH, _MARCH, _MARCH + 1))
    line = Line(
        doc_no=None,
        source=source,
        programme=programme,
        place_code=unit.area_code,
        fund_year=year,
        first_index=first,
        unit_level=unit.level,
        planned_total=total,
        planned_of_year={year: total},
    )
    if line.group != "self_raised":
        line.doc_no = f"{unit.area_code[:9]}财〔{year}〕{number:02d}号"
    _arrive(chance, line, total)
    if source == LABOUR or line.group == "self_raised":
        _spend_at_once(line)
    else:
        _issue(chance, line)
        _pay(chance, line)
    if line.is_accounted:
        _claim_what_was_paid(chance, line)
    return line


def _arrive(chance: Random, line: Line, total: int) -> None:
    """Let money arrive from the line's first month to December, in lumps, most by September.

    December brings 33-40 % of the year and October and November together 4-8 %, which makes
    December 3-5 times an ordinary month and leaves the fourth quarter below one half (02-5).
    """
    year_start = january(line.fund_year)
    months = list(range(line.first_index, year_start + _DECEMBER + 1))
    weights = lumpy_weights(chance, len(months), 0.9, _FIRST_PART)
    weights = [w if t == line.first_index or chance.random() < 0.93 else 0.0
               for t, w in zip(months, weights, strict=True)]  # fmt: skip
    december, autumn = chance.uniform(0.33, 0.4), chance.uniform(0.04, 0.08)
    early = [t for t in months if t <= year_start + _SEPTEMBER]
    shares: list[float] = []
    for place, t in enumerate(months):
        if t in early:
            whole = sum(weights[: len(early)])
            shares.append(weights[place] / whole * (1 - december - autumn))
        elif t < year_start + _DECEMBER:
            whole = sum(weights[len(early) : -1]) or 1.0
            shares.append(weights[place] / whole * autumn)
        else:
            shares.append(december)
    step = DAY_RATE_FEN if line.source == LABOUR else FEN
    for index, fen in zip(months, split(total, shares, step), strict=True):
        if fen:
            line.in_place[index] += fen


def _spend_at_once(line: Line) -> None:
    """Cash and labour of the villagers are issued, in place and paid in the same month."""
    for index, fen in line.in_place.items():
        line.issued[index] += fen
        line.paid[index] += fen
        if line.source == LABOUR:
            line.days[index] += fen // DAY_RATE_FEN


def _issue(chance: Random, line: Line) -> None:
    """Issue what arrives in the same month or (never in December) the month before."""
    december = january(line.fund_year) + _DECEMBER
    for index, fen in line.in_place.items():
        early = index > line.first_index and index < december and chance.random() < 0.2
        line.issued[index - 1 if early else index] += fen
        if early:
            issued_on = day_in(chance, index - 1, 5, 28)
            line.batches.append(Batch(issued_on, day_in(chance, index, 1, 28)))
        else:
            line.batches.append(Batch(day_in(chance, index, 1, 9), day_in(chance, index, 10, 28)))


def _pay(chance: Random, line: Line) -> None:
    """Pay what is in place, mostly in the month of arrival; a few lines carry a rest over."""
    december = january(line.fund_year) + _DECEMBER
    carries_over = chance.random() < 0.1
    balance = 0
    for index in range(line.first_index, december + 1):
        arrived = line.in_place.get(index, 0)
        in_hand = balance + arrived
        wanted = (
            in_hand if chance.random() < 0.75 else part_of(in_hand, chance.uniform(0.3, 0.8), 1)
        )
        if index == december:
            wanted = part_of(in_hand, 0.8, 1) if carries_over else in_hand
        out = steady_outflow(balance, arrived, wanted)
        balance = in_hand - out
        if out:
            line.paid[index] += out
    if balance:
        line.paid[december + chance.choice((2, 3, 4))] += balance


def _claim_what_was_paid(chance: Random, line: Line) -> None:
    """Settle payments by claims: at once, or a part of what is open month by month."""
    last = max(line.paid)
    still_open = 0
    for index in range(line.first_index, last + 1):
        paid = line.paid.get(index, 0)
        everything = chance.random() < 0.75 or index in (last, january(line.fund_year) + _DECEMBER)
        to_settle = still_open + paid
        wanted = to_settle if everything else part_of(to_settle, chance.uniform(0.3, 0.7), 1)
        settled = steady_outflow(still_open, paid, wanted)
        still_open = to_settle - settled
        if settled:
            line.reimbursed[index] += settled
            line.claims.append(
                Claim(index, day_in(chance, index, 10, 28), settled, settled, settled)
            )
