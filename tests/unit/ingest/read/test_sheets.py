"""Several forms, other sheets, hidden ones; rows that are no data; headings that mislead."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.forms.catalogue import load_form, table_columns
from ingest.forms.model import Form
from ingest.parsed import HiddenTag
from ingest.read.cells import column_letter
from ingest.read.head import read_head, read_heads
from ingest.read.sandbox import Grid
from ingest.read.sheets import read_tables, several_forms, with_form_code
from ingest.read.table import read_table
from warehouse.month import Month

from .pages import FORM, ROWS, UNIT, Page, page

MONTH = Month(2009, 11)
FP08 = load_form("FP-08")


def grid_of(made: Page, **changes: Any) -> Grid:
    return Grid(made.name, made.rows, merged=tuple(made.merged), **changes)


def of_form(form: Form, sheet: str, number: int = 0) -> Grid:
    columns = table_columns(form, form.tables[number])
    return Grid(sheet, [["附表"], [], [column.zh for column in columns]])


def read(made: Page, **changes: Any) -> Any:
    return read_table(grid_of(made, **changes), FORM, FORM.tables[0], MONTH, "元", UNIT)


def ids(findings: list[Any]) -> list[tuple[str, str, str | None]]:
    return [(f.check_id, f.severity, f.cell) for f in findings]


def test_a_file_with_several_forms_names_them_and_their_sheets() -> None:
    first = grid_of(page())
    second = Grid("FP-08", [["表号", "FP-08"], *of_form(FP08, "").rows])
    found = several_forms(read_heads([first, second]), [first, second], FORM, MONTH)
    assert found is not None
    assert (found.check_id, found.severity) == ("IN-several-forms", "error")
    assert "FP-02（FP-02）" in found.message_zh
    assert "FP-08（FP-08）" in found.message_zh
    without_head = [first, of_form(FP08, "搬迁")]
    found = several_forms(read_heads(without_head), without_head, FORM, MONTH)
    assert found is not None
    assert "FP-08（搬迁）" in found.message_zh


def test_a_sub_table_is_found_by_its_headings_and_is_no_other_form() -> None:
    grids = [grid_of(page()), of_form(FORM, "报账", 1)]
    assert several_forms(read_heads(grids), grids, FORM, MONTH) is None
    found = read_tables(grids, read_head(grids), FORM, MONTH, UNIT)
    assert [(t.table_name, t.sheet) for t in found.tables] == [("fp02", "FP-02"), ("fp02b", "报账")]
    assert found.findings == []


def test_sheets_that_are_no_form_are_told_of_and_blank_ones_and_ours_are_not() -> None:
    grids = [
        grid_of(page()), Grid("备忘", [["下月补报"]]), Grid("Sheet3", []), Grid("代码", [["1"]]),
        Grid("底稿", [[1.0]], hidden=True), Grid("_tmw", [["tmw", "FP-02"]], hidden=True),
    ]  # fmt: skip
    found = read_tables(grids, read_head(grids), FORM, MONTH, UNIT).findings
    assert [(f.check_id, f.severity, f.sheet) for f in found] == [
        ("IN-sheet-not-read", "info", "备忘"),
        ("IN-hidden", "warning", "底稿"),
    ]


def test_hidden_rows_columns_and_sheets_are_read_and_warned_of() -> None:
    made = page()
    row, column = made.heading_row + 2, made.at("amount_paid_y") + 1
    blank = made.at("last_year_y") + 1
    parsed, found = read(
        made,
        hidden=True,
        hidden_rows=frozenset({row, 3}),
        hidden_columns=frozenset({column, blank}),
    )
    assert [(f.check_id, f.severity) for f in found] == [("IN-hidden", "warning")] * 3
    assert found[1].cell == f"A{row}"
    assert found[2].cell == parsed.cell(made.heading_row + 1, "amount_paid_y")
    assert row in parsed.frame.index


def test_rows_of_totals_and_notes_are_told_of() -> None:
    made = page(with_total=False)
    width = len(made.names)
    start = made.heading_row + 1
    figures: list[Any] = [None] * width
    figures[made.at("amount_paid_y")] = 1050000
    made.insert(start + 1, [["小计", *figures[1:]]])
    made.rows += [["合计", *figures[1:]], ["注：含上年结转。"], ["填表人：某丙"]]
    parsed, found = read(made)
    last = len(made.rows)
    assert ids(found) == [
        ("IN-total-row", "info", f"A{start + 2}"),
        ("IN-total-row", "info", f"A{last - 2}"),
        ("IN-footnote", "info", f"A{last - 1}"),
    ]
    assert "没有读入" in found[0].message_zh
    assert list(parsed.frame.index) == [start + 1, start + 3, start + 4, last - 2]
    total = parsed.frame.loc[last - 2]
    assert (total["row_kind"], total["place_code"], total["fund_source"]) == ("3", UNIT, "00")
    assert total["amount_paid_y"] == 1050000


@pytest.mark.parametrize("heading", ["备注", "备 注", "说明\nRemarks"])
def test_a_column_of_remarks_is_told_of_where_something_is_written(heading: str) -> None:
    made = page(with_total=False)
    width = len(made.names)
    made.insert_column(width, heading, [None, "已核实"])
    parsed, found = read(made)
    assert len(parsed.frame) == len(ROWS)
    letter = column_letter(width)
    assert ids(found) == [("IN-remarks", "info", f"{letter}{made.heading_row + 1}")]
    made = page(with_total=False)
    made.insert_column(width, heading, [])
    assert read(made)[1] == []


def test_of_two_totals_nobody_can_tell_which_is_the_tables() -> None:
    made = page(with_total=False)
    figures: list[Any] = [None] * len(made.names)
    figures[made.at("amount_paid_y")] = 1
    made.rows += [["合计", *figures[1:]], ["总计", *figures[1:]]]
    parsed, found = read(made)
    assert len(parsed.frame) == len(ROWS)
    assert [f.check_id for f in found] == ["IN-total-row", "IN-total-row"]


def test_keys_that_a_control_total_may_leave_blank_are_blank() -> None:
    columns = table_columns(FP08, FP08.tables[0])
    names = [column.name for column in columns]
    total: list[Any] = [None] * len(names)
    total[0], total[names.index("plan_hh")] = "合计", 110
    grid = Grid("FP-08", [[column.zh for column in columns], total])
    parsed, _ = read_table(grid, FP08, FP08.tables[0], MONTH, "元", UNIT)
    (row,) = parsed.frame.to_dict("records")
    assert (row["row_kind"], row["place_code"], row["plan_hh"]) == ("3", UNIT, 110)
    assert parsed.frame[["programme", "plan_year", "mode"]].isna().all(axis=None)


def test_a_total_of_nobody_known_is_told_of_and_not_read() -> None:
    made = page(with_total=False)
    figures: list[Any] = [None] * len(made.names)
    figures[made.at("amount_paid_y")] = 1
    made.rows.append(["合计", *figures[1:]])
    parsed, found = read_table(grid_of(made), FORM, FORM.tables[0], MONTH, "元", None)
    assert len(parsed.frame) == len(ROWS)
    assert ids(found) == [("IN-total-row", "info", f"A{len(made.rows)}")]


def test_a_row_with_a_key_is_data_whatever_its_texts_say() -> None:
    made = page(with_total=False)
    row = made.data[0]
    row[made.at("fund_doc_no")], row[made.at("integrated_unit")] = "合计", "注：无"
    parsed, found = read(made)
    assert found == []
    assert len(parsed.frame) == len(ROWS)


def test_a_row_of_figures_without_keys_is_data_and_lacks_them() -> None:
    made = page(with_total=False)
    figures: list[Any] = [None] * len(made.names)
    figures[made.at("amount_paid_y")] = 1050000
    made.rows.append(figures)
    parsed, found = read(made)
    assert found == []
    assert parsed.frame["place_code"].isna().to_list() == [False, False, False, True]


@pytest.mark.parametrize("group", ["上年", "计划数", "其中：中央"])
def test_a_group_that_says_more_than_the_form_has_is_no_heading_of_it(group: str) -> None:
    made = page()
    at = made.at("amount_paid_y")
    upper: list[Any] = [None] * len(made.names)
    upper[at] = group
    made.insert(made.heading_row, [upper])
    made.merged.append((made.heading_row, at + 1, made.heading_row + 1, at + 1))
    lower = made.rows[made.heading_row]
    made.rows[made.heading_row - 1] = [
        text if index == at else None for index, text in enumerate(upper)
    ]
    made.merged = []
    made.rows[made.heading_row][at] = str(lower[at]).split("(")[0].replace("本年累计", "")
    parsed, found = read(made)
    assert "amount_paid_y" not in parsed.column_letters
    assert {f.check_id for f in found} == {"IN-heading-unknown", "IN-heading-missing"}


def test_units_that_contradict_each_other_are_an_error() -> None:
    made = page()
    made.rows[made.heading_row] = [str(text).split("\n")[0] for text in made.rows[made.heading_row]]
    units: list[Any] = [None] * len(made.names)
    units[made.at("carried_in")], units[made.at("balance")] = "万元", "元"
    made.rows.insert(made.heading_row + 1, units)
    _, found = read(made)
    assert [(f.check_id, f.column_name) for f in found] == [("IN-heading-unit", "carried_in")]


def test_a_missing_form_code_is_taken_from_tag_and_title_where_they_agree() -> None:
    made = page()
    made.rows.remove(made.head("表号"))
    grids = [grid_of(made)]
    head, found = with_form_code(read_head(grids), None, grids)
    assert head.text("form_code") == "FP-02"
    assert [f.check_id for f in found] == ["IN-form-by-title"]
    other = HiddenTag("FP-08", None, None, None)
    head, found = with_form_code(read_head(grids), other, grids)
    assert (head.text("form_code"), found) == ("", [])


@pytest.mark.parametrize("text", ["FP02", "fp-02", "ＦＰ－０２", "FP-02表", "FP 02"])
def test_spellings_of_the_form_code(text: str) -> None:
    head = read_head([Grid("", [["表号", text], ["报告月份", "200911"]])])
    assert head.text("form_code") == "FP-02"
