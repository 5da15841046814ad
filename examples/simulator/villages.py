"""FP-03: the natural villages of a county from month to month.

Base attributes stay; persons move by births and deaths, poor households by one or two at a
time, and the count of persons stays in its population band (the band is part of the row key).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from examples.simulator.chance import stream
from examples.simulator.geography import Committee, NaturalVillage
from examples.simulator.tables import SimulatedRow
from ingest.forms.catalogue import reference_rows

_NATURAL = "2"
_ALL_POOR, _COVERED = "1", "2"
_LEAST_PER_HOUSEHOLD, _MOST_PER_HOUSEHOLD = 2.7, 5.7  # inside the range of rule G7
_BAND_MARGIN = 6  # persons a village may gain or lose before its band would change
_INCOME = {2008: 1850, 2009: 2050, 2010: 2380, 2011: 2900, 2012: 3380, 2013: 3900}
_FIRST_EXIT_YEAR = 2014


@dataclass
class VillageLife:
    """A village's counts in each month of the simulation, and what does not change."""

    village: NaturalVillage
    place: tuple[Decimal, Decimal]
    is_key: bool
    rank: int
    facilities: dict[str, int | None]
    arable: Decimal
    irrigated: Decimal
    income_factor: float
    band: str
    counts: dict[int, tuple[int, int, int, int]]
    batches: dict[int, str]

    def persons(self, index: int) -> int:
        """Return the persons at the end of a month."""
        return self.counts[index][1]

    @property
    def fewest_persons(self) -> int:
        """Return the smallest number of persons of any month."""
        return min(counts[1] for counts in self.counts.values())

    @property
    def fewest_households(self) -> int:
        """Return the smallest number of households of any month."""
        return min(counts[0] for counts in self.counts.values())

    def enter_batch(self, index: int, batch_no: str) -> None:
        """Note that a whole-village project began here; the latest batch counts."""
        self.batches[index] = batch_no

    def row(self, index: int) -> SimulatedRow:
        """Return the village's row of a month."""
        households, persons, poor_households, poor_persons = self.counts[index]
        year = index // 12
        entered = [start for start in self.batches if start <= index]
        row: SimulatedRow = {
            "place_code": self.village.committee_code,
            "row_kind": "1",
            "village_id": self.village.village_id,
            "village_kind": _NATURAL,
            "lon": self.place[0],
            "lat": self.place[1],
            "coverage": _ALL_POOR,
            "key_village_flag": self.is_key,
            "priority_rank": self.rank,
            "households": households,
            "persons": persons,
            "pop_band": self.band,
            "poor_households": poor_households,
            "poor_persons": poor_persons,
            "farm_income_pc": Decimal(round(_income(year) * self.income_factor)),
            "arable_mu": self.arable,
            "irrigated_mu": self.irrigated,
            "programme_batch": self.batches[max(entered)] if entered else None,
        }
        for item, built in self.facilities.items():
            row[item] = built is not None and built <= index
        if year >= _FIRST_EXIT_YEAR:
            row["exit_year_planned"] = year + 1 + self.rank % 4
        return row


def live(seed: int, village: NaturalVillage, rank: int, indexes: range) -> VillageLife:
    """Draw a village and its counts for every month of the simulation."""
    chance = stream(seed, "village", village.village_id)
    households = max(14, min(130, round(chance.lognormvariate(3.65, 0.5))))
    persons = round(households * chance.uniform(3.3, 4.6))
    band, persons = _banded(persons)
    poor = max(2, round(households * chance.uniform(0.12, 0.45)))
    arable = Decimal(round(persons * chance.uniform(0.7, 1.9), 1)).quantize(Decimal("0.1"))
    irrigated = (arable * Decimal(round(chance.uniform(0.1, 0.6), 2))).quantize(Decimal("0.1"))
    committee = stream(seed, "place", village.committee_code)
    lon = committee.uniform(98.5, 104.5) + chance.uniform(-0.03, 0.03)
    lat = committee.uniform(22.5, 27.5) + chance.uniform(-0.03, 0.03)
    return VillageLife(
        village=village,
        place=(Decimal(f"{lon:.6f}"), Decimal(f"{lat:.6f}")),
        is_key=chance.random() < 0.3,
        rank=rank,
        facilities=_facilities(chance, indexes),
        arable=arable,
        irrigated=irrigated,
        income_factor=chance.uniform(0.6, 0.95),
        band=band,
        counts=_counts(chance, (households, persons, poor), band, indexes),
        batches={},
    )


def covered_lump(committee: Committee, lives: list[VillageLife], index: int) -> SimulatedRow:
    """Return the lump row of a committee's villages covered by projects (coverage 2)."""
    sums = [sum(life.counts[index][place] for life in lives) for place in range(4)]
    return {
        "place_code": committee.area_code,
        "row_kind": "2",
        "units": len(lives),
        "coverage": _COVERED,
        "households": sums[0],
        "persons": sums[1],
        "poor_households": sums[2],
        "poor_persons": sums[3],
    }


def _facilities(chance: Random, indexes: range) -> dict[str, int | None]:
    """Return since when (month index) each facility exists; None: not in this simulation."""
    shares = {"road": 0.7, "power": 0.93, "water": 0.65, "school": 0.35, "clinic": 0.4}
    return {
        item: 0 if chance.random() < share
        else (chance.choice(indexes) if chance.random() < 0.2 else None)
        for item, share in shares.items()
    }  # fmt: skip


def _counts(
    chance: Random, start: tuple[int, int, int], band: str, indexes: range
) -> dict[int, tuple[int, int, int, int]]:
    households, persons, poor_households = start
    low, high = _band_range(band)
    per_poor = chance.uniform(2.9, 4.2)
    counts = {}
    for index in indexes:
        persons = min(max(persons + chance.choice((-1, 0, 0, 0, 0, 1, 1)), low), high)
        if poor_households > 2 and chance.random() < (0.5 if index % 12 == 11 else 0.06):
            poor_households -= chance.choice((1, 1, 2))
        poor_persons = min(round(poor_households * per_poor), persons)
        counts[index] = (households, persons, poor_households, poor_persons)
    return counts


def _banded(persons: int) -> tuple[str, int]:
    """Return the population band and the persons, moved a little away from its bounds."""
    for row in reference_rows("pop_band_range"):
        low, high = _bounds(row["low"], row["high"])
        if low <= persons <= high:
            inner = min(max(persons, low + _BAND_MARGIN), high - _BAND_MARGIN)
            return row["pop_band"], inner
    raise AssertionError(f"no population band holds {persons} persons")


def _band_range(band: str) -> tuple[int, int]:
    row = next(row for row in reference_rows("pop_band_range") if row["pop_band"] == band)
    return _bounds(row["low"], row["high"])


def _bounds(low: str, high: str) -> tuple[int, int]:
    return int(float(low or 0)), int(float(high or 10**6))


def _income(year: int) -> int:
    first, last = min(_INCOME), max(_INCOME)
    if year < first:
        return _INCOME[first]
    return _INCOME.get(year) or round(_INCOME[last] * 1.11 ** (year - last))
