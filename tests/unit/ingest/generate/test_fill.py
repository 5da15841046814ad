"""A blank return filled in by program is read back as exactly the rows that were given."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingest.assess import Assessed, Assessor
from ingest.forms.catalogue import code_list, load_form, load_forms, table_columns
from ingest.forms.model import LAST_MONTH, Column, Form, Table
from ingest.generate.choices import Choice
from ingest.generate.fill import FilledReturn, fill_template, write_filled_template
from ingest.generate.layout import Cell, Row, in_use
from ingest.generate.template import write_template
from ingest.known_places import KnownPlaces
from ingest.read.sandbox import Sandbox
from warehouse.areas import packaged_areas
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.settings import Settings

FORMS = list(load_forms().values())
MONTH = Month(2009, 11)
UNIT = "530722208000"
VILLAGES = tuple(Choice(f"530722208{n:03}000", f"第{n} 村委会") for n in range(1, 9))
PROJECTS = tuple(Choice(f"200953072201{n:08}", f"项目{n}") for n in range(8))
TEMPLATE = {"area_code": UNIT, "area_name": "松坪乡", "month": MONTH}
TEMPLATE |= {"villages": VILLAGES, "projects": PROJECTS}


@pytest.fixture(params=FORMS, ids=lambda form: form.form_code)
def form(request: pytest.FixtureRequest) -> Form:
    found: Form = request.param
    return found


def value_of(column: Column, number: int) -> Cell:  # noqa: PLR0911
    if column.name == "place_code":
        return UNIT
    if column.name == "state":
        return str(1 + number % 7)
    if column.choices == "villages":
        return VILLAGES[number].code
    if column.choices == "projects" or column.name == "project_code":
        return PROJECTS[number].code
    if column.codes:
        codes = column.only_codes or [*code_list(column.codes)]
        return codes[number % len(codes)]
    if column.type == "date":
        return date(2009, 1 + number, 11)
    if column.type == "bool":
        return number % 2 == 0
    if column.is_number:
        whole = int(column.minimum or 0) + number + 1
        return whole if column.type == "int" else Decimal(whole) + Decimal("0.5")
    return f"={column.zh}{number}"[: column.longest]


def row_of(form: Form, table: Table, number: int) -> dict[str, Cell]:
    columns = table_columns(form, table)
    return {c.name: value_of(c, number) for c in columns if in_use(c, MONTH)}


def rows_of(form: Form, numbers: Sequence[int]) -> dict[str, list[dict[str, Cell]]]:
    return {table.name: [row_of(form, table, n) for n in numbers] for table in form.tables}


def assessed(path: Path, home: Path) -> Assessed:
    with Sandbox(Settings(home=home)) as sandbox:
        return Assessor(sandbox, KnownPlaces(packaged_areas())).assess(
            path, path.name, Month(2010, 1)
        )


def cells_of(path: Path) -> dict[str, dict[str, object]]:
    workbook = openpyxl.load_workbook(path)
    return {
        sheet.title: {
            cell.coordinate: (cell.value, cell.data_type, cell.number_format, cell.fill.fgColor.rgb,
                              cell.protection.locked)
            for row in sheet.iter_rows() for cell in row
        }
        for sheet in workbook.worksheets
    }  # fmt: skip


def expected_value(column: Column, value: Cell) -> object:
    if value is None:
        return column.key_default
    return float(value) if column.type in ("money", "dec") else value  # type: ignore[arg-type]


def read_value(value: object) -> object:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


def assert_reads_as(
    result: Assessed, form: Form, rows: Mapping[str, Sequence[Row]], filled: FilledReturn
) -> None:
    assert [f for f in result.findings if f.check_id.startswith("IN-heading")] == []
    assert {table.table_name for table in result.tables} == {table.name for table in form.tables}
    for parsed in result.tables:
        table = next(t for t in form.tables if t.name == parsed.table_name)
        given = rows[table.name]
        assert sorted(parsed.frame.index) == sorted(filled.row_nos[table.name])
        for row_no, row in zip(filled.row_nos[table.name], given, strict=True):
            for column in table_columns(form, table):
                read = read_value(parsed.frame.at[row_no, column.name])
                assert read == expected_value(column, row.get(column.name)), column.name


def test_the_return_holds_exactly_the_rows_given(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "return.xlsx"
    write_template(path, form, last_rows=rows_of(form, [0, 1, 2]), **TEMPLATE)
    rows = rows_of(form, [4, 1, 0, 3])  # 2 is no longer filed, 3 and 4 are new
    filled = fill_template(path, form, rows, head={"version": "2", "filled_by": "和秀英"})
    result = assessed(path, tmp_path)
    assert (result.form_code, result.area_code, result.month) == (form.form_code, UNIT, MONTH)
    assert result.version == 2
    assert_reads_as(result, form, rows, filled)


def test_known_rows_stand_beside_last_months_figures(tmp_path: Path) -> None:
    form, path = load_form("FP-02"), tmp_path / "return.xlsx"
    write_template(path, form, last_rows=rows_of(form, [0, 1, 2]), **TEMPLATE)
    rows = {"fp02": [row_of(form, form.tables[0], n) for n in (4, 2, 0)]}
    filled = fill_template(path, form, rows)
    new, third, first = filled.row_nos["fp02"]
    assert (third, new) == (first + 2, first + 3)
    sheet_name, address = filled.cell("fp02", 1, "amount_issued_c")
    assert sheet_name == "FP-02"
    worksheet = openpyxl.load_workbook(path)[sheet_name]
    cell = worksheet[address]
    assert cell.value == 3.5
    grey = cell.offset(column=1)
    heading = worksheet.cell(first - 1, grey.column).value
    assert heading.startswith(LAST_MONTH)
    assert grey.value == 3.5
    assert grey.offset(row=1).value is None, "a new row has no last month"


def test_one_pass_writes_the_same_cells(form: Form, tmp_path: Path) -> None:
    blank, whole = tmp_path / "blank.xlsx", tmp_path / "whole.xlsx"
    last_rows, rows = rows_of(form, [0, 1, 2]), rows_of(form, range(7))
    head = {"version": "1"}
    write_template(blank, form, last_rows=last_rows, **TEMPLATE)
    first = fill_template(blank, form, rows, head=head)
    second = write_filled_template(whole, form, rows, head=head, last_rows=last_rows, **TEMPLATE)
    assert first == second
    assert cells_of(blank) == cells_of(whole)


def test_equal_input_gives_equal_bytes_and_more_rows_than_drawn_fit(tmp_path: Path) -> None:
    form, paths = load_form("FP-08"), [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    table = form.tables[0]
    rows = {"fp08": [{**row_of(form, table, 0), "site_code": f"S{n}"} for n in range(60)]}
    for path in paths:
        write_filled_template(path, form, rows, last_rows=None, **TEMPLATE)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    worksheet = openpyxl.load_workbook(paths[0])[table.sheet]
    last = worksheet.cell(worksheet.max_row, 1)
    assert last.value == UNIT
    assert not last.protection.locked
    assert len(assessed(paths[0], tmp_path).tables[0].frame) == 60


def test_codes_and_choices_are_written_as_the_dropdowns_enter_them(tmp_path: Path) -> None:
    form, path = load_form("FP-02"), tmp_path / "return.xlsx"
    row = row_of(form, form.tables[0], 1) | {"fund_source": "12", "award_flag": True}
    filled = write_filled_template(path, form, {"fp02": [row]}, **TEMPLATE)
    worksheet = openpyxl.load_workbook(path)["FP-02"]
    shown = {name: worksheet[filled.cell("fp02", 0, name)[1]].value for name in row}
    assert shown["fund_source"] == "12 省级财政"
    assert shown["project_code"] == f"{PROJECTS[1].code} 项目1"
    assert shown["award_flag"] == "是"


def test_marks_stay_as_written(tmp_path: Path) -> None:
    form, path = load_form("FP-02"), tmp_path / "return.xlsx"
    row = row_of(form, form.tables[0], 1)
    row |= {"amount_paid_y": "150000(估)", "held_level": "未收集(文件未列)"}
    write_filled_template(path, form, {"fp02": [row]}, **TEMPLATE)
    marks = assessed(path, tmp_path).tables[0].marks
    assert {(m.column, m.status, m.reason) for m in marks} == {
        ("amount_paid_y", "E", None),
        ("held_level", "L", "文件未列"),
    }


def test_what_the_form_does_not_have_is_refused(tmp_path: Path) -> None:
    form, path = load_form("FP-02"), tmp_path / "blank.xlsx"
    write_template(path, form, **TEMPLATE)
    with pytest.raises(UsageError, match="fp99"):
        fill_template(path, form, {"fp99": []})
    with pytest.raises(UsageError, match="amount_isued_y"):
        fill_template(path, form, {"fp02": [{"amount_isued_y": 1}]})
    with pytest.raises(UsageError, match="no sheet FP-08"):
        fill_template(path, load_form("FP-08"), {})
    path.write_text("text", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be opened"):
        fill_template(path, form, {})


def test_six_hundred_workbooks_take_minutes_and_not_hours(form: Form, tmp_path: Path) -> None:
    last_rows, rows = rows_of(form, [0, 1, 2]), rows_of(form, range(7))
    path = tmp_path / "return.xlsx"
    write_filled_template(path, form, rows, last_rows=last_rows, **TEMPLATE)
    started = time.process_time()
    write_filled_template(path, form, rows, last_rows=last_rows, **TEMPLATE)
    assert time.process_time() - started < 1.0, "usually 0.1 s"
