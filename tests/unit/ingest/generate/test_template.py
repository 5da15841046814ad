"""The blank return: what a township sees agrees with the definition, and so do its codes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import code_list, head_fields, load_forms, table_columns
from ingest.forms.model import Form
from ingest.generate.layout import in_use, sheet_of
from ingest.generate.template import write_template
from warehouse.errors import UsageError
from warehouse.month import Month

FORMS = list(load_forms().values())
MONTH = Month(2009, 11)
HEAD = {"report_month": MONTH.compact}


@pytest.fixture(params=FORMS, ids=lambda form: form.form_code)
def form(request: pytest.FixtureRequest) -> Form:
    found: Form = request.param
    return found


def written(form: Form, path: Path) -> openpyxl.Workbook:
    write_template(path, form, area_code="530722208000", area_name="松坪傈僳族彝族乡", month=MONTH)
    return openpyxl.load_workbook(path)


def test_equal_input_gives_equal_bytes(form: Form, tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    written(form, first)
    written(form, second)
    assert first.read_bytes() == second.read_bytes()


def test_headings_read_back_equal_to_the_definition(form: Form, tmp_path: Path) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    for table in form.tables:
        worksheet = workbook[table.sheet]
        row = sheet_of(form, table, HEAD).heading_row
        headings = [worksheet.cell(row, n + 1).value for n in range(worksheet.max_column)]
        columns = table_columns(form, table)
        expected = {
            f"{c.zh}({c.unit})\n{c.en}" if c.unit else f"{c.zh}\n{c.en}"
            for c in columns
            if in_use(c, MONTH)
        }
        assert len(headings) == len(set(headings)) == len(expected)
        assert set(headings) == expected


def test_head_and_hidden_tag_carry_form_unit_and_month(form: Form, tmp_path: Path) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    worksheet = workbook[form.tables[0].sheet]
    head = {
        worksheet.cell(row, 1).value: worksheet.cell(row, 2).value
        for row in range(2, 2 + len(head_fields()))
    }
    assert [*head] == [f"{f.zh} {f.en}" for f in head_fields()]
    by_name = {f.name: head[f"{f.zh} {f.en}"] for f in head_fields()}
    assert by_name["form_code"] == form.form_code
    assert by_name["report_month"] == "200911"
    assert by_name["area_code"] == "530722208000"
    tag = workbook["_tmw"]
    assert tag.sheet_state == "hidden"
    assert tag["A1"].value == "tmw"
    edition = form.editions[0].edition
    cells = [tag.cell(row, 2).value for row in range(1, 5)]
    assert cells == [form.form_code, edition, "530722208000", "200911"]


def test_every_code_column_offers_exactly_its_codes(form: Form, tmp_path: Path) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    for table in form.tables:
        worksheet = workbook[table.sheet]
        sheet = sheet_of(form, table, HEAD)
        for position, column in enumerate(sheet.columns, start=1):
            if column.codes:
                cell = worksheet.cell(sheet.first_data_row, position)
                offered = [text.split(" ")[0] for text in choices(workbook, worksheet, cell)]
                assert offered == [*(column.only_codes or code_list(column.codes))], column.name
                assert cell.number_format == "@"


def choices(
    workbook: openpyxl.Workbook, worksheet: Worksheet, cell: openpyxl.cell.Cell
) -> list[str]:
    """The texts of the drop-down of a cell, inline or in a range of another sheet."""
    checks = [
        check
        for check in worksheet.data_validations.dataValidation
        if cell.coordinate in check.sqref
    ]
    assert len(checks) == 1
    source = str(checks[0].formula1)
    if source.startswith('"'):
        return source.strip('"').split(",")
    name, area = source.split("!")
    return [row[0].value for row in workbook[name.strip("'")][area.replace("$", "")]]


def test_no_cell_is_a_formula(form: Form, tmp_path: Path) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    types = {cell.data_type for ws in workbook for row in ws.iter_rows() for cell in row}
    assert "f" not in types


def test_a_month_without_an_edition_is_refused(form: Form, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No edition"):
        write_template(tmp_path / "old.xlsx", form, month=Month(1999, 12))
