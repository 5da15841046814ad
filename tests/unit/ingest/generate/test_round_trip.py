"""What the generator writes, the reader understands without a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.forms.catalogue import code_list, load_forms, table_columns
from ingest.forms.model import Form
from ingest.generate.layout import Row, in_use
from ingest.generate.template import write_template
from ingest.generate.workbook import write_return_csv, write_return_xlsx
from ingest.parsed import ParsedTable
from ingest.read.head import read_head, read_tag
from ingest.read.sandbox import Grid, Sandbox
from ingest.read.table import read_table
from warehouse.month import Month
from warehouse.settings import Settings

FORMS = list(load_forms().values())
MONTH = Month(2009, 11)


@pytest.fixture(params=FORMS, ids=lambda form: form.form_code)
def form(request: pytest.FixtureRequest) -> Form:
    found: Form = request.param
    return found


def read_back(path: Path, home: Path) -> list[Grid]:
    with Sandbox(Settings(home=home)) as sandbox:
        return sandbox.read(path)


def parsed(grids: list[Grid], form: Form) -> ParsedTable:
    head = read_head(grids)
    assert head.grid is not None
    table, findings = read_table(head.grid, form, form.tables[0], MONTH, head.text("money_unit"))
    assert findings == []
    return table


def head_of(form: Form) -> dict[str, str]:
    return {
        "form_code": form.form_code,
        "edition": form.editions[0].edition,
        "report_month": MONTH.compact,
        "area_code": "530700000000",
        "version": "1",
        "money_unit": "万元",
    }


def full_row(form: Form) -> Row:
    """A row with a value in every money and code column; codes as a drop-down offers them."""
    row: dict[str, str | float] = {"place_code": "530700000000"}
    for column in table_columns(form, form.tables[0]):
        if not in_use(column, MONTH):
            continue
        if column.type == "money":
            row[column.name] = 12.5
        elif column.codes:
            code = code_list(column.codes)[(*(column.only_codes or code_list(column.codes)),)[0]]
            row[column.name] = f"{code.code} {code.zh}"
    return row


def test_blank_form_has_every_heading_and_its_tag(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    write_template(path, form, area_code="530700000000", month=MONTH)
    grids = read_back(path, tmp_path)
    tag = read_tag(grids)
    assert tag is not None
    assert (tag.form_code, tag.area_code, tag.report_month) == (
        form.form_code,
        "530700000000",
        "200911",
    )
    table = parsed(grids, form)
    in_force = {c.name for c in table_columns(form, form.tables[0]) if in_use(c, MONTH)}
    assert set(table.column_letters) == in_force
    assert table.frame.empty


@pytest.mark.parametrize("kind", ["xlsx", "utf-8", "utf-8-sig", "gb18030"])
def test_a_return_reads_back_in_base_units(form: Form, tmp_path: Path, kind: str) -> None:
    row = full_row(form)
    path = tmp_path / ("return.xlsx" if kind == "xlsx" else "return.csv")
    if kind == "xlsx":
        write_return_xlsx(path, form, head_of(form), [row])
    else:
        write_return_csv(path, form, head_of(form), [row], kind)
    table = parsed(read_back(path, tmp_path), form)
    assert len(table.frame) == 1
    read = table.frame.iloc[0]
    for column in table_columns(form, form.tables[0]):
        if column.type == "money":
            assert read[column.name] == 125000.0, column.name
        elif column.codes:
            assert read[column.name] == str(row[column.name]).split(" ")[0], column.name
