"""FP-08: relocation and housing sites, with the lump of FP-02 that pays their subsidies."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from examples.simulator.chance import FEN, day_in, december_of, january, later
from examples.simulator.money import Batch, Claim, Line
from examples.simulator.tables import SimulatedRow, Unit, yuan
from examples.simulator.villages import VillageLife

RELOCATION, SECURE_HOUSES, DILAPIDATED = "03", "101", "102"
_STANDARD_YUAN = {RELOCATION: 5000, SECURE_HOUSES: 6000, DILAPIDATED: 4000}
_PER_PERSON, _PER_HOUSEHOLD = "1", "2"
_ON_THE_SPOT, _NOT_COLLECTED = "6", "0"
_MAY, _DECEMBER, _NEXT_FEBRUARY = 4, 11, 13
_SOURCE = {RELOCATION: "11", SECURE_HOUSES: "12", DILAPIDATED: "12"}


@dataclass
class Site:
    """A site (or the lump of a plan year): its plan and the households moved in by month."""

    unit: Unit
    programme: str
    plan_year: int
    mode: str
    site_code: str | None
    from_village: str | None
    to_place: str | None
    households: int
    persons: int
    area_m2: Decimal
    income: int
    first_index: int
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def by_person(self) -> bool:
        """Return whether the subsidy is paid for each person (else for each household)."""
        return self.programme == RELOCATION

    @property
    def quantity(self) -> int:
        """Return what the subsidy is planned for: persons or households."""
        return self.persons if self.by_person else self.households

    @property
    def subsidy_plan(self) -> int:
        """Return the planned subsidy in fen."""
        return self.quantity * _STANDARD_YUAN[self.programme] * FEN

    @property
    def last_index(self) -> int:
        """Return the last month that lists the site: December after the last move."""
        return december_of(max(self.moved))

    def stands_in(self, index: int) -> bool:
        """Return whether the month's return lists the site."""
        return self.first_index <= index <= self.last_index

    def subsidy(self, index: int) -> int:
        """Return the subsidy paid in a month, in fen: what moved in times the standard."""
        households, persons = self.moved.get(index, (0, 0))
        counted = persons if self.by_person else households
        return counted * _STANDARD_YUAN[self.programme] * FEN

    def row(self, index: int) -> SimulatedRow:
        """Return the site's row of a month."""
        since = january(index // 12)
        households_m, persons_m = self.moved.get(index, (0, 0))
        return {
            "place_code": self.unit.area_code,
            "row_kind": "1" if self.site_code else "2",
            "units": None if self.site_code else self.households,
            "site_code": self.site_code,
            "from_village": self.from_village,
            "to_place": self.to_place,
            "programme": self.programme,
            "plan_year": self.plan_year,
            "mode": self.mode,
            "plan_hh": self.households,
            "plan_p": self.persons,
            "target5_p": self.persons * 5,
            "moved_hh_m": households_m,
            "moved_hh_y": self._moved(0, index, since),
            "moved_hh_c": self._moved(0, index),
            "moved_p_m": persons_m,
            "moved_p_y": self._moved(1, index, since),
            "moved_p_c": self._moved(1, index),
            "houses_plan": self.households,
            # A house is roofed two months and finished one month before its family moves in.
            "houses_started": self._moved(0, index + 3),
            "houses_roofed": self._moved(0, index + 2),
            "houses_finished": self._moved(0, index + 1),
            "house_area_m2": self.area_m2,
            "standard": Decimal(_STANDARD_YUAN[self.programme]),
            "standard_basis": _PER_PERSON if self.by_person else _PER_HOUSEHOLD,
            "subsidy_plan": yuan(self.subsidy_plan),
            "subsidy_y": yuan(self._subsidies(index, since)),
            "subsidy_c": yuan(self._subsidies(index)),
            "income_after_pc": Decimal(self.income) if self.site_code else None,
        }

    def _moved(self, place: int, index: int, since: int = 0) -> int:
        return sum(counts[place] for t, counts in self.moved.items() if since <= t <= index)

    def _subsidies(self, index: int, since: int = 0) -> int:
        return sum(self.subsidy(t) for t in self.moved if since <= t <= index)


def draw_site(
    chance: Random, unit: Unit, year: int, programme: str, village: VillageLife | None
) -> Site:
    """Return a site of a plan year (a lump in the county office), with its moves."""
    lump = unit.level == "county"
    households = chance.randint(22, 64) * (3 if lump else 1)
    persons = round(households * chance.uniform(3.4, 4.4))
    first = january(year) + chance.choice((2, 2, 3))
    relocation = programme == RELOCATION
    mode = chance.choice(("2", "3", "4")) if relocation else _ON_THE_SPOT
    site = Site(
        unit=unit,
        programme=programme,
        plan_year=year,
        mode=_NOT_COLLECTED if lump else mode,
        site_code=None if lump else f"{unit.area_code[:9]}-{programme}-{year}",
        from_village=village.village.village_id if relocation and village and not lump else None,
        to_place=f"{unit.name_zh}集中点" if relocation and not lump else None,
        households=households,
        persons=persons,
        area_m2=Decimal(households * chance.randint(70, 110)),
        income=chance.randint(2400, 3600),
        first_index=first,
    )
    _move_in(chance, site)
    return site


def housing_line(chance: Random, site: Site) -> Line:
    """Return the lump of FP-02 that pays the site: issued at once, paid out as families move."""
    total, index = site.subsidy_plan, site.first_index
    issued_on = day_in(chance, index, 2, 12)
    arrived_on = later(issued_on, chance.randint(5, 40))
    line = Line(
        doc_no=f"{site.unit.area_code[:9]}住〔{site.plan_year}〕{site.programme}号",
        source=_SOURCE[site.programme],
        programme=site.programme,
        place_code=site.unit.area_code,
        fund_year=site.plan_year,
        first_index=index,
        row_kind="2",
        units=site.quantity,
        unit_level=site.unit.level,
        planned_total=total,
        planned_of_year={site.plan_year: total},
        batches=[Batch(issued_on, arrived_on)],
        closes=max(site.moved),
    )
    line.issued[index] += total
    line.in_place[arrived_on.year * 12 + arrived_on.month - 1] += total
    for month in sorted(site.moved):
        paid = site.subsidy(month)
        line.paid[month] += paid
        line.reimbursed[month] += paid
        line.claims.append(Claim(month, day_in(chance, month, 5, 28), paid, paid, paid))
    return line


def _move_in(chance: Random, site: Site) -> None:
    """Draw the moves from May on, about in step with the time of the year.

    So the share moved stays within what G9 expects, and neither the count of the moved nor the
    money left falls or grows by a factor of 5 in a month. Some sites end in the next February.
    """
    january_index = january(site.plan_year)
    shares = {
        index: min((index - january_index + 1) / 12 + chance.uniform(-0.06, 0.06), 0.9)
        for index in range(january_index + _MAY, january_index + _DECEMBER)
    }
    ends_late = chance.random() < 0.3
    shares[january_index + _DECEMBER] = 0.9 if ends_late else 1.0
    shares[january_index + (_NEXT_FEBRUARY if ends_late else _DECEMBER)] = 1.0
    moved_hh, moved_p = 0, 0
    for index, share in shares.items():
        households = max(moved_hh, round(site.households * share))
        persons = round(site.persons * households / site.households)
        if households > moved_hh:
            site.moved[index] = (households - moved_hh, persons - moved_p)
        moved_hh, moved_p = households, persons
