"""All checks of one parsed table, and how much of what is required it fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ingest.forms.model import Form, Table
from ingest.parsed import ParsedTable
from ingest.validate.cells import (
    check_codes,
    check_lengths,
    check_places,
    check_required,
    check_unreadable,
    marks_by_column,
    required_rows,
)
from ingest.validate.findings import TableFindings
from ingest.validate.keys import check_keys
from ingest.validate.names import check_names
from ingest.validate.rules import apply_rules
from warehouse.findings import Finding
from warehouse.month import Month


def check_table(
    form: Form,
    parsed: ParsedTable,
    month: Month,
    *,
    file: str | None = None,
    known_area: Callable[[str], bool] | None = None,
) -> list[Finding]:
    """Return the findings of one table, by row and column.

    `known_area` says whether a 12-digit code is an area in use in the month; without it only
    the shape of place codes is checked.
    """
    findings = TableFindings(form, definition_of(form, parsed), parsed, month, file)
    marks = marks_by_column(parsed)
    check_unreadable(parsed, findings)
    if len(parsed.frame):
        check_required(parsed, marks, findings)
        check_codes(parsed, month, findings)
        check_lengths(parsed, findings)
        check_places(parsed, known_area, findings)
        check_names(parsed, findings)
        check_keys(parsed, findings)
        apply_rules(form, parsed, month, findings)
    return findings.in_order()


def check_tables(
    form: Form,
    tables: Iterable[ParsedTable],
    month: Month,
    *,
    file: str | None = None,
    known_area: Callable[[str], bool] | None = None,
) -> list[Finding]:
    """Return the findings of all tables of one return."""
    return [
        finding
        for parsed in tables
        for finding in check_table(form, parsed, month, file=file, known_area=known_area)
    ]


def count_required(form: Form, parsed: ParsedTable, month: Month) -> tuple[int, int]:
    """Return how many required cells the table has in the month and how many are filled.

    Cells that cannot exist (mark M) are exempt and in neither number.
    """
    findings = TableFindings(form, definition_of(form, parsed), parsed, month, None)
    marks = marks_by_column(parsed)
    required = filled = 0
    for column in findings.columns.values():
        if not column.required_kinds:
            continue
        due = required_rows(column, parsed.frame)
        exempt = [r for r, mark in marks.get(column.name, {}).items() if mark.status == "M"]
        if exempt:
            due &= ~parsed.frame.index.isin(exempt)
        required += int(due.sum())
        filled += int((due & parsed.frame[column.name].notna()).sum())
    return required, filled


def definition_of(form: Form, parsed: ParsedTable) -> Table:
    """Return the definition of a parsed table."""
    return next(table for table in form.tables if table.name == parsed.table_name)
