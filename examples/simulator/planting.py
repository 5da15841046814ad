"""Errors planted into finished files: what a kind of error is, and what it must be found by.

A kind looks at one finished return and says which cells it would change, to what, and which
findings must follow. It opens the file as a person would, by sheet and address; it knows the
rules from the forms' manual and never imports the checks.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, Protocol

from openpyxl import load_workbook

from examples.simulator.files import WrittenReturn
from examples.simulator.tables import SimulatedReturn, SimulatedRow, Simulation, row_key_of
from ingest.forms.catalogue import head_fields, load_form
from ingest.generate.fill import FilledReturn
from ingest.generate.layout import FIRST_HEAD_ROW
from ingest.generate.stable_zip import save_stable

Severity = Literal["error", "warning", "info"]
HEADING_ROW = FIRST_HEAD_ROW + len(head_fields()) + 1


@dataclass(frozen=True)
class Edit:
    """One changed cell."""

    sheet: str
    cell: str
    value: Any


@dataclass(frozen=True)
class Truth:
    """One finding that must follow, with what stood in the planted cell and what was put there.

    `cell` and `sheet` are where the finding stands, which need not be the planted cell.
    """

    file: str
    sheet: str
    cell: str
    check_id: str
    severity: Severity
    level: int
    row_key: dict[str, str]
    true_value: str
    planted_value: str


@dataclass(frozen=True)
class Planting:
    """What to do to one file, and what must be found.

    `needs` are other returns (unit, form, month index) that must stay as they are, since the
    findings depend on them. `damage` changes the file's bytes instead of its cells.
    """

    edits: tuple[Edit, ...] = ()
    truths: tuple[Truth, ...] = ()
    needs: tuple[tuple[str, str, int], ...] = ()
    damage: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Target:
    """A finished return with its rows and their addresses, and all others beside it."""

    simulation: Simulation
    written: WrittenReturn
    others: dict[tuple[str, str, int], WrittenReturn] = field(repr=False)

    @property
    def filed(self) -> SimulatedReturn:
        """Return what was filed."""
        return self.written.filed

    @property
    def places(self) -> FilledReturn:
        """Return where the rows stand; only workbooks are planted into."""
        if self.written.filled is None:
            raise AssertionError(f"{self.written.path.name} is no workbook")
        return self.written.filled

    @property
    def file(self) -> str:
        """Return the name of the file."""
        return self.written.path.name

    @property
    def sheet(self) -> str:
        """Return the name of the main sheet."""
        return self.places.sheets[self.filed.main_table]

    def rows(self, table: str | None = None) -> Sequence[SimulatedRow]:
        """Return the rows of a table (the main one)."""
        return self.filed.rows.get(table or self.filed.main_table, [])

    def cell(self, index: int, column: str, table: str | None = None) -> tuple[str, str]:
        """Return sheet and address of a column of the row given by its position."""
        return self.places.cell(table or self.filed.main_table, index, column)

    def heading(self, column: str) -> tuple[str, str]:
        """Return sheet and address of a heading of the main table."""
        letter = self.places.letters[self.filed.main_table][column]
        return self.sheet, f"{letter}{HEADING_ROW}"

    def at(self, months: int, form_code: str | None = None) -> Target | None:
        """Return the unit's return some months later, of this or another form, if written."""
        key = (self.filed.unit.area_code, form_code or self.filed.form_code,
               self.filed.index + months)  # fmt: skip
        other = self.others.get(key)
        return Target(self.simulation, other, self.others) if other and other.filled else None

    def key(self, row: SimulatedRow, table: str | None = None) -> dict[str, str]:
        """Return the row key as a finding carries it."""
        form = load_form(self.filed.form_code)
        name = table or self.filed.main_table
        return row_key_of(form, next(t for t in form.tables if t.name == name), row)

    def find(self, key: dict[str, str]) -> int | None:
        """Return the position of the row of this key in the main table."""
        return next((i for i, row in enumerate(self.rows()) if self.key(row) == key), None)

    def needs(self, *months: int, forms: Sequence[str] = ()) -> tuple[tuple[str, str, int], ...]:
        """Return the returns of the unit these months away (this form, or the ones named)."""
        codes = forms or (self.filed.form_code,)
        return tuple(
            (self.filed.unit.area_code, code, self.filed.index + month)
            for code in codes
            for month in months
        )


class Kind(Protocol):
    """A kind of error: `id` as `--error-kinds` names it, the check and level it is for."""

    @property
    def id(self) -> str:
        """Return the name of the kind."""

    @property
    def check_id(self) -> str:
        """Return the check that must find it."""

    @property
    def level(self) -> int:
        """Return the validation level of that check."""

    def plant(self, target: Target, chance: Random) -> Planting | None:
        """Return what to plant into a return, None where it offers no victim."""


@dataclass(frozen=True)
class SimpleKind:
    """A kind made of a function."""

    id: str
    check_id: str
    level: int
    function: Callable[[Target, Random], Planting | None]

    def plant(self, target: Target, chance: Random) -> Planting | None:
        """Return what to plant into a return, None where it offers no victim."""
        return self.function(target, chance)


def shuffled(chance: Random, rows: Sequence[SimulatedRow]) -> Iterator[tuple[int, SimulatedRow]]:
    """Yield the rows with their positions in a drawn order."""
    places = list(range(len(rows)))
    chance.shuffle(places)
    return ((place, rows[place]) for place in places)


def finding_at(
    target: Target,
    place: tuple[int, str],
    check_id: str,
    severity: Severity,
    values: tuple[Any, Any],
    *,
    row: SimulatedRow | None = None,
    level: int = 3,
    table: str | None = None,
) -> Truth:
    """Return the finding at a row and column; `row` where planting changes its key."""
    index, column = place
    sheet, cell = target.cell(index, column, table)
    key = target.key(row or target.rows(table)[index], table)
    return Truth(
        target.file, sheet, cell, check_id, severity, level, key, text(values[0]), text(values[1])
    )


def one_edit(
    target: Target,
    place: tuple[int, str],
    planted: Any,
    truths: Sequence[Truth],
    needs: tuple[tuple[str, str, int], ...],
    table: str | None = None,
) -> Planting:
    """Return the planting of one cell, given by row and column."""
    return Planting((Edit(*target.cell(*place, table), planted),), tuple(truths), needs)


def find_project(target: Target, code: str | None) -> int | None:
    """Return the position of a project's detail row in FP-01."""
    return next(
        (
            index
            for index, row in enumerate(target.rows("fp01"))
            if row.get("project_code") == code and row["row_kind"] == "1"
        ),
        None,
    )


def text(value: object) -> str:
    """Return a value as the truth file shows it."""
    return "" if value is None else str(value)


def apply(path: Path, planting: Planting) -> None:
    """Change the finished file; equal files and plantings give equal bytes."""
    if planting.damage is not None:
        path.write_bytes(planting.damage(path.read_bytes()))
        return
    workbook = load_workbook(io.BytesIO(path.read_bytes()))
    for edit in planting.edits:
        cell = workbook[edit.sheet][edit.cell]
        cell.value = edit.value
        if isinstance(edit.value, str):
            cell.data_type = "s"
    save_stable(workbook, path, compress=True)
