"""The blank return of a form: what a township fills in, hard to fill in wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ingest.forms.model import Column, Edition, Form
from ingest.generate import dropdowns, notes, style
from ingest.generate.layout import YUAN, Sheet, sheet_of
from ingest.generate.stable_zip import empty_workbook, save_stable
from ingest.generate.workbook import add_tag, fill_sheet
from warehouse.errors import UsageError
from warehouse.month import Month

# Rows that are drawn; the drop-downs and formats reach further down (`dropdowns.LAST_ROW`).
_DRAWN_ROWS = 25


def write_template(
    path: Path,
    form: Form,
    *,
    area_code: str | None = None,
    area_name: str | None = None,
    month: Month | None = None,
) -> None:
    """Write the blank workbook of a form, for one unit and month where they are given.

    Equal input gives equal bytes. Raise `UsageError` where no edition of the form is valid in
    the month.
    """
    head = _head(form, area_code, area_name, month)
    workbook = empty_workbook()
    sheets = [sheet_of(form, table, head) for table in form.tables]
    for sheet in sheets:
        fill_sheet(workbook.create_sheet(sheet.table.sheet), sheet, head, [])
    ranges = notes.add_codes(workbook, list(_code_lists(sheets)))
    for sheet in sheets:
        worksheet = workbook[sheet.table.sheet]
        for row in range(sheet.first_data_row, sheet.first_data_row + _DRAWN_ROWS):
            style.style_data_row(worksheet, row, sheet.columns)
        dropdowns.add_dropdowns(worksheet, sheet, ranges)
    notes.add_notes(workbook, form, sheets)
    add_tag(workbook, form, head)
    save_stable(workbook, path)


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
