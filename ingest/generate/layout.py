"""The layout of a return: what stands in which row, the same in a workbook and in a csv file.

Row 1 the title, then one field of the head per row (label in A, value in B), an empty row, the
heading row, then the data. A sub-table stands on a sheet of its own, without the head. The
reader finds all of it by text and not by position; only the writers of this package need to
know where things stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ingest.forms.catalogue import head_fields, table_columns
from ingest.forms.model import LAST_MONTH, Column, Form, HeadField, Table, in_force
from warehouse.errors import UsageError
from warehouse.month import Month

Cell = str | int | float | Decimal | date | None
Row = Mapping[str, Cell]

TAG_SHEET = "_tmw"
NOTES_SHEET = "填表说明"
CODES_SHEET = "代码"
YUAN = "元"
FIRST_HEAD_ROW = 2
# A township fills a row from left to right: which thing, where and what kind first, exceptions
# last.
_LEADING = ("place_code", "row_kind", "units")
# Bases whose value of last month helps to fill in this month's.
COMPARED = ("Y", "C", "S")


@dataclass(frozen=True)
class Place:
    """One column of a sheet: a column of the form, or last month's value of the one before it."""

    column: Column
    of_last_month: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet of a return: its columns from A on, and where its rows begin (1-based)."""

    form: Form
    table: Table
    places: tuple[Place, ...]
    head: tuple[HeadField, ...]
    money_unit: str

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns that are filled in, from left to right."""
        return tuple(place.column for place in self.places if not place.of_last_month)

    @property
    def fixed(self) -> int:
        """Return how many columns from A on say which project or village a row is about."""
        names = _naming(self.form)
        return sum(place.column.name in names for place in self.places[: len(names)])

    @property
    def title(self) -> str:
        """Return the text of cell A1, `<title> <form code>` (or that of the sub-table)."""
        return f"{self.table.title.zh} {self.table.sheet}"

    @property
    def heading_row(self) -> int:
        """Return the row of the column headings: after the head and one empty row."""
        return FIRST_HEAD_ROW + len(self.head) + 1

    @property
    def first_data_row(self) -> int:
        """Return the row of the first data row."""
        return self.heading_row + 1

    def heading(self, column: Column) -> str:
        """Return the heading cell: Chinese with the unit in parentheses, English below."""
        unit = heading_unit(column, self.money_unit)
        return f"{column.zh}({unit})\n{column.en}" if unit else f"{column.zh}\n{column.en}"

    def heading_at(self, place: Place) -> str:
        """Return the heading of a place; that of a grey one begins with `LAST_MONTH`."""
        heading = self.heading(place.column)
        if not place.of_last_month:
            return heading
        zh, en = heading.split("\n")
        return f"{LAST_MONTH}{zh}\nLast month: {en}"


def heading_unit(column: Column, money_unit: str) -> str | None:
    """Return the unit a heading names; columns in yuan follow the head's unit of money."""
    if column.type == "money" and column.unit == YUAN:
        return money_unit
    return column.unit


def in_use(column: Column, month: Month | None) -> bool:
    """Return whether the column is collected in the month (without a month: today's form)."""
    if month is None:
        return column.until is None
    return in_force(column.since, column.until, str(month))


def sheet_of(
    form: Form, table: Table, head: Mapping[str, str], *, with_last_month: bool = False
) -> Sheet:
    """Return the sheet of a table as it stands in the month and unit of money of the head.

    `with_last_month` adds a place for last month's value beside each cumulative one and stock.
    """
    month = _month_of(head)
    columns = [
        c.as_of(str(month)) if month else c for c in table_columns(form, table) if in_use(c, month)
    ]
    names = (*_naming(form), *_LEADING) if table.every_row else _LEADING
    leading = [c for name in names for c in columns if c.name == name]
    own_names = {c.name for c in table.columns}
    own = [c for c in columns if c.name in own_names and c not in leading]
    trailing = [c for c in columns if c not in leading and c not in own]
    places = []
    for column in (*leading, *own, *trailing):
        places.append(Place(column))
        if with_last_month and column.basis in COMPARED:
            places.append(Place(column, of_last_month=True))
    return Sheet(
        form=form,
        table=table,
        places=tuple(places),
        head=head_fields() if table is form.tables[0] else (),
        money_unit=head.get("money_unit") or YUAN,
    )


def grid(sheet: Sheet, head: Mapping[str, str], rows: Sequence[Row]) -> list[list[Cell]]:
    """Return every cell of the sheet, row by row; the places of last month stay empty.

    Raise `UsageError` where the head or a row names something the form does not have.
    """
    refuse_unknown("head", head, {field.name for field in head_fields()})
    names = {column.name for column in sheet.columns}
    cells: list[list[Cell]] = [[sheet.title]]
    cells += [[f"{f.zh} {f.en}", head.get(f.name)] for f in sheet.head]
    cells += [[], [sheet.heading_at(place) for place in sheet.places]]
    for row in rows:
        refuse_unknown("row", row, names)
        cells.append([None if p.of_last_month else row.get(p.column.name) for p in sheet.places])
    return cells


def _naming(form: Form) -> tuple[str, ...]:
    """Return the columns that say which project or village a row is about: code and name."""
    name = form.lists.name if form.lists is not None else None
    return tuple(filter(None, (form.identity, name)))


def _month_of(head: Mapping[str, str]) -> Month | None:
    try:
        return Month.parse(head.get("report_month", ""))
    except UsageError:
        return None


def refuse_unknown(part: str, given: Mapping[str, object], known: set[str]) -> None:
    """Raise `UsageError` where names are given that a return does not have."""
    unknown = sorted(set(given) - known)
    if unknown:
        raise UsageError(
            f"The {part} of the return names {', '.join(unknown)}.",
            remedy="Use the canonical names of the form's definition.",
        )
