"""The blank return of a form: what a township fills in, hard to fill in wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import table_columns
from ingest.forms.model import Column, Edition, Form
from ingest.generate import dropdowns, notes, style
from ingest.generate.choices import Choice, Offer, shown
from ingest.generate.continuing import Continued, continued_rows
from ingest.generate.layout import YUAN, Row, Sheet, refuse_unknown, sheet_of
from ingest.generate.protection import protect
from ingest.generate.stable_zip import empty_workbook, save_stable
from ingest.generate.workbook import add_tag, fill_sheet, put
from warehouse.errors import UsageError
from warehouse.month import Month

# Rows that are drawn at least, and below the rows filled in beforehand; the drop-downs and
# formats reach further down (`dropdowns.LAST_ROW`).
_DRAWN_ROWS = 25
_DRAWN_BELOW = 10


def write_template(
    path: Path,
    form: Form,
    *,
    area_code: str | None = None,
    area_name: str | None = None,
    month: Month | None = None,
    villages: Sequence[Choice] = (),
    projects: Sequence[Choice] = (),
    last_rows: Mapping[str, Sequence[Row]] | None = None,
) -> None:
    """Write the blank workbook of a form, for one unit and month where they are given.

    `villages` and `projects` (the open ones) are offered in drop-downs. `last_rows` are the rows
    of the unit's return of the month before, by table name: values in base units, codes plain.
    With them, even where there are none, a grey column beside each cumulative one and stock
    shows last month's value, and the keys and attributes of the rows that go on are filled in
    (see `continued_rows`). Equal input gives equal bytes. Raise `UsageError` where no edition of
    the form is valid in the month, or last month's rows come without a month.
    """
    workbook = blank_workbook(
        form,
        area_code=area_code,
        area_name=area_name,
        month=month,
        villages=villages,
        projects=projects,
        last_rows=last_rows,
    )
    save_stable(workbook, path)


def blank_workbook(
    form: Form,
    *,
    area_code: str | None = None,
    area_name: str | None = None,
    month: Month | None = None,
    villages: Sequence[Choice] = (),
    projects: Sequence[Choice] = (),
    last_rows: Mapping[str, Sequence[Row]] | None = None,
) -> Workbook:
    """Return the workbook that `write_template` saves."""
    head = _head(form, area_code, area_name, month)
    offer = Offer(tuple(villages), tuple(projects))
    continued = _continued(form, month, last_rows)
    workbook = empty_workbook()
    sheets = [
        sheet_of(form, table, head, with_last_month=last_rows is not None) for table in form.tables
    ]
    for sheet in sheets:
        _fill(workbook.create_sheet(sheet.table.sheet), sheet, head, offer, continued)
    style.add_text_styles(workbook)
    ranges = notes.add_codes(workbook, list(_code_lists(sheets)), offer)
    for sheet in sheets:
        dropdowns.add_dropdowns(workbook[sheet.table.sheet], sheet, ranges)
    notes.add_notes(workbook, form, sheets)
    protect(workbook)
    add_tag(workbook, form, head)
    return workbook


def _continued(
    form: Form, month: Month | None, last_rows: Mapping[str, Sequence[Row]] | None
) -> Mapping[str, Sequence[Continued]]:
    if last_rows is None:
        return {}
    refuse_unknown("tables", last_rows, {table.name for table in form.tables})
    for table in form.tables:
        names = {column.name for column in table_columns(form, table)}
        for row in last_rows.get(table.name, ()):
            refuse_unknown("row", row, names)
    if month is None:
        raise UsageError(
            "Rows of last month were given for a blank return of no month.",
            remedy="Say which month it is for.",
        )
    return continued_rows(form, last_rows, month)


def _fill(
    worksheet: Worksheet,
    sheet: Sheet,
    head: Mapping[str, str],
    offer: Offer,
    continued: Mapping[str, Sequence[Continued]],
) -> None:
    rows = continued.get(sheet.table.name, ())
    columns = {column.name: column for column in sheet.columns}
    filled = [
        {
            name: shown(columns[name], value, offer)
            for name, value in row.filled.items()
            if name in columns
        }
        for row in rows
    ]
    fill_sheet(worksheet, sheet, head, filled)
    drawn = max(_DRAWN_ROWS, len(rows) + _DRAWN_BELOW)
    first = sheet.first_data_row
    style.style_data_rows(worksheet, range(first, first + drawn), sheet.places)
    for position, place in enumerate(sheet.places, start=1):
        if place.of_last_month:
            for number, row in enumerate(rows, start=first):
                value = shown(place.column, row.before.get(place.column.name), offer)
                if value is not None:
                    put(worksheet, number, position, value)


def _head(
    form: Form, area_code: str | None, area_name: str | None, month: Month | None
) -> dict[str, str]:
    edition = _edition(form, month)
    head = {
        "form_code": form.form_code,
        "edition": edition.edition,
        "approval_no": edition.approval_no,
        "valid_until": edition.until,
        "report_month": month.compact if month else None,
        "area_code": area_code,
        "area_name": area_name,
        "version": "0",
        "money_unit": YUAN,
        "nil_return": "否",
    }
    return {name: text for name, text in head.items() if text}


def _edition(form: Form, month: Month | None) -> Edition:
    if month is None:
        return form.editions[-1]
    for edition in form.editions:
        if edition.since <= str(month) and (edition.until is None or str(month) <= edition.until):
            return edition
    raise UsageError(
        f"No edition of {form.form_code} is valid in {month}.",
        remedy=f"Its editions begin in {', '.join(e.since for e in form.editions)}.",
    )


def _code_lists(sheets: Iterable[Sheet]) -> Iterable[tuple[str, Column]]:
    seen: set[str] = set()
    for sheet in sheets:
        for column in sheet.columns:
            if column.codes and column.codes not in seen:
                seen.add(column.codes)
                yield column.codes, column
