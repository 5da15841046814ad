"""The filing unit of a return whose head names it, or gives a code beside the name of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ingest.known_places import KnownPlaces
from ingest.names.register import Match, Named, Register
from ingest.names.spelling import is_name, key_of, spelling_of
from ingest.parsed import CHECK_OF_NAME, HeadCell, NamedCell
from ingest.read.sandbox import Grid
from ingest.validate import report_month
from warehouse.month import Month

_CODE: Final = re.compile(r"[0-9]{12}")
_CODE_AND_NAME: Final = re.compile(r"([0-9]{12})[\s\-—:：]*([^0-9].*)", re.DOTALL)
_CODE_OF_PLACE: Final = re.compile(r"[0-9]{12}(?:[0-9]{3})?")
# An office files for its area: 松坪乡人民政府, 丽江市扶贫办.
_OFFICE: Final = re.compile("人民政府|政府|扶贫|农业|农村|统计|财政|民政|移民|发展|经济|党委|农办")
_SHORTEST: Final = 2


@dataclass(frozen=True)
class UnitReading:
    """The head with the code of its unit in place, and what came of the names in it."""

    cells: dict[str, HeadCell]
    named: tuple[NamedCell, ...] = ()


def read_unit(
    places: KnownPlaces,
    cells: Mapping[str, HeadCell],
    hints: Iterable[str | None],
    grids: Iterable[Grid],
) -> UnitReading:
    """Return the head of a return with the code of its unit; as it is without a report month.

    `hints` are codes of the unit from elsewhere (hidden tag, folder of the inbox).
    """
    month = report_month(cells)
    if month is None:
        return UnitReading(dict(cells))
    texts = (cell for grid in grids for row in grid.rows for cell in row if isinstance(cell, str))
    return _UnitReader(places, month).read(cells, hints, texts)


class _UnitReader:
    """Finds the unit a head names, within the county that the rest of the return speaks of."""

    def __init__(self, places: KnownPlaces, month: Month) -> None:
        self._places = places
        self._month = month

    def read(
        self, cells: Mapping[str, HeadCell], hints: Iterable[str | None], texts: Iterable[str]
    ) -> UnitReading:
        """Return the head; `texts` are the cells of the return, whose codes tell its county."""
        as_written = UnitReading(dict(cells))
        code = cells["area_code"].text.strip() if "area_code" in cells else ""
        name = cells["area_name"].text.strip() if "area_name" in cells else ""
        both = _CODE_AND_NAME.fullmatch(code)
        if both is not None:
            named = self._beside_code(both[1], both[2], "area_code")
            return UnitReading(_with_code(cells, "area_code", both[1]), named)
        if _CODE.fullmatch(code):
            return UnitReading(dict(cells), self._beside_code(code, name, "area_name"))
        field, text = ("area_code", code) if code else ("area_name", name)
        if not is_name(text):
            return as_written
        match = self._find(text, hints, texts)
        if match.meant is None and not code:
            return as_written  # that the code is missing is told already
        near = tuple(area.shown for area in match.nearest)
        check_id = CHECK_OF_NAME[match.outcome]
        if match.meant is None:
            return UnitReading(dict(cells), (NamedCell(0, field, check_id, text, nearest=near),))
        read = NamedCell(0, field, check_id, text, match.meant.code, match.meant.name)
        return UnitReading(_with_code(cells, field, match.meant.code), (read,))

    def _find(self, text: str, hints: Iterable[str | None], texts: Iterable[str]) -> Match:
        wordings = _wordings(text)
        for hint in hints:
            area = self._places.area(hint, self._month) if hint else None
            if area is None:
                continue
            found = [self._alone(area).find(wording) for wording in wordings]
            if any(match.meant for match in found):
                return next(match for match in found if match.meant)
        upper, best = self._places.upper_areas(self._month), Match("unknown")
        for scope in self._scopes(texts):
            for wording in wordings:
                match = self._places.areas_inside(scope, self._month).find(wording)
                if match.outcome != "unknown":
                    return match
                best = match if match.nearest else best
        for wording in wordings:
            match = upper.find(wording)
            if match.outcome == "read":
                return match
            match = self._behind(upper, key_of(wording))
            if match.outcome != "unknown":
                return match
        return best

    def _behind(self, upper: Register, key: str) -> Match:
        """Look a name up that has the names of the areas around it before it, county or above."""
        for length in range(min(len(key), 40) - _SHORTEST, _SHORTEST - 1, -1):
            around = upper.bearing(key[:length])
            if len(around) == 1:
                inside = self._places.areas_inside(around[0].code, self._month)
                return inside.find(key[length:])
        return Match("unknown")

    def _scopes(self, texts: Iterable[str]) -> Iterator[str]:
        """Return the smallest county, prefecture or province in which all codes of a return lie."""
        codes = {text for text in map(str.strip, texts) if _CODE_OF_PLACE.fullmatch(text)}
        for digits in (6, 4, 2):
            around = {code[:digits] for code in codes}
            code = around.pop().ljust(12, "0") if len(around) == 1 else ""
            if code and self._places.in_use(code, self._month):
                yield code
                return

    def _beside_code(self, code: str, name: str, field: str) -> tuple[NamedCell, ...]:
        """Return IN-name-differs where the name beside a code is that of another area.

        A name of an office, or of an area around the unit, contradicts nothing.
        """
        own = self._places.area(code, self._month)
        if own is None or not is_name(name):
            return ()
        others: tuple[Named, ...] = ()
        for wording in _wordings(name):
            if self._alone(own).find(wording).meant is not None:
                return ()
            others = others or self._others(own, wording)
        if any(other.code == own.code for other in others):
            return ()
        if not others and (
            spelling_of(name).levels is None
            or any(core in key_of(name) for core in spelling_of(own.name).cores)
        ):
            return ()
        shown = tuple(other.shown for other in others[:3])
        return (NamedCell(0, field, "IN-name-differs", name, own.code, own.name, shown),)

    def _others(self, own: Named, wording: str) -> tuple[Named, ...]:
        """Return the areas that bear a name: those of the unit's county, else counties and above.

        The unit itself where an area around it bears the name.
        """
        around = self._places.areas_around(own.code, self._month)
        if Register(around).bearing(wording):
            return (own,)
        county = next((area for area in (own, *around) if area.level == "county"), own)
        inside = self._places.areas_inside(county.code, self._month)
        upper = self._places.upper_areas(self._month)
        return inside.bearing(wording) or upper.bearing(wording)

    def _alone(self, area: Named) -> Register:
        return Register([area], self._places.areas_around(area.code, self._month))


def _wordings(text: str) -> list[str]:
    """Return a name, and the area in the name of an office."""
    office = _OFFICE.search(text)
    if office is None or office.start() < _SHORTEST:
        return [text]
    return [text, text[: office.start()]]


def _with_code(cells: Mapping[str, HeadCell], field: str, code: str) -> dict[str, HeadCell]:
    at = cells[field]
    return {**cells, "area_code": HeadCell("area_code", code, at.sheet, at.cell)}
