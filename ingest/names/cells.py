"""Names in the cells of a table: each becomes its code, or is noted for the checks to tell of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from ingest.forms.catalogue import table_columns
from ingest.forms.model import Column, Form
from ingest.known_places import KnownPlaces
from ingest.names.register import Match, Named, Register
from ingest.names.spelling import is_name
from ingest.parsed import CHECK_OF_NAME, NamedCell, ParsedTable
from warehouse.month import Month

_PLACE: Final = "place_code"
_COMMITTEE: Final = "000"
_CODE_AND_NAME: Final = re.compile(r"(\d+)[\s\-—:：]*(\D.*)", re.DOTALL)
_TAKEN: Final = ("IN-name-read", "IN-name-slip")


@dataclass(frozen=True)
class _Lookup:
    """How the names of one column are looked up: by text and the place of the row."""

    find: Callable[[str, str | None], Match]
    names: Register | None  # for a name beside its code
    checked: bool = True


class NameReader:
    """Reads the names in the tables of one return of a unit in a month."""

    def __init__(self, places: KnownPlaces, area_code: str | None, month: Month) -> None:
        self._places = places
        self._month = month
        known = area_code is not None and places.in_use(area_code, month)
        self._unit = area_code if known else None

    def read(self, form: Form, tables: Iterable[ParsedTable]) -> None:
        """Put codes in the place of names; what came of each is added to `ParsedTable.named`.

        A name that is not taken stays in the frame, and the return is rejected.
        """
        tables = list(tables)
        for parsed in tables:
            definition = next(t for t in form.tables if t.name == parsed.table_name)
            for column in table_columns(form, definition):
                if column.name != _PLACE and column.choices is None:
                    continue
                cells = _cells_with_names(parsed, column)
                if cells:
                    _put(parsed, column, cells, self._lookup(form, tables, column))

    def _lookup(self, form: Form, tables: list[ParsedTable], column: Column) -> _Lookup:
        if column.choices == "projects":
            filed = self._places.projects_of(self._unit, self._month) if self._unit else ()
            projects = Register([*(filed or ()), *_listed_here(form, tables)])
            return _Lookup(lambda text, _: projects.find(text), projects, filed is not None)
        if self._unit is None:
            return _Lookup(lambda *_: Match("unknown"), None)
        if column.choices == "villages":
            villages = self._places.villages_inside(self._unit, self._month)
            return _Lookup(self._village, villages)
        areas = self._places.areas_inside(self._unit, self._month)
        return _Lookup(lambda text, _: areas.find(text), areas)

    def _village(self, text: str, place: str | None) -> Match:
        """Look a village up where its row says it is, and in the whole unit where it is not."""
        whole = self._places.villages_inside(self._unit or "", self._month).find(text)
        if place is None or not self._places.in_use(place, self._month):
            return whole
        here = self._places.villages_inside(place, self._month).find(text)
        if here.outcome == "read" or (here.outcome != "unknown" and whole.outcome != "read"):
            return here
        return whole


@dataclass(frozen=True)
class _Cell:
    """A cell with a name: its row and position, the text, the code beside it, the row's place."""

    position: int
    row_no: int
    name: str
    code: str | None
    place: str | None


def _cells_with_names(parsed: ParsedTable, column: Column) -> list[_Cell]:
    values, texts = parsed.frame[column.name].tolist(), parsed.texts[column.name].tolist()
    places = parsed.frame[_PLACE].tolist() if _PLACE in parsed.frame else [None] * len(values)
    cells = []
    rows = zip(parsed.frame.index, values, texts, places, strict=True)
    for position, (row_no, value, text, place) in enumerate(rows):
        if not isinstance(value, str):
            continue
        written = value if is_name(value) else text
        if not is_name(written):
            continue
        both = _CODE_AND_NAME.fullmatch(written.strip())
        code, name = (both[1], both[2]) if both is not None else (None, written)
        if code is None or len(code) == column.length:
            at = place if isinstance(place, str) else None
            cells.append(_Cell(position, int(row_no), name, code, at))
    return cells


def _put(parsed: ParsedTable, column: Column, cells: list[_Cell], lookup: _Lookup) -> None:
    """Put the codes of a column in, and note what came of its names: what is taken, once each."""
    values = parsed.frame[column.name].tolist()
    seen: dict[tuple[str, str | None, str | None], NamedCell | None] = {}
    counts: Counter[NamedCell] = Counter()
    first: dict[NamedCell, int] = {}
    for cell in cells:
        key = (cell.name, cell.code, cell.place)
        if key not in seen:
            seen[key] = _named(column, cell, lookup)
        found = seen[key]
        if cell.code is not None:
            values[cell.position] = cell.code
        if found is None:
            continue
        if found.check_id in _TAKEN:
            values[cell.position] = found.code
            first.setdefault(found, cell.row_no)
            counts[found] += 1
        else:
            parsed.named.append(replace(found, row_no=cell.row_no))
    parsed.named += [replace(f, row_no=row, count=counts[f]) for f, row in first.items()]
    parsed.frame[column.name] = pd.array(np.array(values, dtype=object), dtype="str")


def _named(column: Column, cell: _Cell, lookup: _Lookup) -> NamedCell | None:
    """Return what came of a name, None where it agrees with the code beside it."""
    if cell.code is not None:
        return _beside_code(column, cell, lookup)
    match = lookup.find(cell.name, cell.place)
    check_id = CHECK_OF_NAME[match.outcome]
    if match.meant is None and not lookup.checked:
        check_id = "IN-name-unchecked"
    return NamedCell(
        0,
        column.name,
        check_id,
        cell.name,
        match.meant.code if match.meant else None,
        match.meant.name if match.meant else None,
        tuple(named.shown for named in match.nearest),
    )


def _beside_code(column: Column, cell: _Cell, lookup: _Lookup) -> NamedCell | None:
    """Return IN-name-differs where a code has the name of another thing beside it."""
    code = cell.code or ""
    if lookup.names is None or (column.choices == "villages" and not code.endswith(_COMMITTEE)):
        return None  # a natural village may have the name of any committee
    own = lookup.names.thing(code)
    others = lookup.names.bearing(cell.name)
    if own is None or not others or any(other.code == code for other in others):
        return None
    shown = tuple(other.shown for other in others)
    return NamedCell(0, column.name, "IN-name-differs", cell.name, code, own.name, shown)


def _listed_here(form: Form, tables: Iterable[ParsedTable]) -> list[Named]:
    """Return the projects that the return itself lists."""
    listing = form.lists
    if listing is None or listing.choices != "projects" or listing.name is None:
        return []
    return [
        Named(str(code), str(name))
        for parsed in tables
        if parsed.table_name == form.tables[0].name
        for code, name in zip(
            parsed.frame[listing.code].dropna(),
            parsed.frame[listing.name].reindex(parsed.frame[listing.code].dropna().index),
            strict=True,
        )
        if isinstance(name, str) and not is_name(str(code))
    ]
