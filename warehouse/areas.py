"""The dated list of areas: packaged rows, rows of other years, rows an installation adds."""

from __future__ import annotations

import csv
import io
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import psycopg

from warehouse.csv_file import parse_day, read_rows
from warehouse.database import Role, connect
from warehouse.errors import UsageError, WarehouseError
from warehouse.settings import Settings

LEVELS = ("province", "prefecture", "county", "township", "village")
ALWAYS = date(1900, 1, 1)
IMPORTED = "imported"
REFERENCE_DIR = Path(__file__).resolve().parent / "reference"
PACKAGED_FILES = ("areas.csv", "villages.csv", "dated_areas.csv")
_OF_TODAY, _OF_OTHER_YEARS = PACKAGED_FILES[:2], PACKAGED_FILES[2:]

_COLUMNS = ("area_code", "level", "name_zh", "parent_code")
_DATES = ("valid_from", "valid_until")


@dataclass(frozen=True)
class Area:
    """One area as it was from `valid_from` to `valid_until` (the last day; None: still)."""

    area_code: str
    level: str
    name_zh: str
    parent_code: str | None
    valid_from: date
    valid_until: date | None
    source: str

    def valid_in(self, first_day: date, last_day: date) -> bool:
        """Tell whether the area existed on some day of this period."""
        return self.valid_from <= last_day and (
            self.valid_until is None or self.valid_until >= first_day
        )

    def overlaps(self, other: Area) -> bool:
        """Tell whether some day has both this area and the other."""
        return self.valid_in(other.valid_from, other.valid_until or date.max)


@cache
def packaged_areas() -> tuple[Area, ...]:
    """Return the areas that come with the software; no code has two rows on one day.

    The lists of today are undated and hold at any time, but give way to dated rows of the same
    code. Four codes stand twice in them (see reference/README.md): the higher level is kept.
    """
    of_today: dict[str, Area] = {}
    for area in _packaged(_OF_TODAY):
        other = of_today.get(area.area_code)
        if other is None or LEVELS.index(area.level) < LEVELS.index(other.level):
            of_today[area.area_code] = area
    dated = _packaged(_OF_OTHER_YEARS)
    return tuple(_giving_way(of_today.values(), dated) + dated)


def known_areas(settings: Settings) -> dict[str, tuple[Area, ...]]:
    """Return every known area by code; packaged rows give way to imported ones.

    Reads files only: it serves the dry run of a file where there is no database.
    """
    imported = _imported(settings)
    by_code: dict[str, list[Area]] = defaultdict(list)
    for area in [*_giving_way(packaged_areas(), imported), *imported]:
        by_code[area.area_code].append(area)
    return {code: tuple(areas) for code, areas in by_code.items()}


def import_areas(settings: Settings, path: Path) -> int:
    """Take an operator's areas in; return how many rows the file has.

    A row with the code and `valid_from` of a known one replaces it. Rows of one code must not
    overlap in time, and every parent must be known. Nothing is changed when a row is wrong.
    """
    new = _read(path, source=IMPORTED)
    if not new:
        raise UsageError(f"{path.name} has no rows.", remedy="Give at least one area.")
    known = known_areas(settings)
    combined = {(a.area_code, a.valid_from): a for areas in known.values() for a in areas}
    combined |= {(area.area_code, area.valid_from): area for area in new}
    _require_consistent(path, {area.area_code for area in new}, combined.values())
    with connect(settings, Role.loader) as connection:
        _upsert(connection, new)
        imported = [area for area in combined.values() if area.source == IMPORTED]
        try:
            _write(settings.areas_file, imported)
        except OSError as error:
            raise WarehouseError(
                f"{settings.areas_file} cannot be written: {error.strerror}.",
                remedy="Check free space and permissions; nothing was imported.",
            ) from error
    return len(new)


def load_packaged(connection: psycopg.Connection) -> int:
    """Put the packaged areas into `ops.area`; imported rows stay, and packaged ones give way."""
    connection.execute("delete from ops.area where source <> %s", [IMPORTED])
    imported = connection.execute(
        "select area_code, level, name_zh, parent_code, valid_from, valid_until, source"
        " from ops.area"
    ).fetchall()
    areas = _giving_way(packaged_areas(), [Area(*row) for row in imported])
    return _copy(connection, areas, on_conflict="do nothing")


def _giving_way(weaker: Iterable[Area], stronger: Iterable[Area]) -> list[Area]:
    """Return the weaker rows without those that share a code and a day with a stronger one."""
    by_code: dict[str, list[Area]] = defaultdict(list)
    for area in stronger:
        by_code[area.area_code].append(area)
    return [
        area
        for area in weaker
        if not any(area.overlaps(other) for other in by_code.get(area.area_code, ()))
    ]


def _packaged(names: Iterable[str]) -> list[Area]:
    return [
        area
        for name in names
        for area in _read(REFERENCE_DIR / name, source=name.removesuffix(".csv"))
    ]


def _imported(settings: Settings) -> list[Area]:
    return _read(settings.areas_file, source=IMPORTED) if settings.areas_file.exists() else []


def _upsert(connection: psycopg.Connection, areas: Iterable[Area]) -> None:
    _copy(
        connection,
        areas,
        on_conflict="(area_code, valid_from) do update set level = excluded.level,"
        " name_zh = excluded.name_zh, parent_code = excluded.parent_code,"
        " valid_until = excluded.valid_until, source = excluded.source",
    )


def _copy(connection: psycopg.Connection, areas: Iterable[Area], *, on_conflict: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("create temp table new_area (like ops.area) on commit drop")
        with cursor.copy(
            "copy new_area (area_code, level, name_zh, parent_code, valid_from, valid_until,"
            " source) from stdin"
        ) as stream:
            for area in areas:
                stream.write_row(
                    (
                        area.area_code, area.level, area.name_zh, area.parent_code,
                        area.valid_from, area.valid_until, area.source,
                    )
                )  # fmt: skip
        cursor.execute(f"insert into ops.area select * from new_area on conflict {on_conflict}")
        return cursor.rowcount


def _read(path: Path, *, source: str) -> list[Area]:
    rows = read_rows(path, required=_COLUMNS, optional=_DATES)
    seen: set[tuple[str, date]] = set()
    areas: list[Area] = []
    for line, row in enumerate(rows, start=2):
        area = Area(
            area_code=row["area_code"],
            level=row["level"],
            name_zh=row["name_zh"],
            parent_code=row["parent_code"] or None,
            valid_from=parse_day(path, line, "valid_from", row.get("valid_from", "")) or ALWAYS,
            valid_until=parse_day(path, line, "valid_until", row.get("valid_until", "")),
            source=source,
        )
        _require_sound(path, line, area)
        if source == IMPORTED and (area.area_code, area.valid_from) in seen:
            raise UsageError(
                f"{path.name}, line {line}: area {area.area_code} stands twice.",
                remedy="Give each code and valid_from once.",
            )
        seen.add((area.area_code, area.valid_from))
        areas.append(area)
    return areas


def _require_sound(path: Path, line: int, area: Area) -> None:
    trouble = ""
    if len(area.area_code) != 12 or not area.area_code.isdigit():
        trouble = f"area_code {area.area_code!r} has not 12 digits"
    elif area.level not in LEVELS:
        trouble = f"level {area.level!r} is none of {', '.join(LEVELS)}"
    elif not area.name_zh:
        trouble = "name_zh is blank"
    elif (area.parent_code is None) != (area.level == "province"):
        trouble = "every area but a province has a parent_code"
    elif area.valid_until is not None and area.valid_until < area.valid_from:
        trouble = "valid_until is before valid_from"
    if trouble:
        raise UsageError(f"{path.name}, line {line}: {trouble}.", remedy="Correct that line.")


def _require_consistent(path: Path, codes: set[str], rows: Iterable[Area]) -> None:
    by_code: dict[str, list[Area]] = defaultdict(list)
    for area in rows:
        by_code[area.area_code].append(area)
    for code in sorted(codes):
        periods = sorted(by_code[code], key=lambda area: area.valid_from)
        for earlier, later in itertools.pairwise(periods):
            if earlier.valid_until is None or earlier.valid_until >= later.valid_from:
                raise UsageError(
                    f"{path.name}: area {code} has two rows on {later.valid_from}.",
                    remedy=f"End the row of {earlier.valid_from} by a valid_until before it.",
                )
        for area in periods:
            parents = by_code.get(area.parent_code or "", [])
            if area.parent_code and not any(
                LEVELS.index(parent.level) < LEVELS.index(area.level) for parent in parents
            ):
                raise UsageError(
                    f"{path.name}: the parent {area.parent_code} of {code} is unknown or not"
                    " of a higher level.",
                    remedy="Add the parent to the file.",
                )


def _write(path: Path, areas: Iterable[Area]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *_DATES])
    for area in sorted(areas, key=lambda area: (area.area_code, area.valid_from)):
        writer.writerow(
            [
                area.area_code, area.level, area.name_zh, area.parent_code or "",
                area.valid_from.isoformat(),
                area.valid_until.isoformat() if area.valid_until else "",
            ]
        )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(text.getvalue(), encoding="utf-8")
    draft.replace(path)
