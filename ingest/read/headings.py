"""Which column a heading names: one cell, or a group above and its parts below, joined.

A heading of several rows is read top-down, or from the part to its group, as the wording has
it: 下达资金 over 本月 is 本月下达资金. Every word of it must be used, except groups that only
gather columns (`table_words.yml`): 上年 over 本月下达资金 is no column of the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Final

from ingest.forms.catalogue import load_forms, table_columns, table_words
from ingest.forms.model import LAST_MONTH, Column, Form, Table, in_force
from ingest.read.labels import chinese_part, english_cut, label_key
from ingest.read.units import is_a_unit
from warehouse.month import Month

_UNIT: Final = re.compile(r"(.*)[(\[【](?:计量)?(?:单位:?)?([^()\[\]【】]*)[)\]】]")
_LAST_MONTH: Final = label_key(LAST_MONTH)
_MOST_LEVELS: Final = 4
_MOST_REMEMBERED: Final = 20_000
_OVERLAP: Final = 2  # characters two levels share: 本月下达 below 下达资金


@dataclass(frozen=True)
class Named:
    """What a heading says: the column it names, and the unit it states (None: none).

    `units` are all it states; more than one contradict each other.
    """

    column: Column
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Level:
    """One row of a heading: its words as compared, its unit, whether it stands there itself."""

    key: str
    unit: str | None
    certain: bool


class Headings:
    """The headings of a table understood in one month."""

    def __init__(self, columns: Sequence[Column], month: Month) -> None:
        self._known: dict[str, Column] = {}
        for column in columns:
            if in_force(column.since, column.until, str(month)):
                self._known.update(
                    {label_key(text): column for text in column.wordings(str(month))}
                )
        self._text = "\n".join(self._known)
        self._groups = {label_key(group) for group in table_words().groups}
        self._serial = {label_key(word) for word in table_words().serial}
        self._remarks = {label_key(word) for word in table_words().remarks} - self._known.keys()
        self._named: dict[tuple[tuple[str, bool], ...], Named | None] = {}

    @property
    def count(self) -> int:
        """Return how many columns the table has in the month."""
        return len({column.name for column in self._known.values()})

    def named(self, levels: Sequence[tuple[str, bool]]) -> Named | None:
        """Return what a heading names: its texts top-down, None where it is no heading.

        A level is a text and whether it stands in this column; a text carried over from the
        group on the left counts only where it is needed.
        """
        key = tuple(levels)
        if key not in self._named:
            if len(self._named) > _MOST_REMEMBERED:
                self._named.clear()
            self._named[key] = self._find(key)
        return self._named[key]

    def is_passed_over(self, text: str) -> bool:
        """Tell whether nothing is read below a heading.

        A serial's, that of remarks, or a grey column's (the prefix before a heading).
        """
        key = label_key(english_cut(text))
        if key in self._serial or self.is_for_remarks(text):
            return True
        return key.startswith(_LAST_MONTH) and (
            self.named([(key.removeprefix(_LAST_MONTH), True)]) is not None
        )

    def is_for_remarks(self, text: str) -> bool:
        """Tell whether a heading is that of free text, which the form has no column for."""
        return bool({label_key(text), label_key(english_cut(text))} & self._remarks)

    def _find(self, levels: tuple[tuple[str, bool], ...]) -> Named | None:
        if len(levels) == 1:
            found = [named for named in map(self._single, _versions(levels[0][0])) if named]
            return found[0] if found else None
        read = [
            level for level in (self._level(*level) for level in levels) if level.key or level.unit
        ]
        units = tuple(dict.fromkeys(level.unit for level in read if level.unit))
        certain = [level.key for level in read if level.key and level.certain]
        carried = [level.key for level in read if level.key]
        columns = {
            column.name: column for words in (certain, carried) for column in self._joined(words)
        }
        if len(columns) != 1:
            return None
        return Named(next(iter(columns.values())), units)

    def _single(self, key: str) -> Named | None:
        if key in self._known:
            return Named(self._known[key])
        text, unit = _without_unit(key)
        if unit is not None and text in self._known:
            return Named(self._known[text], (unit,))
        return None

    def _level(self, text: str, certain: bool) -> _Level:
        for key in _versions(text):
            plain, unit = _without_unit(key)
            if is_a_unit(plain):
                return _Level("", plain, certain)
            if unit is not None or key in self._known:
                break
        else:
            plain, unit = _versions(text)[-1], None
        return _Level("" if plain in self._groups else plain, unit, certain)

    def _joined(self, words: Sequence[str]) -> Iterator[Column]:
        words = list(dict.fromkeys(words))
        words = [w for w in words if not any(w != other and w in other for other in words)]
        if not words or len(words) > _MOST_LEVELS or any(w not in self._text for w in words):
            return
        for order in permutations(words):
            for text in _joins(order):
                if text in self._known:
                    yield self._known[text]


def headings_of(form: Form, table: Table, month: Month) -> Headings:
    """Return the headings of a form table in a month."""
    if load_forms().get(form.form_code) is form:
        return _installed(form.form_code, table.name, month)
    return Headings(table_columns(form, table), month)


@lru_cache(maxsize=64)
def _installed(form_code: str, table_name: str, month: Month) -> Headings:
    form = load_forms()[form_code]
    table = next(table for table in form.tables if table.name == table_name)
    return Headings(table_columns(form, table), month)


def _versions(text: str) -> list[str]:
    """Return the ways to read a heading cell: without its English line, or all its Chinese."""
    keys = [label_key(english_cut(text)), label_key(chinese_part(text))]
    return list(dict.fromkeys(key for key in keys if key)) or [""]


def _without_unit(key: str) -> tuple[str, str | None]:
    match = _UNIT.fullmatch(key)
    if match is not None:
        return match[1], match[2]
    for mark in (",", ":", "/", "、"):
        text, _, unit = key.rpartition(mark)
        if text and is_a_unit(unit):
            return text, unit
    return key, None


def _joins(words: Sequence[str]) -> Iterator[str]:
    """Yield the words one after the other, and with what two of them share written once."""
    yield "".join(words)
    merged = words[0]
    for word in words[1:]:
        shared = next(
            (n for n in range(min(len(merged), len(word)), _OVERLAP - 1, -1)
             if merged.endswith(word[:n])),
            0,
        )  # fmt: skip
        merged += word[shared:]
    if merged != "".join(words):
        yield merged
