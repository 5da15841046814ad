"""The rebuilt returns as data: which return holds which row, which cell shows which figure.

Each example is a folder of csv files: `returns.csv`, `rows.csv`, `cells.csv`, `figures.csv`,
`assignments.csv` and `waivers.csv`; their columns are explained in `examples/README.md`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.month import Month

LIJIANG = Path(__file__).parent / "lijiang"
MALIPO = Path(__file__).parent / "malipo"
EXAMPLES = (LIJIANG, MALIPO)


@dataclass(frozen=True)
class ExampleCell:
    """One written cell: its exact text, its mark (A, E, U or L) and the figures behind it.

    `version` is the first version of the return that carries this text; `figures` is an
    arithmetic expression over figure ids such as `[002-002]-[002-003]`, blank for mark L.
    `reading` says what is taken from the figure: blank its number, else what its words mean
    for the column (`state`, `progress`).
    """

    row_id: str
    version: int
    column_name: str
    text: str
    mark: str
    figures: str
    reading: str
    note: str


@dataclass(frozen=True)
class ExampleRow:
    """One row of a form: who files it, its keys, codes and names by canonical column name."""

    row_id: str
    form_code: str
    filed_by: str
    codes: dict[str, str]
    note: str


@dataclass(frozen=True)
class ExampleReturn:
    """One file that a unit sends: a form, a month, a version, a format and the time of receipt."""

    folder: Path
    return_id: str
    form_code: str
    area_code: str
    area_name: str
    month: Month
    version: int
    format: str
    encoding: str
    received_at: datetime

    @property
    def file_name(self) -> str:
        """Return the name under which the file is sent."""
        return (
            f"{self.form_code}_{self.area_code}_{self.month.compact}_v{self.version}.{self.format}"
        )


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the lines of a csv of an example, every value as text."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def example_returns(folder: Path) -> tuple[ExampleReturn, ...]:
    """Return every file of the example, in the order of `returns.csv`."""
    return tuple(
        ExampleReturn(
            folder=folder,
            return_id=line["return_id"],
            form_code=line["form_code"],
            area_code=line["area_code"],
            area_name=line["area_name"],
            month=Month.parse(line["stat_month"]),
            version=int(line["version"]),
            format=line["format"],
            encoding=line["encoding"],
            received_at=datetime.fromisoformat(line["received_at"]),
        )
        for line in read_csv(folder / "returns.csv")
    )


def example_rows(folder: Path) -> tuple[ExampleRow, ...]:
    """Return every row of the example, in the order in which the rows are written."""
    own = ("row_id", "form_code", "filed_by", "note")
    return tuple(
        ExampleRow(
            row_id=line["row_id"],
            form_code=line["form_code"],
            filed_by=line["filed_by"],
            codes={name: text for name, text in line.items() if name not in own and text},
            note=line["note"],
        )
        for line in read_csv(folder / "rows.csv")
    )


def example_cells(folder: Path) -> tuple[ExampleCell, ...]:
    """Return every cell of the example that carries a figure or a mark."""
    return tuple(
        ExampleCell(
            row_id=line["row_id"],
            version=int(line["version"]),
            column_name=line["column_name"],
            text=line["text"],
            mark=line["mark"],
            figures=line["figures"],
            reading=line["reading"],
            note=line["note"],
        )
        for line in read_csv(folder / "cells.csv")
    )


def rows_of(filed: ExampleReturn) -> list[dict[str, str]]:
    """Return the rows of one return, each a mapping of canonical column name to written text.

    A cell of a higher version replaces the one of the same row and column below it.
    """
    texts: dict[str, dict[str, str]] = {}
    for cell in sorted(example_cells(filed.folder), key=lambda cell: cell.version):
        if cell.version <= filed.version:
            texts.setdefault(cell.row_id, {})[cell.column_name] = cell.text
    return [
        row.codes | texts.get(row.row_id, {})
        for row in example_rows(filed.folder)
        if (row.form_code, row.filed_by) == (filed.form_code, filed.area_code)
    ]
