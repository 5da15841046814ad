"""Read one form table from a sheet: its headings, its rows and the totals below them.

Nothing is silently dropped: a heading that the form does not have, a column of the form that
the sheet lacks, a heading that stands twice, a value below no heading and a row that is not
read are findings. Only the grey columns of a blank return, which show what the warehouse knew
of last month, and numbers of rows (序号) are passed over; of remarks (备注) the reporter is told.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from decimal import Decimal

from ingest.forms.catalogue import table_columns
from ingest.forms.model import Column, Form, Table, in_force
from ingest.parsed import ParsedTable
from ingest.read.cells import cell_text, column_letter
from ingest.read.columns import Place, Site, read_columns
from ingest.read.frame import build_frame, build_texts
from ingest.read.heading_rows import HeadingBlock, find_headings
from ingest.read.headings import Headings, headings_of
from ingest.read.messages import heading_finding, row_finding
from ingest.read.row_kinds import Rows, is_signature, sort_rows
from ingest.read.sandbox import Grid
from ingest.read.totals import place_totals
from ingest.read.units import unit_factor
from warehouse.findings import Finding
from warehouse.month import Month

__all__ = ["column_letter", "read_table"]


def read_table(
    grid: Grid,
    form: Form,
    table: Table,
    month: Month,
    money_unit: str | None,
    unit: str | None = None,
) -> tuple[ParsedTable, list[Finding]]:
    """Read the table from a sheet.

    `money_unit` is the head's unit of money, for headings of money that name none; `unit` the
    code of the filing unit, which is the place of a row of totals.
    """
    columns = table_columns(form, table)
    headings = headings_of(form, table, month)
    block = find_headings(grid, headings)
    sheet = grid.sheet or table.sheet  # a csv file reads as a workbook of the form
    if block is None:
        missing = heading_finding("no_heading_row", form.form_code, sheet)
        return _table(Site(grid, form, table, sheet), columns, {}, Rows(), None, 0)[0], [missing]
    site = Site(grid, form, table, sheet)
    places, findings = _places(site, block, headings, money_unit)
    findings += _missing(site, block, columns, month, {p.column.name for p in places.values()})
    passed_over = {
        index for index in range(len(block.levels)) if _is_passed_over(block, headings, index)
    }
    rows = sort_rows(
        grid, block, {index: place.column for index, place in places.items()}, passed_over
    )
    findings += _values_below_no_heading(site, block, rows, passed_over)
    parsed, unplaced = _table(site, columns, places, rows, unit, block.last_row)
    findings += _rows_not_data(site, rows, unplaced)
    findings += _remarks(site, block, headings, rows)
    findings += _hidden(site, parsed, rows)
    return parsed, findings


def _is_passed_over(block: HeadingBlock, headings: Headings, index: int) -> bool:
    texts = [text for text, _ in block.levels[index]]
    return bool(texts) and headings.is_passed_over(texts[-1])


def _places(
    site: Site, block: HeadingBlock, headings: Headings, money_unit: str | None
) -> tuple[dict[int, Place], list[Finding]]:
    places: dict[int, Place] = {}
    present: set[str] = set()
    findings: list[Finding] = []

    def report(kind: str, index: int, heading: str, column: Column | None = None) -> None:
        findings.append(
            heading_finding(
                kind, site.form.form_code, site.sheet,
                cell=_cell_of(site.grid, block, index), value=heading, column=column,
            )
        )  # fmt: skip

    for index, named in enumerate(block.named):
        heading = block.text(index)
        if not heading or _is_passed_over(block, headings, index):
            continue  # values below no heading are a finding of their own
        if named is None:
            report("unknown", index, heading)
            continue
        column = named.column
        if column.name in present:
            report("doubled", index, heading, column)
            continue
        present.add(column.name)
        stated = named.units[0] if named.units else None
        if stated is None and column.type == "money" and column.unit == "元":
            stated = money_unit
        factor = unit_factor(column.unit, stated)
        if factor is None or len({unit_factor(column.unit, name) for name in named.units}) > 1:
            report("unit", index, heading, column)
            factor = Decimal(1)
        places[index] = Place(column, index, heading, stated, stated or column.unit, factor)
    return places, findings


def _cell_of(grid: Grid, block: HeadingBlock, index: int) -> str:
    """Return the lowest cell of a heading that holds a text of its own."""
    for row_no in range(block.leaf_row, block.first_row - 1, -1):
        row = grid.rows[row_no - 1]
        if index < len(row) and cell_text(row[index]):
            return f"{column_letter(index)}{row_no}"
    return f"{column_letter(index)}{block.leaf_row}"


def _missing(
    site: Site,
    block: HeadingBlock,
    columns: tuple[Column, ...],
    month: Month,
    present: Container[str],
) -> Iterator[Finding]:
    for column in columns:
        if column.name not in present and in_force(column.since, column.until, str(month)):
            named = column.as_of(str(month))  # as in that month's template
            yield heading_finding(
                "missing", site.form.form_code, site.sheet,
                cell=f"A{block.leaf_row}", expected=named.zh, column=named,
            )  # fmt: skip


def _values_below_no_heading(
    site: Site, block: HeadingBlock, rows: Rows, passed_over: Container[int]
) -> Iterator[Finding]:
    seen = {index for index, levels in enumerate(block.levels) if levels}
    labels = {**rows.totals, **rows.subtotals}
    for row_no in sorted({*rows.data, *labels}):
        for index, cell in enumerate(site.grid.rows[row_no - 1]):
            if index in seen or index in passed_over or not cell_text(cell):
                continue
            if row_no in labels and index == labels[row_no][0]:
                continue
            seen.add(index)
            yield heading_finding(
                "no_heading", site.form.form_code, site.sheet,
                cell=f"{column_letter(index)}{row_no}", value=cell_text(cell),
            )  # fmt: skip


def _table(
    site: Site,
    columns: tuple[Column, ...],
    places: Mapping[int, Place],
    rows: Rows,
    unit: str | None,
    heading_row: int,
) -> tuple[ParsedTable, list[int]]:
    """Return the table, and the rows of totals that could not be placed."""
    totals, unplaced = place_totals(site.table, rows, columns, unit)
    row_nos = sorted([*rows.data, *totals.row_nos]) if places else []
    values, texts, marks = read_columns(site.grid, row_nos, list(places.values()), totals)
    parsed = ParsedTable(
        site.form.form_code,
        site.table.name,
        site.sheet,
        build_frame(columns, values, row_nos),
        build_texts(columns, texts, row_nos),
        marks=marks,
        heading_row=heading_row,
    )
    for place in places.values():
        name = place.column.name
        parsed.column_letters[name] = column_letter(place.index)
        parsed.headings[name] = place.heading
        if place.unit is not None:
            parsed.units[name] = place.unit
        parsed.factors[name] = float(place.factor)
    return parsed, unplaced


def _rows_not_data(site: Site, rows: Rows, unplaced: list[int]) -> Iterator[Finding]:
    """Tell of every row that is no data row, but for the lines of those who sign."""
    form_code, sheet = site.form.form_code, site.sheet
    labels = {**rows.totals, **rows.subtotals}
    for row_no, (index, text) in sorted(labels.items()):
        kind = "total_unplaced" if row_no in unplaced else "total"
        yield row_finding(kind, form_code, sheet, f"{column_letter(index)}{row_no}", text)
    for row_no, (index, text) in rows.notes.items():
        if not is_signature(text):
            yield row_finding("note", form_code, sheet, f"{column_letter(index)}{row_no}", text)


def _remarks(site: Site, block: HeadingBlock, headings: Headings, rows: Rows) -> Iterator[Finding]:
    """Tell of columns of free text in which something is written."""
    cells = site.grid.rows
    for index, levels in enumerate(block.levels):
        if not levels or not headings.is_for_remarks(levels[-1][0]):
            continue
        if any(index < len(cells[no - 1]) and cell_text(cells[no - 1][index]) for no in rows.data):
            cell = _cell_of(site.grid, block, index)
            yield row_finding("remarks", site.form.form_code, site.sheet, cell, levels[-1][0])


def _hidden(site: Site, parsed: ParsedTable, rows: Rows) -> Iterator[Finding]:
    """Warn of rows and columns that were read although the sheet does not show them."""
    grid, form_code = site.grid, site.form.form_code
    if grid.hidden:
        yield row_finding("hidden_sheet", form_code, site.sheet, None, site.sheet)
    hidden = sorted(grid.hidden_rows.intersection({*rows.data, *rows.totals}))
    if hidden:
        yield row_finding(
            "hidden_rows", form_code, site.sheet, f"A{hidden[0]}", "、".join(map(str, hidden[:20]))
        )
    letters = {column_letter(index - 1) for index in grid.hidden_columns}
    columns = [
        letter
        for name, letter in parsed.column_letters.items()
        if letter in letters and (parsed.texts[name] != "").any()
    ]
    if columns:
        cell = f"{columns[0]}{parsed.heading_row}"
        yield row_finding("hidden_columns", form_code, site.sheet, cell, "、".join(columns))
