"""Whether an area code was in use in a month, from the ledger or, for a dry run, from files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import psycopg

from warehouse.areas import known_areas
from warehouse.month import Month
from warehouse.settings import Settings

Period = tuple[str, date, date | None]  # code, first day, last day (None: still in use)


class AreasInUse:
    """A dated list of area codes; calling it tells whether a code is in use in a month."""

    def __init__(self, periods: Iterable[Period]) -> None:
        self._periods: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
        for code, first, last in periods:
            self._periods[code].append((first, last))

    @classmethod
    def from_ledger(cls, connection: psycopg.Connection) -> AreasInUse:
        """Read `ops.area`."""
        return cls(
            connection.execute("select area_code, valid_from, valid_until from ops.area").fetchall()
        )

    @classmethod
    def from_files(cls, settings: Settings) -> AreasInUse:
        """Read the packaged areas and those imported by the operator; needs no database."""
        return cls(
            (area.area_code, area.valid_from, area.valid_until)
            for areas in known_areas(settings).values()
            for area in areas
        )

    def __call__(self, area_code: str, month: Month) -> bool:
        """Return whether the area exists on some day of the month."""
        return any(
            first <= month.last_day and (last is None or last >= month.first_day)
            for first, last in self._periods.get(area_code, ())
        )
