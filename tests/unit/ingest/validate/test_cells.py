"""Cells against the definition: unreadable, required, code lists, places, keys."""

import pytest

from ingest.forms.catalogue import load_form
from ingest.parsed import CellMark
from ingest.validate import check_table, count_required
from warehouse.month import Month

NOVEMBER = Month(2009, 11)


def mark(column, status, text, **more):
    return CellMark(20, column, status, text, **more)


@pytest.mark.parametrize("check_id", ["G10", "IN-not-a-number", "IN-not-a-date", "IN-not-a-bool"])
def test_an_unreadable_cell_is_one_finding_with_its_text(check, check_id):
    unreadable = mark("amount_issued_y", "O", "10 x", reason="masked", check_id=check_id)
    (found,) = check("FP-02", {"amount_issued_y": None}, marks=(unreadable,))
    assert (found.check_id, found.severity, found.value) == (check_id, "error", "10 x")
    assert found.cell == "Y20"
    assert found.reason is None
    assert "10 x" in found.message_zh and "10 x" in found.message_en


def test_a_blank_required_cell_is_an_error(check):
    (found,) = check("FP-02", {"amount_inplace_y": None})
    assert (found.check_id, found.severity) == ("IN-required", "error")
    assert (found.column_name, found.value) == ("amount_inplace_y", None)
    assert "本年累计到位资金" in found.message_zh
    assert check("FP-02", {"amount_inplace_y": None, "row_kind": "3"}) == []


def test_not_collected_is_an_explained_warning(check):
    why = mark("amount_inplace_y", "L", "未收集(文件未列)", reason="文件未列")
    (found,) = check("FP-02", {"amount_inplace_y": None}, marks=(why,))
    assert (found.check_id, found.severity) == ("IN-not-collected", "warning")
    assert found.reason == "文件未列"
    assert found.value == "未收集(文件未列)"
    bare = mark("amount_inplace_y", "L", "未收集")
    (found,) = check("FP-02", {"amount_inplace_y": None}, marks=(bare,))
    assert (found.check_id, found.reason) == ("IN-not-collected", None)
    optional = mark("amount_planned_y", "L", "未收集(文件未列)", reason="文件未列")
    assert check("FP-02", {"amount_planned_y": None}, marks=(optional,)) == []


def test_a_cell_that_cannot_exist_is_exempt(check):
    exempt = mark("amount_reimbursed_y", "M", "—")
    assert check("FP-02", {"amount_reimbursed_y": None}, marks=(exempt,)) == []


@pytest.mark.parametrize("status", ["L", "M"])
def test_a_key_cell_is_never_blank(check, status):
    blank = mark("programme", status, "—")
    (found,) = check("FP-02", {"programme": None}, marks=(blank,))
    assert (found.check_id, found.severity) == ("IN-required", "error")
    assert found.row_key["programme"] == "-"


def test_a_text_that_is_too_long_is_an_error_at_its_cell(check):
    assert check("FP-02", {"fund_doc_no": "云财农" + "1" * 37}) == []
    (found,) = check("FP-02", {"fund_doc_no": "云财农" + "1" * 38})
    assert (found.check_id, found.severity, found.expected) == ("IN-too-long", "error", "40")
    assert found.column_name == "fund_doc_no"
    assert "41" in found.message_zh and "40" in found.message_en
    assert check("FP-02", {"integrated_unit": "局" * 500}) == []
    (found,) = check("FP-02", {"integrated_unit": "局" * 501})
    assert (found.check_id, found.column_name) == ("IN-too-long", "integrated_unit")


def test_a_missing_row_kind_is_found_once(check):
    (found,) = check("FP-02", {"row_kind": None, "amount_issued_y": None})
    assert (found.check_id, found.column_name) == ("IN-required", "row_kind")


@pytest.mark.parametrize(
    ("clean", "change", "column"),
    [
        ("FP-02", {"fund_source": "99"}, "fund_source"),
        ("FP-02", {"row_kind": "4"}, "row_kind"),
        ("FP-02", {"held_level": "省"}, "held_level"),
        ("FP-02", {"fund_source": "19"}, "fund_source"),
        ("FP-02", {"programme": "40"}, "programme"),
        ("FP-08", {"programme": "01"}, "programme"),
        ("FP-08", {"mode": "0", "row_kind": "1"}, "mode"),
    ],
)
def test_a_code_outside_its_list_or_row_kind(check, clean, change, column):
    (found,) = check(clean, change)
    assert (found.check_id, found.severity, found.column_name) == ("G4", "error", column)
    assert found.value == change[column]
    assert "代码" in found.message_zh


def test_total_codes_stand_in_control_totals(check):
    assert check("FP-02", {"row_kind": "3", "fund_source": "19", "programme": "40"}) == []
    assert check("FP-08", {"row_kind": "3"}) == []


def test_a_repeated_key_names_the_first_row(check):
    twice = {"fund_doc_no": "云财农〔2009〕1号"}
    found = check("FP-02", twice, {}, twice, twice)
    assert [(f.check_id, f.cell) for f in found] == [("G4", "K22"), ("G4", "K23")]
    assert all("第20行" in f.message_zh and "row 20" in f.message_en for f in found)


def test_rows_without_their_key_are_no_duplicates(check):
    lacking = {"programme": None, "fund_source": None}
    found = check("FP-02", lacking, lacking, {"programme": None})
    assert {finding.check_id for finding in found} == {"IN-required"}
    # A control total over all plan years leaves the year blank: that is a key of its own.
    total = {"row_kind": "3", "plan_year": None}
    assert [f.check_id for f in check("FP-08", total, {"row_kind": "3"}, total)] == ["G4"]


def test_the_optional_key_counts_as_its_default(check):
    (found,) = check("FP-02", {"fund_doc_no": "-"}, {})
    assert (found.check_id, found.cell) == ("G4", "K21")


@pytest.mark.parametrize("place", ["5307", "53070000000X", "５３０７００００００００"])
def test_a_place_code_has_twelve_digits(check, place):
    (found,) = check("FP-02", {"place_code": place})
    assert (found.check_id, found.cell, found.value) == ("IN-unknown-area", "A20", place)


def test_a_place_code_is_an_area_of_the_month(check):
    known = {"530722208000"}
    assert check("FP-02", known_area=known.__contains__) == []
    (found,) = check("FP-02", {"place_code": "530799000000"}, known_area=known.__contains__)
    assert (found.check_id, found.value) == ("IN-unknown-area", "530799000000")


@pytest.mark.parametrize("village", ["530723101206", "53072310120600X", "5307231012060010"])
def test_a_village_code_has_fifteen_digits(check, village):
    found = {f.check_id: f for f in check("FP-01", {"village_id": village})}
    assert found["IN-unknown-village"].value == village


def test_a_village_belongs_to_a_committee_of_the_month(check):
    known = {"530722208000", "530722208201"}
    village = {"village_id": "530722208201001"}
    assert check("FP-01", village, known_area=known.__contains__) == []
    (found,) = check("FP-01", village, known_area={"530722208000"}.__contains__)
    assert (found.check_id, found.column_name) == ("IN-unknown-village", "village_id")


def test_required_cells_are_counted(parse):
    form = load_form("FP-02")
    row = {
        "place_code": "530722208000", "row_kind": "1", "fund_source": "12", "programme": "02",
        "amount_issued_y": 1,
    }  # fmt: skip
    assert count_required(form, parse(form, [row]), NOVEMBER) == (8, 5)
    exempt = (mark("amount_paid_y", "M", "—"), mark("amount_inplace_y", "L", "未收集"))
    assert count_required(form, parse(form, [row], exempt), NOVEMBER) == (7, 5)
    assert count_required(form, parse(form, [row | {"row_kind": "3"}]), NOVEMBER) == (4, 4)


def test_a_column_is_required_only_while_it_is_collected(parse):
    form = load_form("FP-02")
    main, *others = form.tables
    columns = tuple(
        c.model_copy(update={"since": "2009-12"} if c.name == "amount_paid_y" else {})
        for c in main.columns
    )
    table = main.model_copy(update={"columns": columns})
    form = form.model_copy(update={"tables": (table, *others)})
    row = {
        "place_code": "530722208000", "row_kind": "1", "fund_source": "12", "programme": "02",
        "amount_issued_y": 1, "amount_inplace_y": 1, "amount_reimbursed_y": 1,
    }  # fmt: skip
    parsed = parse(form, [row])
    for month, missing in ((NOVEMBER, []), (NOVEMBER.shift(1), ["amount_paid_y"])):
        found = check_table(form, parsed, month)
        assert [f.column_name for f in found if f.check_id == "IN-required"] == missing
    assert count_required(form, parsed, NOVEMBER) == (7, 7)
    assert count_required(form, parsed, NOVEMBER.shift(1)) == (8, 7)


def test_a_table_without_rows(parse, check):
    assert count_required(load_form("FP-02"), parse(load_form("FP-02"), []), NOVEMBER) == (0, 0)
