"""The head of a return: form, edition, month, area, version, unit of money, hidden tag."""

import pytest

from ingest.forms.catalogue import load_forms
from ingest.parsed import HeadCell, HiddenTag
from ingest.validate import HeadContext, check_head, report_month
from warehouse.month import Month

CLEAN = {
    "form_code": "FP-02", "edition": "2009", "report_month": "200911",
    "area_code": "530700000000", "version": "0", "money_unit": "万元", "nil_return": "否",
}  # fmt: skip
TAG = HiddenTag("FP-02", "2009", "530700000000", "200911")


def head_of(**changes):
    texts = {name: text for name, text in (CLEAN | changes).items() if text is not None}
    cells = enumerate(texts.items(), start=2)
    return {name: HeadCell(name, text, "FP-02", f"B{row}") for row, (name, text) in cells}


def check(tag=None, **changes):
    context = HeadContext(
        forms=load_forms(),
        current_month=Month(2009, 12),
        known_area=lambda code, month: code == "530700000000" and month.year == 2009,
        file="a.xlsx",
    )
    return check_head(head_of(**changes), tag, context)


def test_a_clean_head_has_no_finding():
    assert check() == []
    assert check(TAG) == []
    assert check(HiddenTag(None, None, None, None)) == []
    assert check(report_month="200912", version="12", money_unit=None, nil_return="是") == []


@pytest.mark.parametrize(
    ("changes", "check_id", "field"),
    [
        ({"form_code": "FP-99"}, "IN-unknown-form", "form_code"),
        ({"edition": "2005"}, "IN-edition", "edition"),
        ({"report_month": "200512", "area_code": None}, "IN-edition", "edition"),
        ({"report_month": "201001", "area_code": None}, "IN-wrong-month", "report_month"),
        ({"report_month": "2009年11月"}, "IN-wrong-month", "report_month"),
        ({"report_month": "200913"}, "IN-wrong-month", "report_month"),
        ({"area_code": "530799000000"}, "IN-unknown-area", "area_code"),
        ({"version": "1.5"}, "IN-version", "version"),
        ({"version": "-1"}, "IN-version", "version"),
        ({"version": "一"}, "IN-version", "version"),
        ({"money_unit": "美元"}, "IN-money-unit", "money_unit"),
        ({"nil_return": "也许"}, "IN-nil-return", "nil_return"),
    ],
)
def test_a_wrong_field_is_found_at_its_cell(changes, check_id, field):
    found = [f for f in check(**changes) if f.check_id != "IN-head-missing"]
    assert [(f.check_id, f.column_name) for f in found] == [(check_id, field)]
    assert (found[0].severity, found[0].level, found[0].file) == ("error", 0, "a.xlsx")
    assert found[0].cell == head_of(**changes)[field].cell
    assert found[0].value == changes.get(field, CLEAN[field])
    assert "{" not in found[0].message_zh + found[0].message_en


@pytest.mark.parametrize("field", ["form_code", "edition", "report_month", "area_code", "version"])
@pytest.mark.parametrize("text", [None, "  "])
def test_a_missing_field_is_one_finding(field, text):
    (found,) = check(**{field: text})
    assert (found.check_id, found.column_name) == ("IN-head-missing", field)


@pytest.mark.parametrize(
    ("tag", "check_id", "field"),
    [
        (HiddenTag("FP-02", "2009", "530700000000", "200910"), "IN-wrong-month", "report_month"),
        (HiddenTag("FP-08", "2009", "530700000000", "200911"), "IN-tag", "form_code"),
        (HiddenTag("FP-02", "2009", "530721000000", "200911"), "IN-tag", "area_code"),
    ],
)
def test_head_and_hidden_tag_agree(tag, check_id, field):
    (found,) = check(tag)
    assert (found.check_id, found.column_name) == (check_id, field)
    assert found.expected == getattr(tag, field)
    assert found.expected in found.message_zh


def test_report_month():
    assert report_month(head_of()) == Month(2009, 11)
    assert report_month(head_of(report_month="x")) is None
    assert report_month({}) is None
