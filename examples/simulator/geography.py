"""The areas of a simulated county: real codes where packaged, invented committees elsewhere.

Natural villages have no national code: they get the local number the county would give them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from examples.simulator.chance import stream
from warehouse.areas import Area, packaged_areas
from warehouse.errors import UsageError

_FIRST_PARTS = "前后上下大小新老东西南北高平石松竹白黄金龙双"
_SECOND_PARTS = "坪沟寨营箐坝山河田湾林岩坡塘桥"
_VILLAGE_PARTS = "家子头边脚尾口场"


@dataclass(frozen=True)
class NaturalVillage:
    """A natural village: `village_id` is the committee's code and a local number."""

    village_id: str
    name_zh: str
    committee_code: str


@dataclass(frozen=True)
class Committee:
    """A village committee; `invented` where the packaged areas hold none for the township."""

    area_code: str
    name_zh: str
    township_code: str
    invented: bool
    villages: tuple[NaturalVillage, ...]


@dataclass(frozen=True)
class Township:
    """A township with its committees."""

    area_code: str
    name_zh: str
    committees: tuple[Committee, ...]

    @property
    def villages(self) -> tuple[NaturalVillage, ...]:
        """Return every natural village of the township."""
        return tuple(village for committee in self.committees for village in committee.villages)


@dataclass(frozen=True)
class County:
    """A county with the townships that are simulated."""

    area_code: str
    name_zh: str
    townships: tuple[Township, ...]

    @property
    def invented(self) -> tuple[Committee, ...]:
        """Return the committees whose codes and names are invented."""
        return tuple(c for t in self.townships for c in t.committees if c.invented)

    @property
    def prefix(self) -> str:
        """Return the six digits of the county, as project codes carry them."""
        return self.area_code[:6]


def county_codes() -> tuple[str, ...]:
    """Return the packaged counties that have townships, in the order of their codes."""
    return tuple(sorted(c for c, area in _areas().items() if area.level == "county" and _below(c)))


def read_county(code: str, seed: int, townships: int | None = None) -> County:
    """Return a county with all its townships, or with the first so many.

    `code` has 6 or 12 digits. Raises `UsageError` where there is no such county.
    """
    full = code.ljust(12, "0")
    area = _areas().get(full)
    if area is None or area.level != "county" or not _below(full):
        raise UsageError(
            f"{code!r} is no county with townships.",
            remedy="Write its 6 or 12 digits, e.g. 530722 for Yongsheng.",
        )
    chosen = _below(full)[:townships]
    return County(full, area.name_zh, tuple(_township(item, seed) for item in chosen))


@cache
def _areas() -> dict[str, Area]:
    return {area.area_code: area for area in packaged_areas()}


@cache
def _children() -> dict[str, list[Area]]:
    children: dict[str, list[Area]] = defaultdict(list)
    for area in sorted(_areas().values(), key=lambda area: area.area_code):
        if area.parent_code:
            children[area.parent_code].append(area)
    return children


def _below(code: str) -> list[Area]:
    return [a for a in _children().get(code, []) if a.level == "township"]


def _township(area: Area, seed: int) -> Township:
    known = [a for a in _children().get(area.area_code, []) if a.level == "village"]
    named = [(a.area_code, a.name_zh) for a in known]
    named = named or _invented_committees(area.area_code, seed)
    committees = tuple(
        Committee(code, name, area.area_code, not known, _villages(code, seed))
        for code, name in named
    )
    return Township(area.area_code, area.name_zh, committees)


def _invented_committees(township: str, seed: int) -> list[tuple[str, str]]:
    chance = stream(seed, "committees", township)
    names = _names(township, seed, chance.randint(5, 9), "村委会", _SECOND_PARTS)
    return [(f"{township[:9]}{200 + number}", name) for number, name in enumerate(names, start=1)]


def _villages(committee: str, seed: int) -> tuple[NaturalVillage, ...]:
    chance = stream(seed, "villages", committee)
    names = _names(committee, seed, chance.randint(3, 5), "", _VILLAGE_PARTS)
    return tuple(
        NaturalVillage(f"{committee}{number:03d}", name, committee)
        for number, name in enumerate(names, start=1)
    )


def _names(place: str, seed: int, count: int, ending: str, seconds: str) -> list[str]:
    chance = stream(seed, "names", place)
    firsts = chance.sample(_FIRST_PARTS, count)
    return [f"{first}{chance.choice(seconds)}{ending}" for first in firsts]
