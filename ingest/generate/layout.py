"""The layout of a return: what stands in which row, the same in a workbook and in a csv file.

Row 1 the title, then one field of the head per row (label in A, value in B), an empty row, the
heading row, then the data. The reader finds all of it by text and not by position; only the
writers of this package need to know where things stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ingest.forms.catalogue import head_fields, table_columns
from ingest.forms.model import Column, Form, HeadField, Table
from warehouse.errors import UsageError
from warehouse.month import Month

Cell = str | int | float | Decimal | date | None
Row = Mapping[str, Cell]

TAG_SHEET = "_tmw"
YUAN = "元"
FIRST_HEAD_ROW = 2
# A township fills a row from left to right: where and what kind first, exceptions last.
_LEADING = ("place_code", "row_kind", "units")


@dataclass(frozen=True)
class Sheet:
    """One sheet of a return: its columns from A on, and where its rows begin (1-based)."""

    form: Form
    table: Table
    columns: tuple[Column, ...]
    head: tuple[HeadField, ...]
    money_unit: str

    @property
    def title(self) -> str:
        """Return the text of cell A1, `<title> <form code>`."""
        return f"{self.table.title.zh} {self.form.form_code}"

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


def heading_unit(column: Column, money_unit: str) -> str | None:
    """Return the unit a heading names; columns in yuan follow the head's unit of money."""
    if column.type == "money" and column.unit == YUAN:
        return money_unit
    return column.unit


def in_use(column: Column, month: Month | None) -> bool:
    """Return whether the column is collected in the month (without a month: today's form)."""
    if month is None:
        return column.until is None
    since, until = column.since, column.until
    return (since is None or since <= str(month)) and (until is None or str(month) <= until)


def sheet_of(form: Form, table: Table, head: Mapping[str, str]) -> Sheet:
    """Return the sheet of a table as it stands in the month and unit of money of the head."""
    columns = [c for c in table_columns(form, table) if in_use(c, _month_of(head))]
    leading = [c for name in _LEADING for c in columns if c.name == name]
    own_names = {c.name for c in table.columns}
    own = [c for c in columns if c.name in own_names]
    trailing = [c for c in columns if c not in leading and c not in own]
    return Sheet(
        form=form,
        table=table,
        columns=(*leading, *own, *trailing),
        head=head_fields(),
        money_unit=head.get("money_unit") or YUAN,
    )


def grid(sheet: Sheet, head: Mapping[str, str], rows: Sequence[Row]) -> list[list[Cell]]:
    """Return every cell of the sheet, row by row.

    Raise `UsageError` where the head or a row names something the form does not have.
    """
    _refuse_unknown("head", head, {f.name for f in sheet.head})
    names = [c.name for c in sheet.columns]
    cells: list[list[Cell]] = [[sheet.title]]
    cells += [[f"{f.zh} {f.en}", head.get(f.name)] for f in sheet.head]
    cells += [[], [sheet.heading(c) for c in sheet.columns]]
    for row in rows:
        _refuse_unknown("row", row, set(names))
        cells.append([row.get(name) for name in names])
    return cells


def _month_of(head: Mapping[str, str]) -> Month | None:
    try:
        return Month.parse(head.get("report_month", ""))
    except UsageError:
        return None


def _refuse_unknown(part: str, given: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise UsageError(
            f"The {part} of the return names {', '.join(unknown)}.",
            remedy="Use the canonical names of the form's definition.",
        )
