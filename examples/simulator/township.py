"""What one filing unit owns over the whole simulation: villages, projects, money, sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from examples.simulator.chance import stream
from examples.simulator.geography import County, Township
from examples.simulator.housing import (
    DILAPIDATED,
    RELOCATION,
    SECURE_HOUSES,
    Site,
    draw_site,
    housing_line,
)
from examples.simulator.money import Line
from examples.simulator.programme_money import programme_lines
from examples.simulator.project_lives import benefits, build, draw_life, equal_shares
from examples.simulator.project_money import WHOLE_VILLAGE, draw_amounts, project_lines
from examples.simulator.projects import Plan, Project
from examples.simulator.tables import SimulatedRow, Unit
from examples.simulator.villages import VillageLife, covered_lump, live

_NAMES = {
    "01": "整村推进", "02": "整乡推进道路", "04": "核桃产业", "05": "科技示范", "13": "安居温饱",
    "15": "沼气池建设", "99": "人畜饮水",
}  # fmt: skip
_MODES = {"01": "1233", "02": "112", "04": "45", "05": "4", "13": "35", "15": "35", "99": "123"}
_SURNAMES = "和木杨李张王赵周何罗"
_GIVEN = ("志明", "建华", "丽萍", "国强", "春梅", "永生", "文军", "学芬")


@dataclass
class World:
    """A unit with everything it reports on."""

    unit: Unit
    lives: list[VillageLife] = field(default_factory=list)
    covered: dict[str, list[VillageLife]] = field(default_factory=dict)
    township: Township | None = None
    projects: list[Project] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)

    def rows(self, index: int) -> dict[str, dict[str, list[SimulatedRow]]]:
        """Return the detail and lump rows of a month by form and form table."""
        projects = [p for p in self.projects if p.stands_in(index)]
        lines = [line for line in self.lines if line.stands_in(index)]
        return {
            "FP-01": {
                "fp01": [project.row(index) for project in projects],
                "fp01b": [row for project in projects for row in project.village_rows()],
            },
            "FP-02": {
                "fp02": [line.row(index) for line in lines],
                "fp02b": [row for line in lines for row in line.claim_rows(index)],
            },
            "FP-03": {"fp03": list(self._village_rows(index))},
            "FP-08": {"fp08": [site.row(index) for site in self.sites if site.stands_in(index)]},
        }

    def _village_rows(self, index: int) -> Iterator[SimulatedRow]:
        yield from (life.row(index) for life in self.lives)
        for committee in self.township.committees if self.township else ():
            if committee.area_code in self.covered:
                yield covered_lump(committee, self.covered[committee.area_code], index)


def township_world(
    seed: int, county: County, township: Township, years: Sequence[int], indexes: range
) -> World:
    """Draw a township: its villages, then plan years of projects, programme money and sites."""
    unit = Unit(township.area_code, township.name_zh, "township")
    lives = [
        live(seed, village, rank, indexes)
        for rank, village in enumerate(township.villages, start=1)
    ]
    world = World(unit, lives, township=township)
    free = stream(seed, "free villages", township.area_code).sample(lives, len(lives))
    for year in years:
        chance = stream(seed, "year", township.area_code, year)
        _add_projects(world, chance, county, year, free)
        world.lines += programme_lines(chance, unit, year, chance.randint(12, 15))
        _add_sites(world, chance, year, lives)
    _cover(world, seed)
    return world


def office_world(seed: int, county: County, unit: Unit, years: Sequence[int]) -> World:
    """Draw the county office: its own projects, county-level money, the lumps of plan years."""
    world = World(unit)
    for year in years:
        chance = stream(seed, "year", unit.area_code, year)
        _add_projects(world, chance, county, year, [])
        world.lines += programme_lines(chance, unit, year, 10)
        _add_site(world, draw_site(chance, unit, year, DILAPIDATED, None), chance)
    return world


def _add_projects(
    world: World, chance: Random, county: County, year: int, free: list[VillageLife]
) -> None:
    """Add the projects of a plan year: two whole-village ones and some of other programmes."""
    office = world.unit.level == "county"
    others = chance.sample(
        ("02", "04", "05", "99") if office else ("04", "05", "13", "15", "99"), 2
    )
    programmes = [*others, "04"] if office else [WHOLE_VILLAGE, WHOLE_VILLAGE, *others]
    for number, programme in enumerate(programmes, start=1):
        lump = office and number == len(programmes)
        villages = _choose_villages(chance, programme, free)
        plan = _plan(chance, world, county, year, number, programme, villages, lump=lump)
        keeps = programme == WHOLE_VILLAGE or lump
        project = Project(plan, draw_life(chance, year, may_end=not keeps))
        amounts = draw_amounts(chance, plan)
        project.plan_amount = sum(amounts.values())
        project.applied_amount = (
            round(project.plan_amount * chance.uniform(1, 1.25) / 10**5) * 10**5
        )
        project.applied_amount = max(project.applied_amount, project.plan_amount)
        build(chance, project)
        world.lines += project_lines(chance, project, amounts, world.unit.level)
        world.projects.append(project)
        if programme == WHOLE_VILLAGE:
            for life in villages:
                life.enter_batch(project.start_index, plan.batch_no)


def _choose_villages(
    chance: Random, programme: str, free: list[VillageLife]
) -> tuple[VillageLife, ...]:
    """Take villages that no project has yet: one to three of a township."""
    if programme != WHOLE_VILLAGE:
        return (free.pop(),) if free and chance.random() < 0.6 else ()
    wanted = chance.choice((1, 1, 2, 2, 3))
    return tuple(free.pop() for _ in range(min(wanted, len(free))))


def _plan(
    chance: Random,
    world: World,
    county: County,
    year: int,
    number: int,
    programme: str,
    villages: tuple[VillageLife, ...],
    *,
    lump: bool,
) -> Plan:
    unit = world.unit
    households, persons = chance.randint(30, 160), 0
    if villages:
        households, persons = benefits(villages, chance.uniform(0.4, 0.9))
    sequence = f"{unit.area_code[6:9]}{number:04d}"
    where = villages[0].village.name_zh if villages else unit.name_zh
    place = villages[0].village.committee_code if len(villages) == 1 else unit.area_code
    units = chance.randint(3, 8) if lump else None
    return Plan(
        code=f"{year}{county.prefix}{programme.ljust(3, '0')}{sequence}",
        name=f"{where}{year}年{_NAMES[programme]}项目",
        programme=programme,
        batch_no=f"{year}-{'01' if number <= 2 else '02'}",
        plan_year=year,
        place_code=place,
        mode="6" if lump else chance.choice(_MODES[programme]),
        row_kind="2" if lump else "1",
        units=units,
        villages=villages,
        shares=equal_shares(len(villages)) if villages else (),
        benefit_households=households,
        benefit_persons=persons or round(households * chance.uniform(3.3, 4.3)),
        person=f"{chance.choice(_SURNAMES)}{chance.choice(_GIVEN)}",
    )


def _add_sites(world: World, chance: Random, year: int, lives: list[VillageLife]) -> None:
    """Add at most two sites of a plan year; some townships have none and file nil."""
    drawn = chance.random()
    programmes = [] if drawn < 0.25 else [RELOCATION] if drawn < 0.5 else [SECURE_HOUSES]
    if drawn > 0.8:
        programmes = [RELOCATION, SECURE_HOUSES]
    for programme in programmes:
        village = chance.choice(lives) if lives else None
        _add_site(world, draw_site(chance, world.unit, year, programme, village), chance)


def _add_site(world: World, site: Site, chance: Random) -> None:
    world.sites.append(site)
    world.lines.append(housing_line(chance, site))


def _cover(world: World, seed: int) -> None:
    """Let a third of the committees also report their project villages as a lump."""
    for committee in world.township.committees if world.township else ():
        if stream(seed, "covered", committee.area_code).random() < 0.33:
            lives = [
                life for life in world.lives if life.village.committee_code == committee.area_code
            ]
            world.covered[committee.area_code] = lives[:2]
