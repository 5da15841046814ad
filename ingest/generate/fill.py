"""Fill a blank return in, as a person would: by heading, on the rows that go on and below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import code_list, head_fields, key_columns
from ingest.forms.model import Column, Form, Table
from ingest.generate import style
from ingest.generate.choices import Choice, Offer, shown
from ingest.generate.layout import (
    FIRST_HEAD_ROW,
    Cell,
    Row,
    Sheet,
    refuse_unknown,
    sheet_of,
)
from ingest.generate.stable_zip import save_stable
from ingest.generate.template import blank_workbook
from ingest.generate.workbook import put
from ingest.read.values import CodeNames, parse_cell
from warehouse.errors import UsageError
from warehouse.month import Month

RowKey = tuple[object, ...]


@dataclass(frozen=True)
class FilledReturn:
    """Where the rows given stand in the workbook, by table name.

    `row_nos` are their rows (1-based) in the order given, `letters` the letter of each column,
    `sheets` the name of the table's sheet.
    """

    row_nos: Mapping[str, Sequence[int]]
    letters: Mapping[str, Mapping[str, str]]
    sheets: Mapping[str, str]

    def cell(self, table: str, index: int, column: str) -> tuple[str, str]:
        """Return sheet and address (`FP-01`, `K19`) of a column of the row given as `index`."""
        return self.sheets[table], f"{self.letters[table][column]}{self.row_nos[table][index]}"


def fill_template(
    path: Path,
    form: Form,
    rows: Mapping[str, Sequence[Row]],
    *,
    head: Mapping[str, str] | None = None,
    compress: bool = False,
) -> FilledReturn:
    """Write rows into a blank return that `write_template` has written, and save it in place.

    `rows` are given by table name, their cells by canonical column name: numbers in the unit of
    the heading (yuan), dates, truth values, texts (codes plain; marks as a person writes them);
    None or absent is blank. Afterwards the return holds exactly these rows: each stands on the
    row that was filled in beforehand with its row key, else below those; a row that was filled
    in beforehand and is not given is cleared. Codes, villages and projects are written as the
    drop-downs enter them. `head` sets further fields of the head (`version`, `filled_by`,
    `nil_return` ...). Equal input gives equal bytes.

    Raise `UsageError` where the file is no blank return of the form, or where a table, column or
    field is named that it does not have.
    """
    try:
        workbook = load_workbook(path)
    except (OSError, BadZipFile, InvalidFileException, KeyError) as error:
        raise UsageError(
            f"{path.name} cannot be opened: {error}.", remedy="Give a blank return (.xlsx)."
        ) from error
    filled = _fill(workbook, form, rows, head or {}, path.name)
    save_stable(workbook, path, compress=compress)
    return filled


def write_filled_template(
    path: Path,
    form: Form,
    rows: Mapping[str, Sequence[Row]],
    *,
    head: Mapping[str, str] | None = None,
    area_code: str | None = None,
    area_name: str | None = None,
    month: Month | None = None,
    villages: Sequence[Choice] = (),
    projects: Sequence[Choice] = (),
    last_rows: Mapping[str, Sequence[Row]] | None = None,
    compress: bool = False,
) -> FilledReturn:
    """Write what `write_template` and then `fill_template` write, without the file in between."""
    workbook = blank_workbook(
        form,
        area_code=area_code,
        area_name=area_name,
        month=month,
        villages=villages,
        projects=projects,
        last_rows=last_rows,
    )
    filled = _fill(workbook, form, rows, head or {}, path.name)
    save_stable(workbook, path, compress=compress)
    return filled


def _fill(
    workbook: Workbook,
    form: Form,
    rows: Mapping[str, Sequence[Row]],
    head: Mapping[str, str],
    file_name: str,
) -> FilledReturn:
    refuse_unknown("tables", rows, {table.name for table in form.tables})
    head_now = _fill_head(workbook, form, head, file_name)
    row_nos: dict[str, Sequence[int]] = {}
    letters: dict[str, Mapping[str, str]] = {}
    for table in form.tables:
        sheet = sheet_of(form, table, head_now)
        worksheet = _worksheet(workbook, table, file_name)
        positions = _positions(worksheet, sheet, file_name)
        offer = _offer(workbook, worksheet, sheet, positions)
        row_nos[table.name] = _fill_rows(
            worksheet, sheet, positions, offer, rows.get(table.name, ())
        )
        letters[table.name] = {name: get_column_letter(at) for name, at in positions.items()}
    return FilledReturn(row_nos, letters, {table.name: table.sheet for table in form.tables})


def _worksheet(workbook: Workbook, table: Table, file_name: str) -> Worksheet:
    if table.sheet not in workbook.sheetnames:
        raise _no_blank_return(file_name, f"has no sheet {table.sheet}")
    worksheet: Worksheet = workbook[table.sheet]
    return worksheet


def _fill_head(
    workbook: Workbook, form: Form, head: Mapping[str, str], file_name: str
) -> dict[str, str]:
    """Write fields of the head; return all of them as they now stand."""
    refuse_unknown("head", head, {field.name for field in head_fields()})
    worksheet = _worksheet(workbook, form.tables[0], file_name)
    texts: dict[str, str] = {}
    for row, field in enumerate(head_fields(), start=FIRST_HEAD_ROW):
        if field.name in head:
            put(worksheet, row, 2, head[field.name])
        value = worksheet.cell(row=row, column=2).value
        if value is not None:
            texts[field.name] = str(value)
    if texts.get("form_code") != form.form_code:
        raise _no_blank_return(file_name, f"is no blank return of {form.form_code}")
    return texts


def _positions(worksheet: Worksheet, sheet: Sheet, file_name: str) -> dict[str, int]:
    """Return the position (from 1) of each column of the form, found by its heading."""
    found = {
        cell.value: cell.column for cell in worksheet[sheet.heading_row] if cell.value is not None
    }
    missing = [c.zh for c in sheet.columns if sheet.heading(c) not in found]
    if missing:
        raise _no_blank_return(file_name, f"lacks the heading {missing[0]}")
    return {column.name: found[sheet.heading(column)] for column in sheet.columns}


def _offer(
    workbook: Workbook, worksheet: Worksheet, sheet: Sheet, positions: Mapping[str, int]
) -> Offer:
    """Return the villages and projects that the drop-downs of the sheet offer."""
    offered: dict[str, tuple[Choice, ...]] = {}
    for column in sheet.columns:
        if column.choices is None or column.choices in offered:
            continue
        first = f"{get_column_letter(positions[column.name])}{sheet.first_data_row}"
        for check in worksheet.data_validations.dataValidation:
            if check.type == "list" and first in check.sqref:
                offered[column.choices] = tuple(_choices(workbook, str(check.formula1)))
    return Offer(offered.get("villages", ()), offered.get("projects", ()))


def _choices(workbook: Workbook, source: str) -> Iterator[Choice]:
    """Yield the choices in the cells a drop-down names: `'sheet'!$A$5:$A$9`."""
    name, area = source.rsplit("!", 1)
    for (cell,) in workbook[name.strip("'")][area.replace("$", "")]:
        code, _, label = str(cell.value).partition(" ")
        yield Choice(code, label)


def _fill_rows(
    worksheet: Worksheet,
    sheet: Sheet,
    positions: Mapping[str, int],
    offer: Offer,
    rows: Sequence[Row],
) -> list[int]:
    """Write the rows of a table; return the row of the sheet each stands in."""
    columns = {column.name: column for column in sheet.columns}
    keys = key_columns(sheet.form, sheet.table)
    prepared = _prepared_rows(worksheet, sheet, positions, keys)
    last = max(prepared, default=sheet.first_data_row - 1)
    by_key = {key: row_no for row_no, key in prepared.items()}
    for row_no in prepared:
        for position in positions.values():
            worksheet.cell(row=row_no, column=position).value = None
    below = count(last + 1)
    drawn_to = worksheet.max_row
    row_nos: list[int] = []
    for row in rows:
        refuse_unknown("row", row, set(columns))
        key = _key(keys, row)
        row_no = by_key.pop(key) if key in by_key else next(below)
        if row_no > drawn_to:
            style.copy_row_styles(worksheet, drawn_to, [row_no], worksheet.max_column)
        for name, value in row.items():
            if value is not None:
                put(worksheet, row_no, positions[name], shown(columns[name], value, offer))
        row_nos.append(row_no)
    return row_nos


def _prepared_rows(
    worksheet: Worksheet, sheet: Sheet, positions: Mapping[str, int], keys: Iterable[Column]
) -> dict[int, RowKey]:
    """Return the rows that were filled in beforehand, with their row keys."""
    prepared: dict[int, RowKey] = {}
    for row_no in range(sheet.first_data_row, worksheet.max_row + 1):
        cells: dict[str, Cell] = {
            name: worksheet.cell(row=row_no, column=position).value  # type: ignore[misc]
            for name, position in positions.items()
        }
        if any(value is not None for value in cells.values()):
            prepared[row_no] = _key(keys, cells)
    return prepared


def _key(keys: Iterable[Column], row: Row) -> RowKey:
    """Return the row key as the reader understands its cells."""
    return tuple(_key_value(column, row.get(column.name)) for column in keys)


def _key_value(column: Column, value: Cell) -> object:
    codes = _code_names(column.codes) if column.codes else None
    parsed = parse_cell(value, column, codes=codes).value  # type: ignore[arg-type]
    if parsed is None:
        return column.key_default
    return str(parsed).ljust(12, "0") if column.name == "place_code" else parsed


@cache
def _code_names(name: str) -> CodeNames:
    return CodeNames({code: entry.zh for code, entry in code_list(name).items()})


def _no_blank_return(file_name: str, trouble: str) -> UsageError:
    return UsageError(
        f"{file_name} {trouble}.",
        remedy="Fill in a blank return written by `tmw forms template`, with nothing changed.",
    )
