"""What is known of the places a return may name: which areas were in use when, and their names.

Read from the ledger at receipt, from files for a dry run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import psycopg
from psycopg.rows import class_row

from warehouse.areas import Area, known_areas
from warehouse.month import Month
from warehouse.settings import Settings


class KnownPlaces:
    """The dated list of areas, with all that a name may be looked up in."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas: dict[str, list[Area]] = defaultdict(list)
        for area in areas:
            self._areas[area.area_code].append(area)

    @classmethod
    def from_ledger(cls, connection: psycopg.Connection) -> KnownPlaces:
        """Read `ops.area`."""
        with connection.cursor(row_factory=class_row(Area)) as cursor:
            cursor.execute(
                "select area_code, level, name_zh, parent_code, valid_from, valid_until, source"
                " from ops.area"
            )
            return cls(cursor.fetchall())

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
