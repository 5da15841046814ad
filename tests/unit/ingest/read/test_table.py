"""Headings are found by their text; what does not fit is a finding and never dropped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ingest.forms.catalogue import load_form, table_columns
from ingest.forms.model import LAST_MONTH, Form, Heading
from ingest.read.head import read_head, read_tag
from ingest.read.sandbox import Grid
from ingest.read.table import column_letter, read_table
from warehouse.month import Month

NOVEMBER = Month(2009, 11)
FORM = load_form("FP-02")


def headings(form: Form = FORM) -> list[Any]:
    return [
        f"{c.zh}({c.unit})\n{c.en}" if c.unit else f"{c.zh}\n{c.en}"
        for c in table_columns(form, form.tables[0])
    ]


def row(form: Form = FORM, **cells: Any) -> list[Any]:
    return [cells.get(c.name) for c in table_columns(form, form.tables[0])]


def read(rows: list[list[Any]], form: Form = FORM, money_unit: str | None = None) -> Any:
    return read_table(Grid("FP-02", rows), form, form.tables[0], NOVEMBER, money_unit)


def position(name: str) -> int:
    return [c.name for c in table_columns(FORM, FORM.tables[0])].index(name)


def test_rows_keep_their_numbers_and_columns_their_letters() -> None:
    parsed, findings = read([["title"], [], headings(), [], row(fund_source="12"), [None, ""]])
    assert findings == []
    assert parsed.heading_row == 3
    assert list(parsed.frame.index) == [5]
    letter = column_letter(position("fund_source"))
    assert parsed.cell(5, "fund_source") == f"{letter}5"
    assert parsed.frame.at[5, "fund_doc_no"] == "-"


@pytest.mark.parametrize(
    ("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_column_letters(index: int, letter: str) -> None:
    assert column_letter(index) == letter


def test_missing_unknown_doubled_and_absent_headings() -> None:
    line = headings()
    line[position("fund_year")] = "财政年度"
    line.append(line[position("units")])
    cells = row(fund_source="12")
    cells += [None, "写在标题之外"]
    parsed, findings = read([line, cells])
    found = {(f.check_id, f.cell) for f in findings}
    width = len(headings())
    assert found == {
        ("IN-heading-unknown", f"{column_letter(position('fund_year'))}1"),
        ("IN-heading-missing", "A1"),
        ("IN-heading-doubled", f"{column_letter(width)}1"),
        ("IN-heading-unknown", f"{column_letter(width + 1)}2"),
    }
    assert all(f.severity == "error" and f.level == 0 for f in findings)
    assert parsed.frame["fund_year"].isna().all()


def test_no_heading_row() -> None:
    parsed, findings = read([["没有标题"], ["1", "2"]])
    assert [f.check_id for f in findings] == ["IN-heading-missing"]
    assert parsed.frame.empty


@pytest.mark.parametrize(
    ("heading", "money_unit", "value", "factor"),
    [
        ("上年结转资金(万元)\nCarried in", None, 30_000.0, 10_000.0),
        ("上年结转资金（万元）", "元", 30_000.0, 10_000.0),
        (" 上 年 结 转 资 金 ( 元 )", "万元", 3.0, 1.0),
        ("上年结转资金", "万元", 30_000.0, 10_000.0),
        ("上年结转资金", None, 3.0, 1.0),
    ],
)
def test_the_unit_of_the_heading_goes_before_that_of_the_head(
    heading: str, money_unit: str | None, value: float, factor: float
) -> None:
    line = headings()
    line[position("carried_in")] = heading
    parsed, findings = read([line, row(carried_in="3")], money_unit=money_unit)
    assert findings == []
    assert parsed.frame.at[2, "carried_in"] == value
    assert parsed.factors["carried_in"] == factor


def test_an_unknown_unit_is_an_error() -> None:
    line = headings()
    line[position("carried_in")] = "上年结转资金(美元)"
    _, findings = read([line, row(carried_in="3")])
    assert [f.check_id for f in findings] == ["IN-heading-unit"]


def test_a_grey_column_of_last_month_is_passed_over() -> None:
    grey_heading = f"{LAST_MONTH}上年结转资金(元)\nLast month: Carried in"
    line = [*headings(), grey_heading, f"{LAST_MONTH}下达资金"]
    grey = [None] * len(headings()) + [1200]
    parsed, findings = read([line, [*row(carried_in="3"), 900], grey])
    unknown = f"{column_letter(len(headings()) + 1)}1"
    assert [(f.check_id, f.cell) for f in findings] == [("IN-heading-unknown", unknown)]
    assert parsed.frame["carried_in"].to_list() == [3.0], "a grey cell alone makes no row"


def test_values_in_a_row_with_grey_cells_need_a_heading_all_the_same() -> None:
    line = [*headings(), f"{LAST_MONTH}上年结转资金(元)"]
    _, findings = read([line, [*row(carried_in="3"), 900, "写在标题之外"]])
    assert [f.cell for f in findings] == [f"{column_letter(len(line))}2"]


def test_older_wordings_count_in_their_months_only() -> None:
    table = FORM.tables[0]
    old = Heading(text="结转资金", since="2008-01", until="2009-06")
    columns = tuple(
        c.model_copy(update={"headings": (old,)}) if c.name == "carried_in" else c
        for c in table.columns
    )
    form = FORM.model_copy(update={"tables": (table.model_copy(update={"columns": columns}),)})
    line = headings()
    line[position("carried_in")] = "结转资金(元)"
    grid = Grid("FP-02", [line, row(carried_in="3")])
    for month, expected in ((Month(2009, 6), set()), (Month(2009, 7), {"IN-heading-unknown"})):
        _, findings = read_table(grid, form, form.tables[0], month, None)
        assert {f.check_id for f in findings} - {"IN-heading-missing"} == expected


def test_a_renamed_heading_has_one_wording_in_each_month() -> None:
    old = Heading(text="结转资金", until="2009-10")
    variant = Heading(text="结转款")
    (column,) = (c for c in FORM.tables[0].columns if c.name == "carried_in")
    renamed = column.model_copy(update={"zh_since": "2009-11", "headings": (variant, old)})
    assert renamed.wordings("2009-10") == ("结转资金", "结转款")
    assert renamed.wordings("2009-11") == (column.zh, "结转款")
    assert renamed.as_of("2009-10").zh == "结转资金"
    assert renamed.as_of("2009-11") is renamed


def test_head_is_found_by_its_labels() -> None:
    grid = Grid(
        "FP-02",
        [
            ["某某月报"],
            ["表号 form_code", "FP-02"],
            ["报送版本（更正次数） version", 1.0],
            ["批准（备案）文号：", "X"],
            ["报告月份 report_month", 200911.0],
            ["填报单位代码 area_code", 530700000000.0],
            ["填报单位 area_name", "丽江市"],
            ["报告月份 report_month", "200912"],
        ],
    )
    head = read_head([Grid("说明", [["填报说明"]]), grid])
    texts = {name: cell.text for name, cell in head.cells.items()}
    assert texts["form_code"] == "FP-02"
    assert texts["report_month"] == "200911"
    assert texts["area_code"] == "530700000000"
    assert texts["version"] == "1"
    assert texts["approval_no"] == "X"
    assert texts["area_name"] == "丽江市"
    assert head.cells["report_month"].cell == "B5"
    assert [cell.cell for cell in head.doubled] == ["B8"]


def test_the_hidden_tag() -> None:
    rows = [["tmw", "FP-02"], [None, "2009"], [None, "530700000000"], [None, 200911.0]]
    tag = read_tag([Grid("_tmw", rows)])
    assert tag is not None
    assert (tag.form_code, tag.edition, tag.area_code) == ("FP-02", "2009", "530700000000")
    assert tag.report_month == "200911"
    assert read_tag([Grid("FP-02", rows)]) is None


@pytest.mark.parametrize(
    ("cell", "day"),
    [(38660, "2009-11-05"), (38660.0, "2009-11-05"), ("2009-11-05", "2009-11-05"),
     (20091105, "2009-11-05"), (date(2009, 11, 5), "2009-11-05")],
)  # fmt: skip
def test_serial_numbers_count_from_the_first_day_of_their_workbook(cell: Any, day: str) -> None:
    grid = Grid("FP-02", [headings(), row(issue_date=cell)], date_1904=True)
    parsed, _ = read_table(grid, FORM, FORM.tables[0], NOVEMBER, None)
    assert str(parsed.frame.at[2, "issue_date"])[:10] == day
