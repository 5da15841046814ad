"""The names in use within one unit, and what a written name means among them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ingest.names.spelling import Spelling, most_slips, slips, spelling_of

Outcome = Literal["read", "slip", "ambiguous", "unknown"]

_NEAREST: Final = 3
_ALIKE: Final = 0.34  # below that a name is not worth showing
# Two characters of which one is wrong are too little, unless the same word for the kind is there.
_SHORTEST_WITH_KIND: Final = 2
_SHORTEST_ALONE: Final = 3
_LONGEST: Final = 100  # characters; what is longer is no name


@dataclass(frozen=True)
class Named:
    """One thing a name may mean: an area, a village or a project (which has no level).

    `parent` is the code of what it lies in; `former` are names it had in other periods.
    """

    code: str
    name: str
    level: str | None = None
    parent: str | None = None
    former: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Return code and name, as a reporter is told of it."""
        return f"{self.code} {self.name}"


@dataclass(frozen=True)
class Match:
    """What a written name means: `meant` where it is taken, else the nearest or all it may mean."""

    outcome: Outcome
    meant: Named | None = None
    nearest: tuple[Named, ...] = ()


class Register:
    """The names of one unit and of what lies in it; `above` are the areas the unit lies in.

    A name may have the names of areas around it before it (玉龙县黎明乡).
    """

    def __init__(self, things: Iterable[Named], above: Iterable[Named] = ()) -> None:
        self._things = {thing.code: thing for thing in things}
        self._above = {thing.code: thing for thing in above}
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._loose: dict[str, set[str]] = defaultdict(set)
        # The short forms of the things alone, each with the words for the kind behind it.
        self._short: dict[str, dict[str, set[str | None]]] = defaultdict(dict)
        for thing in (*self._things.values(), *self._above.values()):
            self._exact[spelling_of(thing.name).key].add(thing.code)
            for name in (thing.name, *thing.former):
                spelling = spelling_of(name)
                for form in {spelling.key, *spelling.cores}:
                    self._loose[form].add(thing.code)
                for core in spelling.cores if thing.code in self._things else ():
                    self._short[core].setdefault(thing.code, set()).add(spelling.kind)
        self._forms = list(self._short)
        self._found: dict[str, Match] = {}

    def find(self, text: str) -> Match:
        """Return what a name means here; the same text is looked up once."""
        if text not in self._found:
            self._found[text] = self._find(spelling_of(text))
        return self._found[text]

    def thing(self, code: str) -> Named | None:
        """Return what has this code."""
        return self._things.get(code)

    def bearing(self, text: str) -> tuple[Named, ...]:
        """Return all that bears a name, in the order of their codes; no slips."""
        codes = self._named(spelling_of(text)) if len(text) <= _LONGEST else set()
        return tuple(self._things[code] for code in sorted(codes & self._things.keys()))

    def _find(self, text: Spelling) -> Match:
        if len(text.key) > _LONGEST:
            return Match("unknown")
        meant = {code for code in self._named(text) if code in self._things}
        if len(meant) == 1:
            return Match("read", self._things[meant.pop()])
        if meant:
            return Match("ambiguous", nearest=self._shown(meant))
        near = self._near(text)
        return near if near.outcome != "unknown" else Match("unknown", nearest=self._alike(text))

    def _named(self, text: Spelling) -> set[str]:
        """Return all that bears this name, itself or behind the names of areas around it."""
        exact = self._exact.get(text.key, set())
        if exact & self._things.keys():
            return exact
        loose = {
            code
            for core in text.cores
            for code in self._loose.get(core, ())
            if text.may_be(self._thing(code).level)
        } | {code for code in self._loose.get(text.key, ()) if self._bears(code, text.key)}
        if loose:
            return loose
        return {code for rest, area in self._behind(text) for code in rest if self._in(code, area)}

    def _behind(self, text: Spelling) -> Iterator[tuple[set[str], str]]:
        """Return what the end of a name means, with each area that its beginning may name."""
        for length in range(2, len(text.key) - 1):
            around = spelling_of(text.key[:length])
            for core in (around.key, *around.cores):
                for area in self._loose.get(core, ()):
                    if around.may_be(self._thing(area).level):
                        yield self._named(spelling_of(text.key[length:])), area

    def _near(self, text: Spelling) -> Match:
        """Return the one name of which the text is a slip, clearly before the second."""
        shortest = _SHORTEST_ALONE if text.levels is None else _SHORTEST_WITH_KIND
        found: dict[str, int] = {}
        for mine in (core for core in text.cores if len(core) >= shortest):
            most = most_slips(len(mine) + 2)
            close = process.extract(
                mine, self._forms, scorer=OSA.distance, processor=None,
                score_cutoff=most, limit=None,
            )  # fmt: skip
            for form, _, _ in close:
                distance = slips(mine, form) if len(form) >= shortest else None
                if distance is None:
                    continue
                for code, kinds in self._short[form].items():
                    thin = min(len(mine), len(form)) < _SHORTEST_ALONE
                    if text.may_be(self._things[code].level) and (not thin or text.kind in kinds):
                        found[code] = min(distance, found.get(code, distance))
        if not found:
            return Match("unknown")
        best, *others = sorted(found.items(), key=lambda item: (item[1], item[0]))
        ahead = 1 if len(text.key) < 6 else 2
        if not others or others[0][1] >= best[1] + ahead:
            return Match("slip", self._things[best[0]])
        return Match("ambiguous", nearest=self._shown(found))

    def _alike(self, text: Spelling) -> tuple[Named, ...]:
        found: dict[str, float] = {}
        for mine in {text.key, *text.cores}:
            close = process.extract(
                mine, self._forms, scorer=OSA.normalized_similarity, processor=None,
                score_cutoff=_ALIKE, limit=_NEAREST * 2,
            )  # fmt: skip
            for form, score, _ in close:
                for code in self._short[form]:
                    found[code] = max(score, found.get(code, 0.0))
        best = heapq.nsmallest(_NEAREST, found, key=lambda code: (-found[code], code))
        return tuple(self._within(code) for code in best)

    def _shown(self, codes: Iterable[str]) -> tuple[Named, ...]:
        """Return some of these in order, those of one name with the name of what they lie in."""
        return tuple(self._within(code) for code in sorted(codes)[: 2 * _NEAREST])

    def _within(self, code: str) -> Named:
        thing = self._things[code]
        parent = self._things.get(thing.parent or "") or self._above.get(thing.parent or "")
        name = thing.name if parent is None else f"{parent.name}{thing.name}"
        return Named(thing.code, name, thing.level, thing.parent)

    def _in(self, code: str, area: str) -> bool:
        seen: set[str] = set()
        at: str | None = code
        while at is not None and at not in seen:
            seen.add(at)
            known = self._things.get(at) or self._above.get(at)
            at = known.parent if known is not None else None
            if at == area:
                return True
        return False

    def _thing(self, code: str) -> Named:
        return self._things.get(code) or self._above[code]

    def _bears(self, code: str, key: str) -> bool:
        thing = self._thing(code)
        return any(spelling_of(name).key == key for name in (thing.name, *thing.former))
