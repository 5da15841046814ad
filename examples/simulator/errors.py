"""The catalogue of kinds of error, and the planter that spreads them over finished files."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

from examples.simulator.chance import stream
from examples.simulator.errors_cell import cell_kinds
from examples.simulator.errors_file import file_kinds
from examples.simulator.errors_forms import form_kinds
from examples.simulator.errors_history import history_kinds
from examples.simulator.errors_payments import payment_kinds
from examples.simulator.files import WrittenReturn
from examples.simulator.planting import Kind, Planting, Target, Truth, apply
from examples.simulator.tables import Simulation
from warehouse.errors import UsageError

TRUTH_COLUMNS = (
    "file", "sheet", "cell", "check_id", "severity", "level", "row_key", "true_value",
    "planted_value",
)  # fmt: skip
_WITHIN_FILE = 1  # up to this level a file is judged alone, and may be rejected
_SHARE_FOR_FILES = 0.5  # of the townships, for errors judged within one file

Key = tuple[str, str, int]


@cache
def all_kinds() -> dict[str, Kind]:
    """Return every kind of error by its id."""
    kinds = [*file_kinds(), *cell_kinds(), *history_kinds(), *form_kinds(), *payment_kinds()]
    return {kind.id: kind for kind in kinds}


def chosen_kinds(ids: Collection[str] | None) -> tuple[Kind, ...]:
    """Return the kinds named (all of them for None); raise `UsageError` for an unknown id."""
    kinds = all_kinds()
    unknown = sorted(set(ids or ()) - set(kinds))
    if unknown:
        raise UsageError(
            f"There is no kind of error {', '.join(unknown)}.",
            remedy=f"Name some of {', '.join(kinds)}.",
        )
    return tuple(kind for kind in kinds.values() if ids is None or kind.id in ids)


@dataclass
class Planted:
    """What was planted: how many errors, the expected findings, and kinds without a victim."""

    count: int
    truths: list[Truth]
    by_kind: dict[str, int]

    @property
    def without_victim(self) -> tuple[str, ...]:
        """Return the kinds that found no victim at all."""
        return tuple(kind for kind, count in self.by_kind.items() if not count)


def plant_errors(
    simulation: Simulation,
    written: Sequence[WrittenReturn],
    count: int,
    kinds: Sequence[Kind],
) -> Planted:
    """Change `count` files, kind after kind in turn, one error each, so that none masks another.

    Errors judged within one file reject it, so they and the errors over months and forms get
    townships of their own; the files these depend on stay as they are. The county office stays
    clean. Raises `UsageError` where the simulation offers too few victims.
    """
    planter = _Planter(simulation, written, kinds)
    truths: list[Truth] = []
    by_kind = {kind.id: 0 for kind in kinds}
    waiting = list(kinds)
    stream(simulation.seed, "plant", "kinds").shuffle(waiting)
    planted = 0
    while planted < count and waiting:
        for kind in list(waiting):
            if planted == count:
                break
            found = planter.plant(kind)
            if found is None:
                waiting.remove(kind)
                continue
            truths += found.truths
            by_kind[kind.id] += 1
            planted += 1
    if planted < count:
        raise UsageError(
            f"Only {planted} of {count} errors find a victim.",
            remedy="Simulate more months, choose more kinds, or plant fewer errors.",
        )
    return Planted(planted, truths, by_kind)


def write_truth(path: Path, truths: Iterable[Truth]) -> None:
    """Write the truth file: one line for each finding that must follow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(TRUTH_COLUMNS)
        for truth in sorted(truths, key=lambda t: (t.file, t.check_id, t.sheet, t.cell)):
            values = list(astuple(truth))
            place = TRUTH_COLUMNS.index("row_key")
            key = truth.row_key
            values[place] = json.dumps(key, ensure_ascii=False) if key else ""
            writer.writerow(values)


class _Planter:
    """Keeps what is planted and what must stay clean."""

    def __init__(
        self, simulation: Simulation, written: Sequence[WrittenReturn], kinds: Sequence[Kind]
    ) -> None:
        self._simulation = simulation
        self._others = {_key(item): item for item in written}
        self._planted: set[Key] = set()
        self._clean: set[Key] = set()
        self._drawn: dict[str, int] = {}
        within, over = _divided(simulation, kinds)
        self._units = {True: within, False: over}

    def plant(self, kind: Kind) -> Planting | None:
        """Plant one error of a kind into the first file that offers a victim."""
        number = self._drawn[kind.id] = self._drawn.get(kind.id, 0) + 1
        seed = self._simulation.seed
        chance = stream(seed, "plant", kind.id, number)
        units = self._units[kind.level <= _WITHIN_FILE]
        keys = sorted(key for key in self._others if key[0] in units)
        chance.shuffle(keys)
        for key in keys:
            item = self._others[key]
            if item.filled is None or key in self._planted or key in self._clean:
                continue
            planting = kind.plant(Target(self._simulation, item, self._others), chance)
            if planting is None or not self._planted.isdisjoint(planting.needs):
                continue
            self._planted.add(key)
            self._clean.update(planting.needs)
            apply(item.path, planting)
            return planting
        return None


def _divided(simulation: Simulation, kinds: Sequence[Kind]) -> tuple[set[str], set[str]]:
    """Return the townships for errors within a file and those for errors over files."""
    codes = [township.area_code for township in simulation.county.townships]
    stream(simulation.seed, "plant", "townships").shuffle(codes)
    within = any(kind.level <= _WITHIN_FILE for kind in kinds)
    over = any(kind.level > _WITHIN_FILE for kind in kinds)
    if not (within and over):
        return set(codes), set(codes)
    middle = max(1, round(len(codes) * _SHARE_FOR_FILES))
    return set(codes[:middle]), set(codes[middle:])


def _key(item: WrittenReturn) -> Key:
    return item.filed.unit.area_code, item.filed.form_code, item.filed.index
