"""Which sheets of a file hold the tables of its form, and what the others are.

A table stands in the sheet of its name, else in the sheet whose headings it has. One file is
one return: where its sheets hold several forms, it says so and nothing is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ingest.forms.catalogue import key_columns, load_forms
from ingest.forms.model import Form, Table
from ingest.generate.layout import CODES_SHEET, NOTES_SHEET, TAG_SHEET
from ingest.parsed import HeadCell, HiddenTag, ParsedTable
from ingest.read.cells import cell_text, column_letter
from ingest.read.head import ReadHead
from ingest.read.heading_rows import find_headings
from ingest.read.headings import headings_of
from ingest.read.labels import label_key
from ingest.read.messages import row_finding
from ingest.read.sandbox import Grid
from ingest.read.table import read_table
from warehouse.findings import Finding
from warehouse.month import Month

# Sheets of our own making beside the tables: hints and codes of a blank return.
OUR_SHEETS: Final = frozenset({TAG_SHEET, NOTES_SHEET, CODES_SHEET})
_TITLE_ROWS: Final = 20
_LEAST_SHARE: Final = 0.6  # of a form's headings: so many are no coincidence


@dataclass
class ReadSheets:
    """The tables of a return, and what there is to say about its sheets and rows."""

    tables: list[ParsedTable] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def with_form_code(
    head: ReadHead, tag: HiddenTag | None, grids: Sequence[Grid]
) -> tuple[ReadHead, list[Finding]]:
    """Return the head with the form that tag and titles name, where it names none itself.

    Nothing is added where they name two forms.
    """
    if head.text("form_code") or not head.cells:
        return head, []
    named = list(_named_forms(tag, grids))
    if len({code for code, _ in named}) != 1:
        return head, []
    code, place = named[0]
    cells = {"form_code": replace(place, text=code), **_without(head.cells, "form_code")}
    info = row_finding("form_by_title", code, place.sheet, place.cell, place.text)
    return replace(head, cells=cells), [info]


def several_forms(
    heads: Sequence[ReadHead], grids: Sequence[Grid], form: Form, month: Month
) -> Finding | None:
    """Return the finding that the sheets of a file hold more than one form, None if one."""
    sheets: dict[str, list[str]] = {}
    for head in heads:
        code = head.text("form_code")
        if code in load_forms() and head.grid is not None:
            sheets.setdefault(code, []).append(head.grid.sheet)
    placed = {name for names in sheets.values() for name in names}
    for grid in grids:
        if grid.sheet in placed or grid.sheet in OUR_SHEETS:
            continue
        other = _form_of_headings(grid, month)
        if other is not None:
            sheets.setdefault(other.form_code, []).append(grid.sheet)
    sheets.setdefault(form.form_code, [])
    if len(sheets) == 1:
        return None
    listed = "；".join(
        f"{code}（{'、'.join(names)}）" for code, names in sorted(sheets.items()) if names
    )
    return row_finding("several_forms", form.form_code, None, None, listed)


def read_tables(
    grids: Sequence[Grid], head: ReadHead, form: Form, month: Month, unit: str | None
) -> ReadSheets:
    """Read every table of a form that the file holds, and tell of the sheets it does not read.

    `unit` is the code of the filing unit, where it is known.
    """
    found = ReadSheets()
    used: list[Grid] = []
    money_unit = head.text("money_unit") or None
    for number, table in enumerate(form.tables):
        free = [grid for grid in grids if not any(grid is taken for taken in used)]
        grid = _sheet_of(free, form, table, month, head.grid if number == 0 else None)
        if grid is None:
            continue
        used.append(grid)
        parsed, findings = read_table(grid, form, table, month, money_unit, unit)
        found.tables.append(parsed)
        found.findings += findings
    found.findings += _not_read(form, grids, used)
    return found


def _sheet_of(
    grids: Sequence[Grid], form: Form, table: Table, month: Month, with_head: Grid | None
) -> Grid | None:
    """Return the sheet of a table: of its name, with the head, or with most of its headings."""
    named = [g for g in grids if label_key(g.sheet).upper() == table.sheet.upper()]
    candidates = [*named, *([with_head] if with_head is not None else [])]
    for grid in candidates:
        if find_headings(grid, headings_of(form, table, month)) is not None:
            return grid
    others = [grid for grid in grids if grid.sheet not in OUR_SHEETS and grid is not with_head]
    counted = [(_fit(grid, form, table, month), -place) for place, grid in enumerate(others)]
    best, place = max(counted, default=(0, 0))
    if best:
        return others[-place]
    return candidates[0] if candidates else None


def _fit(grid: Grid, form: Form, table: Table, month: Month) -> int:
    """Return how many headings of a table a sheet has, 0 where they do not make it that table."""
    block = find_headings(grid, headings_of(form, table, month))
    if block is None:
        return 0
    names = {named.column.name for named in block.named if named is not None}
    keys = {column.name for column in key_columns(form, table)}
    enough = block.count >= _LEAST_SHARE * headings_of(form, table, month).count
    return block.count if enough and keys <= names else 0


def _form_of_headings(grid: Grid, month: Month) -> Form | None:
    """Return the form whose main table a sheet has the headings of."""
    fits = [(_fit(grid, form, form.tables[0], month), form) for form in load_forms().values()]
    best = max(fits, key=lambda fit: fit[0], default=(0, None))
    return best[1] if best[0] else None


def _named_forms(tag: HiddenTag | None, grids: Sequence[Grid]) -> Iterator[tuple[str, HeadCell]]:
    """Yield each form that the tag, a title or the name of a sheet names, and where."""
    forms = load_forms()
    if tag is not None and tag.form_code is not None and tag.form_code in forms:
        yield tag.form_code, HeadCell("form_code", tag.form_code, TAG_SHEET, "B1")
    titles = {label_key(form.title.zh): code for code, form in forms.items()}
    for grid in grids:
        if grid.sheet in OUR_SHEETS:
            continue
        if label_key(grid.sheet).upper() in forms:
            code = label_key(grid.sheet).upper()
            yield code, HeadCell("form_code", grid.sheet, grid.sheet, "A1")
        for row_no, row in enumerate(grid.rows[:_TITLE_ROWS], start=1):
            for index, cell in enumerate(row):
                key = label_key(cell_text(cell)) if isinstance(cell, str) else ""
                for title, code in titles.items():
                    if title in key:
                        address = f"{column_letter(index)}{row_no}"
                        yield code, HeadCell("form_code", cell_text(cell), grid.sheet, address)


def _not_read(form: Form, grids: Sequence[Grid], used: Sequence[Grid]) -> Iterator[Finding]:
    for grid in grids:
        if any(grid is taken for taken in used) or grid.sheet in OUR_SHEETS:
            continue
        if any(cell_text(cell) for row in grid.rows for cell in row):
            kind = "hidden_other_sheet" if grid.hidden else "sheet_not_read"
            yield row_finding(kind, form.form_code, grid.sheet, None, grid.sheet)


def _without(cells: Mapping[str, HeadCell], name: str) -> dict[str, HeadCell]:
    return {field: cell for field, cell in cells.items() if field != name}
