"""Random draws that depend on the seed and the names of what is drawn, and on nothing else.

Every township, project and line of money has a stream of its own, so that leaving one out
changes none of the others.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from warehouse.month import Month

FEN = 100
"""Money is counted in fen (cents of a yuan) while it is drawn, so that sums are exact."""


def stream(seed: int, *names: object) -> Random:
    """Return the stream of these names: the same on every machine for the same seed."""
    return Random("/".join(str(part) for part in (seed, *names)))  # noqa: S311 (no secret)


def lognormal_yuan(
    chance: Random, median_yuan: float, sigma: float, low: float, high: float, step: int = 100
) -> int:
    """Return fen of a lognormal amount between `low` and `high` yuan, in steps of whole yuan."""
    yuan = min(max(chance.lognormvariate(0, sigma) * median_yuan, low), high)
    return max(step, round(yuan / step) * step) * FEN


def part_of(total: int, share: float, step: int = 100) -> int:
    """Return about this share of an amount in fen, in steps of whole yuan."""
    return min(total, round(total * share / (step * FEN)) * step * FEN)


def split(total: int, weights: Sequence[float], step: int = FEN) -> list[int]:
    """Return `total` split by weights, in multiples of `step`; the last share takes the rest."""
    whole = sum(weights)
    shares = [int(total * weight / whole) // step * step for weight in weights]
    largest = max(range(len(shares)), key=lambda place: weights[place])
    shares[largest] += total - sum(shares)
    return shares


def lumpy_weights(
    chance: Random, count: int, sigma: float, first_at_least: float = 0.0
) -> list[float]:
    """Return lognormal weights: a few large batches, many small ones.

    The first is at least this part of all the others together.
    """
    weights = [chance.lognormvariate(0, sigma) for _ in range(count)]
    weights[0] = max(weights[0], first_at_least * sum(weights[1:]))
    return weights


def day_in(chance: Random, index: int, first: int = 1, last: int = 28) -> date:
    """Return a day of a month (given by its index) between two days of the month."""
    month = month_at(index)
    end = calendar.monthrange(month.year, month.number)[1]
    return date(month.year, month.number, min(chance.randint(first, last), end))


def index_of(month: Month) -> int:
    """Return the months since year 0: the arithmetic of the simulation."""
    return month.year * 12 + month.number - 1


def month_at(index: int) -> Month:
    """Return the month of an index."""
    return Month(index // 12, index % 12 + 1)


def index_of_day(day: date) -> int:
    """Return the month index of a day."""
    return day.year * 12 + day.month - 1


def january(year: int) -> int:
    """Return the index of January of a year."""
    return year * 12


def december_of(index: int) -> int:
    """Return the index of December of the year of a month."""
    return index // 12 * 12 + 11


def later(day: date, days: int) -> date:
    """Return the day this many days later."""
    return day + timedelta(days=days)
