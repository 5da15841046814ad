"""The definitions hold every column of the official forms, and agree with themselves."""

import re
import subprocess
import sys

import pytest

from ingest.forms.catalogue import (
    code_list,
    cross_form_rules,
    every_row_columns,
    general_rules,
    head_fields,
    key_columns,
    load_form,
    load_forms,
    reference_rows,
    require_waivable,
    row_key_from,
    table_columns,
)
from warehouse.errors import UsageError

# The official lists of columns: name -> (type, basis). Copied from the forms by hand, so that a
# column renamed, retyped or lost in a definition is noticed here.
EVERY_ROW = {
    "place_code": ("char", "A"), "row_kind": ("code", "A"), "units": ("int", "S"),
    "reversal_reason": ("code", "A"), "reversal_doc": ("text", "A"),
    "compare_with": ("code", "A"), "list_complete": ("bool", "A"), "tolerance": ("money", "A"),
    "last_year_y": ("money", "A"), "growth_printed": ("dec", "A"),
}  # fmt: skip
FP02 = {
    "fund_doc_no": ("char", "A"), "fund_source": ("code", "A"), "project_code": ("char", "A"),
    "programme": ("code", "A"), "fund_year": ("int", "A"), "issue_date": ("date", "A"),
    "arrival_date": ("date", "A"), "inplace_basis": ("code", "A"), "held_level": ("code", "A"),
    "amount_planned_y": ("money", "P"), "amount_planned_c": ("money", "P"),
    "expected_y": ("money", "P"), "carried_in": ("money", "S"),
    "amount_issued_m": ("money", "M"), "amount_issued_y": ("money", "Y"),
    "amount_issued_c": ("money", "C"), "amount_inplace_m": ("money", "M"),
    "amount_inplace_y": ("money", "Y"), "amount_inplace_c": ("money", "C"),
    "amount_paid_m": ("money", "M"), "amount_paid_y": ("money", "Y"),
    "amount_paid_c": ("money", "C"), "amount_reimbursed_m": ("money", "M"),
    "amount_reimbursed_y": ("money", "Y"), "amount_reimbursed_c": ("money", "C"),
    "advance_open": ("money", "S"), "payable": ("money", "S"), "bridged": ("money", "S"),
    "retention": ("money", "S"), "balance": ("money", "S"), "labour_days_m": ("int", "M"),
    "labour_days_y": ("int", "Y"), "labour_days_expected_y": ("int", "P"),
    "integrated_unit": ("text", "A"), "award_flag": ("bool", "A"),
}  # fmt: skip
FP08 = {
    "site_code": ("char", "A"), "from_village": ("char", "A"), "to_place": ("char", "A"),
    "programme": ("code", "A"), "plan_year": ("int", "A"), "mode": ("code", "A"),
    "plan_hh": ("int", "P"), "plan_p": ("int", "P"), "target5_p": ("int", "P"),
    "moved_hh_m": ("int", "M"), "moved_hh_y": ("int", "Y"), "moved_hh_c": ("int", "C"),
    "moved_p_m": ("int", "M"), "moved_p_y": ("int", "Y"), "moved_p_c": ("int", "C"),
    "houses_plan": ("int", "P"), "houses_started": ("int", "S"), "houses_roofed": ("int", "S"),
    "houses_finished": ("int", "S"), "house_area_m2": ("dec", "S"), "standard": ("money", "A"),
    "standard_basis": ("code", "A"), "subsidy_plan": ("money", "P"), "subsidy_y": ("money", "Y"),
    "subsidy_c": ("money", "C"), "income_after_pc": ("money", "A"),
}  # fmt: skip
HEAD = [
    "form_code", "edition", "enacted_by", "approval_no", "valid_until", "report_month",
    "area_code", "area_name", "version", "filled_by", "statistics_head", "unit_head", "phone",
    "reported_at", "money_unit", "nil_return",
]  # fmt: skip
KEYS = {
    "FP-02": ["fund_doc_no", "fund_source", "project_code", "programme", "place_code", "row_kind"],
    "FP-08": [
        "site_code", "from_village", "programme", "plan_year", "mode", "place_code", "row_kind",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("code", "official"), [("FP-02", FP02), ("FP-08", FP08)])
def test_columns_are_the_official_ones(code, official):
    form = load_form(code)
    found = {c.name: (c.type, c.basis) for c in table_columns(form, form.tables[0])}
    assert found == EVERY_ROW | official
    assert list(found) == [*EVERY_ROW, *official]


def test_head_is_the_official_one():
    assert [field.name for field in head_fields()] == HEAD
    personal = {field.name for field in head_fields() if field.personal}
    assert personal == {"filled_by", "statistics_head", "unit_head", "phone"}


@pytest.mark.parametrize("code", ["FP-02", "FP-08"])
def test_row_keys(code):
    form = load_form(code)
    assert [column.name for column in key_columns(form, form.tables[0])] == KEYS[code]


def test_required_cells_are_the_official_ones():
    def required(code):
        form = load_form(code)
        return {c.name: c.required_kinds for c in form.tables[0].columns if c.required_kinds}

    fund_key = {"fund_source": (1, 2, 3), "programme": (1, 2, 3)}
    flows = ("amount_issued_y", "amount_inplace_y", "amount_paid_y", "amount_reimbursed_y")
    assert required("FP-02") == fund_key | dict.fromkeys(flows, (1, 2))
    assert required("FP-08") == dict.fromkeys(("programme", "plan_year", "mode"), (1, 2))


def test_every_definition_is_described_in_both_languages():
    described = [*head_fields(), *every_row_columns()]
    for form in load_forms().values():
        described += [column for table in form.tables for column in table.columns]
        described += form.rules
    for item in (*described, *general_rules(), *cross_form_rules()):
        assert re.search(r"[\u4e00-\u9fff]{2}", item.description.zh), item
        assert re.search(r"[A-Za-z]{2}", item.description.en), item


def test_code_lists_know_groups_and_row_kinds():
    sources = code_list("fund_source")
    groups = {}
    for code in sources.values():
        if code.group:
            groups.setdefault(code.group, []).append(code.code)
    assert groups == {
        "fiscal": ["10", "11", "12", "13", "14", "15"],
        "integrated": ["21", "29"],
        "credit": ["31"],
        "social": ["41", "42", "43", "44"],
        "self_raised": ["51", "52"],
    }
    totals = {code.code for code in sources.values() if code.row_kinds == (3,)}
    assert totals == {"00", "19", "49"}
    assert set(sources["00"].covers) == {c.code for c in sources.values() if c.group}
    assert sources["19"].covers == ("10", "11", "12", "13", "14", "15")
    assert sources["49"].covers == ("41", "42")
    programmes = code_list("programme")
    assert programmes["40"].covers == ("04", "05", "06", "07", "08")
    assert {c.code for c in programmes.values() if c.row_kinds == (3,)} == {"00", "40"}
    assert code_list("mode")["0"].row_kinds == (2, 3)


@pytest.mark.parametrize(
    ("programme", "per", "yuan"),
    [
        ("01", "village", "150000"),
        ("03", "person", "5000"),
        ("091", "trainee", "800"),
        ("092", "trainee", "200"),
        ("101", "house", "6000"),
    ],
)
def test_unit_costs_of_2009(programme, per, yuan):
    rows = [row for row in reference_rows("unit_cost") if row["programme"] == programme]
    assert [(row["per"], row["yuan"], row["year_from"]) for row in rows] == [(per, yuan, "2009")]


def test_every_dated_row_names_its_source():
    for table in (
        "unit_cost", "deadline", "holiday", "labour_day_rate", "poverty_line", "filed_elsewhere",
        "persons_per_household", "area_per_house", "release_day",
    ):  # fmt: skip
        assert all(row["source"] for row in reference_rows(table)), table


def test_every_unit_of_a_column_can_be_converted():
    bases = {row["base"] for row in reference_rows("unit")}
    for form in load_forms().values():
        for column in table_columns(form, form.tables[0]):
            assert column.unit is None or column.unit in bases, column.name


def test_row_key_fills_in_defaults_and_refuses_unknown_names():
    given = {"fund_source": "12", "programme": "03", "place_code": "5307", "row_kind": "3"}
    assert row_key_from(load_form("FP-02"), given) == {
        "fund_doc_no": "-",
        "fund_source": "12",
        "project_code": "-",
        "programme": "03",
        "place_code": "530700000000",
        "row_kind": "3",
    }
    with pytest.raises(UsageError, match="mode"):
        row_key_from(load_form("FP-02"), given | {"mode": "1"})
    with pytest.raises(UsageError, match="programme is missing"):
        row_key_from(load_form("FP-02"), {"fund_source": "12"})
    with pytest.raises(UsageError, match="FP-99"):
        load_form("FP-99")


def test_definitions_import_nothing_heavy():
    code = (
        "import sys; from ingest.forms.catalogue import load_forms; load_forms(); "
        "sys.exit(any(m in sys.modules for m in ('pandas', 'psycopg', 'sqlalchemy', 'openpyxl')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("check_id", ["G5", "FP02-10", "X1", "IN-name-slip", "IN-range", "G10"])
def test_a_rule_of_the_form_or_of_all_forms_may_be_waived(check_id: str) -> None:
    require_waivable(load_form("FP-02"), check_id)


@pytest.mark.parametrize(
    "check_id", ["G55", "FP03-01", "g5", "G4", "IN-not-a-number", "IN-name-unknown", "IN-name-read"]
)
def test_what_judges_no_row_or_leaves_no_value_is_not_waived(check_id: str) -> None:
    with pytest.raises(UsageError, match=f"'{check_id}' of FP-02 can be waived.*FP02-10, G1"):
        require_waivable(load_form("FP-02"), check_id)
