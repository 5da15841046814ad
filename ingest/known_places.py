"""What is known of the places a return may name: areas, villages and projects, and their names.

Read from the ledger at receipt, from files for a dry run. Each name is looked up within a unit;
a unit's names are gathered once, when the first return asks for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

import psycopg

from ingest.filed_things import filed_things
from ingest.names.register import Named, Register
from warehouse.areas import Area, known_areas
from warehouse.month import Month
from warehouse.settings import Settings

_COMMITTEE = "000"
_UPPER = ("province", "prefecture", "county")
FiledProjects = Callable[[str, Month], dict[str, str]]


class KnownPlaces:
    """The dated list of areas, and the projects filed before (None: not asked in a dry run)."""

    def __init__(self, areas: Iterable[Area], filed_projects: FiledProjects | None = None) -> None:
        self._areas: dict[str, list[Area]] = defaultdict(list)
        for area in areas:
            self._areas[area.area_code].append(area)
        self._filed_projects = filed_projects
        self._in_month: dict[Month, dict[str, Named]] = {}
        self._below: dict[Month, dict[str | None, list[str]]] = {}
        self._registers: dict[tuple[str, str, Month], Register] = {}
        self._projects: dict[tuple[str, Month], tuple[Named, ...]] = {}

    @classmethod
    def from_ledger(cls, connection: psycopg.Connection) -> KnownPlaces:
        """Read `ops.area`; projects are asked of the accepted returns when a name needs it."""
        rows = connection.execute(
            "select area_code, level, name_zh, parent_code, valid_from, valid_until, source"
            " from ops.area"
        ).fetchall()
        areas = (Area(*row) for row in rows)
        return cls(areas, lambda unit, month: filed_things(connection, "projects", unit, month))

    @classmethod
    def from_files(cls, settings: Settings) -> KnownPlaces:
        """Read the packaged areas and those imported by the operator; needs no database."""
        return cls(area for areas in known_areas(settings).values() for area in areas)

    def in_use(self, area_code: str, month: Month) -> bool:
        """Return whether the area exists on some day of the month."""
        return any(
            area.valid_in(month.first_day, month.last_day)
            for area in self._areas.get(area_code, ())
        )

    def area(self, area_code: str, month: Month) -> Named | None:
        """Return an area as it is in the month."""
        return self._month(month).get(area_code)

    def areas_inside(self, area_code: str, month: Month) -> Register:
        """Return the names of a unit and of all areas in it."""
        return self._register(
            "areas", area_code, month, lambda: (self._inside(area_code, month), ())
        )

    def villages_inside(self, area_code: str, month: Month) -> Register:
        """Return the names of the village committees of a unit, by their `village_id`."""

        def gather() -> tuple[list[Named], list[Named]]:
            inside = self._inside(area_code, month)
            villages = [
                replace(area, code=area.code + _COMMITTEE)
                for area in inside
                if area.level == "village"
            ]
            return villages, [area for area in inside if area.level != "village"]

        return self._register("villages", area_code, month, gather)

    def upper_areas(self, month: Month) -> Register:
        """Return the names of all provinces, prefectures and counties."""
        return self._register(
            "upper",
            "",
            month,
            lambda: ([a for a in self._month(month).values() if a.level in _UPPER], ()),
        )

    def areas_around(self, area_code: str, month: Month) -> list[Named]:
        """Return the areas in which an area lies, the smallest first."""
        known = self._month(month)
        above: list[Named] = []
        area = known.get(area_code)
        while area is not None and area.parent and len(above) < len(_UPPER) + 2:
            area = known.get(area.parent)
            if area is not None:
                above.append(area)
        return above

    def other_folder(
        self, folder: str | None, area_code: str | None, month: Month | None
    ) -> str | None:
        """Return the area of a folder where the unit neither is it nor lies in it."""
        if folder is None or area_code is None or month is None or folder == area_code:
            return None
        around = {area.code for area in self.areas_around(area_code, month)}
        return None if folder in around else folder

    def projects_of(self, area_code: str, month: Month) -> tuple[Named, ...] | None:
        """Return the projects a unit or the areas in it have filed up to the month, by name.

        None where nobody knows: a dry run asks no database.
        """
        if self._filed_projects is None:
            return None
        if (area_code, month) not in self._projects:
            filed = self._filed_projects(area_code, month)
            self._projects[area_code, month] = tuple(
                Named(code, name) for code, name in filed.items() if name
            )
        return self._projects[area_code, month]

    def forget_projects(self) -> None:
        """Ask the ledger again for projects: returns have been accepted meanwhile."""
        self._projects.clear()

    def _register(
        self,
        kind: str,
        code: str,
        month: Month,
        gather: Callable[[], tuple[Iterable[Named], Iterable[Named]]],
    ) -> Register:
        key = (kind, code, month)
        if key not in self._registers:
            things, around = gather()
            self._registers[key] = Register(things, [*around, *self.areas_around(code, month)])
        return self._registers[key]

    def _month(self, month: Month) -> dict[str, Named]:
        """Return the areas of a month by code, with the names they have in other periods."""
        if month not in self._in_month:
            known = {}
            below: dict[str | None, list[str]] = defaultdict(list)
            for code, periods in self._areas.items():
                now = [a for a in periods if a.valid_in(month.first_day, month.last_day)]
                if now:
                    area = now[-1]
                    others = tuple({a.name_zh for a in periods} - {area.name_zh})
                    known[code] = Named(code, area.name_zh, area.level, area.parent_code, others)
                    below[area.parent_code].append(code)
            self._in_month[month], self._below[month] = known, below
        return self._in_month[month]

    def _inside(self, area_code: str, month: Month) -> list[Named]:
        known = self._month(month)
        inside, waiting = {area_code}, [area_code]
        while waiting:
            below = [c for c in self._below[month].get(waiting.pop(), ()) if c not in inside]
            inside.update(below)
            waiting += below
        return [known[code] for code in sorted(inside) if code in known]
