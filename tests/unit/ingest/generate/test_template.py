"""The blank return: what a township sees agrees with the definition, and so do its codes."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import code_list, head_fields, load_form, load_forms, table_columns
from ingest.forms.model import LAST_MONTH, Form
from ingest.generate.choices import Choice
from ingest.generate.layout import in_use, sheet_of
from ingest.generate.template import write_template
from warehouse.errors import UsageError
from warehouse.month import Month

FORMS = list(load_forms().values())
MONTH = Month(2009, 11)
HEAD = {"report_month": MONTH.compact}
CHINESE = re.compile(r"[\W\d]*[\u4e00-\u9fff]")


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


def test_village_and_project_columns_offer_those_of_the_unit(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    offered = {
        "villages": (Choice("530722208201000", "松坪村委会"), Choice("530722208201007")),
        "projects": (Choice("20095307220200000001", "项目一"),),
    }
    write_template(path, form, month=MONTH, **offered)
    workbook = openpyxl.load_workbook(path)
    for table in form.tables:
        sheet = sheet_of(form, table, HEAD)
        for position, column in enumerate(sheet.columns, start=1):
            if column.choices:
                worksheet = workbook[table.sheet]
                cell = worksheet.cell(sheet.first_data_row, position)
                expected = [f"{c.code} {c.name}".rstrip() for c in offered[column.choices]]
                assert choices(workbook, worksheet, cell) == expected
                (check,) = checks_of(worksheet, cell)
                assert check.errorStyle == "warning", "a new one may be entered"


def test_every_check_speaks_chinese_first(form: Form, tmp_path: Path) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    for table in form.tables:
        for check in workbook[table.sheet].data_validations.dataValidation:
            assert CHINESE.search(check.prompt or ""), check.sqref
            if check.type:
                assert CHINESE.match(check.error or ""), check.sqref
                assert len(check.error) <= 255


def test_only_what_is_filled_in_is_open_and_there_is_no_password(
    form: Form, tmp_path: Path
) -> None:
    path = tmp_path / "blank.xlsx"
    write_template(path, form, month=MONTH, last_rows={})
    workbook = openpyxl.load_workbook(path)
    assert workbook.security.lockStructure
    assert workbook.security.workbookPassword is None
    for worksheet in workbook:
        protection = worksheet.protection
        if worksheet.title != "_tmw":
            assert protection.sheet
            assert protection.password is None
            allowed = ("formatCells", "formatColumns", "sort", "insertRows", "deleteRows")
            assert not any(getattr(protection, name) for name in allowed)
    for table in form.tables:
        worksheet = workbook[table.sheet]
        sheet = sheet_of(form, table, HEAD, with_last_month=True)
        for row in range(1, sheet.first_data_row):
            for cell in worksheet[row]:
                is_head_value = cell.column == 2 and 2 <= row < 2 + len(sheet.head)
                assert cell.protection.locked != is_head_value or cell.value is None, cell
        for position, place in enumerate(sheet.places, start=1):
            cell = worksheet.cell(sheet.first_data_row, position)
            below = worksheet.column_dimensions[get_column_letter(position)]
            assert cell.protection.locked == below.protection.locked == place.of_last_month


def test_a_grey_column_stands_right_of_each_total_and_stock(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    write_template(path, form, month=MONTH, last_rows={table.name: [] for table in form.tables})
    workbook = openpyxl.load_workbook(path)
    for table in form.tables:
        row = sheet_of(form, table, HEAD).heading_row
        headings = {c.value: c for c in workbook[table.sheet][row] if c.value}
        grey = {text for text in headings if text.startswith(LAST_MONTH)}
        compared = [c for c in table_columns(form, table) if c.basis in "YCS" and in_use(c, MONTH)]
        assert len(grey) == len(compared)
        for column in compared:
            unit = f"({column.unit})" if column.unit else ""
            right = headings[f"{column.zh}{unit}\n{column.en}"].offset(column=1)
            assert right.value == f"{LAST_MONTH}{column.zh}{unit}\nLast month: {column.en}"
            assert right.fill.fgColor.rgb == right.offset(row=1).fill.fgColor.rgb == "00D0D0D0"


def test_the_notes_explain_every_column_and_rule_in_both_languages(
    form: Form, tmp_path: Path
) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    lines = [[cell.value for cell in row] for row in workbook["填表说明"].iter_rows()]
    rules = {line[0]: line for line in lines}
    for table in form.tables:
        for column in table_columns(form, table):
            if in_use(column, MONTH):
                about = [column.zh, column.description.zh, column.description.en]
                assert any(all(text in line for text in about) for line in lines), column.name
    wanted = {"G2", "G4", "G5", "IN-required"} | {rule.id for rule in form.rules}
    wanted |= {"X7"} if form.form_code == "FP-02" else set()
    assert wanted <= set(rules)
    assert form.form_code == "FP-02" or "X7" not in rules
    assert all(CHINESE.search(rules[rule][6]) and rules[rule][7] for rule in wanted)


def test_last_months_rows_need_a_month(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no month"):
        write_template(tmp_path / "blank.xlsx", load_form("FP-02"), last_rows={"fp02": []})


def test_last_months_rows_name_columns_of_the_form(tmp_path: Path) -> None:
    rows = {"fp02": [{"amount_isued_y": 1}]}
    with pytest.raises(UsageError, match="amount_isued_y"):
        write_template(tmp_path / "b.xlsx", load_form("FP-02"), month=MONTH, last_rows=rows)


def choices(
    workbook: openpyxl.Workbook, worksheet: Worksheet, cell: openpyxl.cell.Cell
) -> list[str]:
    """The texts of the drop-down of a cell, inline or in a range of another sheet."""
    (check,) = checks_of(worksheet, cell)
    source = str(check.formula1)
    if source.startswith('"'):
        return source.strip('"').split(",")
    name, area = source.split("!")
    return [row[0].value for row in workbook[name.strip("'")][area.replace("$", "")]]


def checks_of(worksheet: Worksheet, cell: openpyxl.cell.Cell) -> list[DataValidation]:
    return [c for c in worksheet.data_validations.dataValidation if cell.coordinate in c.sqref]


def test_no_cell_is_a_formula(form: Form, tmp_path: Path) -> None:
    workbook = written(form, tmp_path / "blank.xlsx")
    types = {cell.data_type for ws in workbook for row in ws.iter_rows() for cell in row}
    assert "f" not in types


def test_a_month_without_an_edition_is_refused(form: Form, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No edition"):
        write_template(tmp_path / "old.xlsx", form, month=Month(1999, 12))
