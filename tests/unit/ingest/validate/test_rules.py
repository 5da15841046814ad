"""Every rule has a planted row that fires it at the right cell, and a clean row that does not."""

import pandas as pd
import pytest

from ingest.forms.catalogue import general_rules, load_forms
from ingest.parsed import CellMark

DAY = pd.Timestamp

# rule id, part, row it is planted in, what is planted, where the finding stands, what is expected
PLANTED = [
    ("FP01-02", "a", "FP-01", {"works_contract_no": None}, "construct_mode", None),
    ("FP01-02", "a", "FP-01", {"clean_contract_no": None}, "construct_mode", None),
    (
        "FP01-02", "b", "FP-01",
        {"construct_mode": "3", "works_contract_no": None}, "construct_mode", None,
    ),
    (
        "FP01-02", "c", "FP-01",
        {"construct_mode": "4", "works_contract_no": None}, "construct_mode", None,
    ),
    ("FP01-02", "d", "FP-01", {"responsible_person": None}, "responsible_person", None),
    ("FP01-02", "d", "FP-01", {"notice_from": None}, "notice_from", None),
    ("FP01-02", "d", "FP-01", {"notice_to": None}, "notice_to", None),
    ("FP01-03", "a", "FP-01", {"approve_date": DAY(2008, 1, 9)}, "approve_date", "2008-01-10"),
    (
        "FP01-03", "a", "FP-01",
        {"approve_date": None, "start_date": DAY(2008, 1, 9)}, "start_date", "2008-01-10",
    ),
    ("FP01-03", "a", "FP-01", {"complete_date": DAY(2008, 4, 30)}, "complete_date", "2008-05-01"),
    (
        "FP01-03", "a", "FP-01",
        {"twp_accept_date": DAY(2008, 9, 30)}, "twp_accept_date", "2008-10-01",
    ),
    (
        "FP01-03", "a", "FP-01",
        {"cty_accept_date": DAY(2008, 10, 31)}, "cty_accept_date", "2008-11-01",
    ),
    (
        "FP01-03", "a", "FP-01",
        {"state": "8", "handover_date": DAY(2008, 11, 30)}, "handover_date", "2008-12-01",
    ),
    ("FP01-03", "a", "FP-01", {"audit_date": DAY(2008, 9, 30)}, "audit_date", "2008-10-01"),
    (
        "FP01-03", "a", "FP-01",
        {"plan_start": DAY(2008, 5, 1), "plan_end": DAY(2008, 4, 1)}, "plan_end", "2008-05-01",
    ),
    ("FP01-03", "b", "FP-01", {"board_date": None}, "state", None),
    ("FP01-04", "a", "FP-01", {"state": "3", "progress_pct": 5}, "state", "0"),
    ("FP01-04", "b", "FP-01", {"progress_pct": 99}, "state", "100"),
    ("FP01-04", "c", "FP-01", {"state": "4"}, "state", "99.9"),
    ("FP01-07", "", "FP-01", {"audit_date": None}, "audit_date", None),
    ("FP01-08", "", "FP-01", {"notice_to": DAY(2008, 3, 19)}, "notice_to", "2008-03-20"),
    ("FP03-01", "", "FP-03", {"poor_households": 52}, "poor_households", "51"),
    ("FP03-01", "", "FP-03", {"poor_persons": 225}, "poor_persons", "224"),
    ("FP03-02", "", "FP-03", {"pop_band": "3"}, "pop_band", "151..200"),
    ("FP03-03", "", "FP-03", {"irrigated_mu": 300.6}, "irrigated_mu", "300.5"),
    ("FP03-05", "a", "exit", {"poor_persons": 7}, "exit_date", None),
    ("FP03-05", "b", "exit", {"clinic": False}, "exit_date", None),
    ("FP03-07", "b", "FP-03", {"village_kind": "1"}, "village_kind", "2"),
    ("FP03-06", "", "lump of villages", {"persons": 1_501}, "persons", "1000..1500"),
    ("FP02-01", "", "FP-02", {"amount_reimbursed_c": 1_700_000}, "amount_paid_c", "1899999.9"),
    ("FP02-02", "a", "FP-02", {"balance": 600_000}, "balance", "500000"),
    (
        "FP02-02", "b", "FP-02",
        {"balance": -500_000, "amount_inplace_c": 1_500_000}, "balance", "0",
    ),
    ("FP02-03", "", "FP-02", {"arrival_date": DAY(2009, 2, 28)}, "arrival_date", "2009-03-01"),
    ("FP02-04", "a", "labour", {"labour_days_y": 0}, "amount_issued_y", "0"),
    ("FP02-04", "a", "labour", {"expected_y": 0}, "expected_y", "36000"),
    ("FP02-04", "b", "labour", {"expected_y": 360_000}, "expected_y", "24000..60000"),
    ("FP02-04", "b", "labour", {"amount_paid_y": 3_000}, "amount_paid_y", "20000..50000"),
    ("FP02-05", "", "FP-02", {"arrival_date": DAY(2009, 5, 31)}, "arrival_date", "2009-05-30"),
    ("FP08-01", "", "FP-08", {"subsidy_plan": 22_250_000}, "subsidy_plan", "2225000"),
    ("FP08-01", "", "FP-08", {"standard_basis": "2"}, "subsidy_plan", "550000"),
    ("FP08-01", "", "FP-08", {"standard_basis": "3"}, "subsidy_plan", "44002500"),
    ("FP08-02", "a", "FP-08", {"houses_finished": 91}, "houses_finished", "90"),
    ("FP08-02", "a", "FP-08", {"houses_roofed": 101}, "houses_finished", "100"),
    ("FP08-02", "a", "FP-08", {"houses_started": 111}, "houses_finished", "110"),
    (
        "FP08-02", "a", "FP-08",
        {"houses_finished": 111, "houses_started": None, "houses_roofed": None},
        "houses_finished", "110",
    ),
    ("FP08-02", "b", "FP-08", {"moved_hh_c": 116}, "moved_hh_c", "115.5"),
    ("FP08-02", "b", "FP-08", {"moved_p_c": 468}, "moved_p_c", "467.25"),
    ("FP08-03", "a", "FP-08", {"house_area_m2": 88_000}, "house_area_m2", "4400..16500"),
    ("FP08-03", "a", "FP-08", {"house_area_m2": 880}, "house_area_m2", "4400..16500"),
    (
        "FP08-03", "b", "FP-08",
        {"houses_plan": 400, "house_area_m2": 33_000}, "plan_p", "1000..2400",
    ),
    ("FP08-06", "", "FP-08", {"income_after_pc": 1_195.99}, "income_after_pc", "1196"),
    ("G2", "a", "FP-02", {"amount_issued_m": -1}, "amount_issued_m", None),
    (
        "G2", "a", "FP-02",
        {"amount_issued_m": -1, "reversal_reason": "3"}, "amount_issued_m", None,
    ),
    ("G2", "b", "FP-08", {"subsidy_c": -1}, "subsidy_c", "0"),
    ("G2", "c", "FP-08", {"moved_p_y": -1}, "moved_p_y", "0"),
    ("IN-range", "negative", "FP-08", {"target5_p": -1}, "target5_p", "0"),
    ("IN-range", "money", "FP-02", {"expected_y": 100_000_000_001}, "expected_y", "100000000000"),
    ("IN-range", "plausible", "FP-02", {"fund_year": 209}, "fund_year", "1990"),
    ("IN-range", "plausible", "FP-02", {"fund_year": 20_009}, "fund_year", "2060"),
]  # fmt: skip

# For each rule, its operands: with any one of them blank the rule is not evaluated.
OPERANDS = [
    ("FP01-02", "FP-01", {"works_contract_no": None}, ["construct_mode", "state"]),
    ("FP01-03", "FP-01", {"audit_date": DAY(2008, 9, 30)}, ["audit_date", "complete_date"]),
    ("FP01-04", "FP-01", {"progress_pct": 99}, ["state", "progress_pct"]),
    ("FP01-07", "FP-01", {"audit_date": None}, ["complete_date"]),
    ("FP01-08", "FP-01", {"notice_to": DAY(2008, 3, 19)}, ["notice_from", "notice_to"]),
    ("FP03-01", "FP-03", {"poor_persons": 225}, ["persons", "poor_persons"]),
    ("FP03-02", "FP-03", {"pop_band": "3"}, ["persons", "pop_band"]),
    ("FP03-03", "FP-03", {"irrigated_mu": 301}, ["irrigated_mu", "arable_mu"]),
    ("FP03-05", "exit", {"poor_persons": 7}, ["poor_persons", "persons", "exit_date"]),
    ("FP03-06", "lump of villages", {"persons": 9}, ["units", "pop_band"]),
    ("FP02-01", "FP-02", {"amount_paid_c": 9}, ["amount_paid_c", "amount_reimbursed_c",
                                                "advance_open", "payable"]),
    ("FP02-02", "FP-02", {"balance": 9}, ["balance", "amount_inplace_c", "bridged",
                                          "amount_paid_c"]),
    ("FP02-03", "FP-02", {"arrival_date": DAY(2009, 1, 1)}, ["arrival_date", "issue_date"]),
    ("FP02-05", "FP-02", {"arrival_date": DAY(2009, 9, 1)}, ["arrival_date", "issue_date"]),
    ("FP02-04", "labour", {"labour_days_y": 9}, ["labour_days_y"]),
    ("FP08-01", "FP-08", {"subsidy_plan": 9}, ["subsidy_plan", "plan_p"]),
    ("FP08-03", "FP-08", {"house_area_m2": 9}, ["house_area_m2", "houses_plan"]),
    ("FP08-06", "FP-08", {"income_after_pc": 9}, ["income_after_pc"]),
]  # fmt: skip


@pytest.mark.parametrize(
    "clean", ["FP-01", "FP-02", "FP-03", "FP-08", "labour", "lump of villages", "exit"]
)
def test_a_clean_row_has_no_finding(check, clean):
    assert check(clean) == []


@pytest.mark.parametrize(("rule", "part", "clean", "change", "column", "expected"), PLANTED)
def test_a_planted_error_is_found_at_its_cell(check, rule, part, clean, change, column, expected):
    villages = clean in ("FP-03", "exit")
    other = {"village_id": "530723101206002"} if villages else {"place_code": "530722209000"}
    (found,) = check(clean, {}, change | other, file="a.xlsx")
    defined = {
        (r.id, r.part): r
        for r in (*general_rules(), *(r for form in load_forms().values() for r in form.rules))
    }[rule, part]
    assert (found.check_id, found.severity, found.level) == (rule, defined.severity, defined.level)
    assert (found.column_name, found.expected) == (column, expected)
    assert found.file == "a.xlsx"
    assert found.cell is not None and found.cell.endswith("21")
    assert other.items() <= found.row_key.items()
    assert "{" not in found.message_zh + found.message_en


def test_a_village_lies_where_its_code_says(check):
    (found,) = check("FP-03", {"place_code": "530723101000"})
    assert (found.check_id, found.column_name) == ("FP03-07", "village_id")
    assert (found.value, found.expected) == ("530723101206001", "530723101000")


def test_every_rule_is_planted():
    planted = {(rule, part) for rule, part, *_ in PLANTED} | {("FP03-07", "a")}
    rules = [rule for form in load_forms().values() for rule in form.rules]
    rules += [rule for rule in general_rules() if rule.each and rule.checks]
    assert {(rule.id, rule.part) for rule in rules if rule.evaluated == "ingest"} == planted


@pytest.mark.parametrize(("rule", "clean", "change", "operands"), OPERANDS)
def test_a_blank_operand_is_not_evaluated(check, rule, clean, change, operands):
    assert rule in {finding.check_id for finding in check(clean, change)}
    for operand in operands:
        found = check(clean, change | {operand: None})
        assert rule not in {finding.check_id for finding in found}, operand


def test_huaping_is_told_the_value_and_the_power_of_ten(check):
    (found,) = check("FP-08", {"subsidy_plan": 22_250_000})
    assert (found.check_id, found.value, found.expected) == ("FP08-01", "22250000", "2225000")
    assert found.row_key == {
        "site_code": "-", "from_village": "-", "programme": "03", "plan_year": "2009",
        "mode": "0", "place_code": "530723000000", "row_kind": "2",
    }  # fmt: skip
    assert "2,225,000元" in found.message_zh
    assert "10的1次方" in found.message_zh
    assert "2,225,000 yuan" in found.message_en
    assert "10^1" in found.message_en


@pytest.mark.parametrize(
    ("filed", "said"), [(2_225, "10^-3"), (22_300_000, "10^1"), (22_400_000, None), (2_000, None)]
)
def test_only_a_near_power_of_ten_is_called_a_slip(check, filed, said):
    (found,) = check("FP-08", {"subsidy_plan": filed})
    assert (said in found.message_en) if said else ("likely a slip" not in found.message_en)


def test_a_standard_not_filed_is_taken_from_the_dated_row(check):
    unfiled = {"standard": None, "standard_basis": None}
    assert check("FP-08", unfiled) == []
    (found,) = check("FP-08", unfiled | {"subsidy_plan": 2_225_100})
    assert (found.check_id, found.expected) == ("FP08-01", "2225000")
    housing = unfiled | {"programme": "101", "subsidy_plan": 600_000, "plan_hh": 100}
    assert check("FP-08", housing | {"moved_hh_c": 100}) == []
    # No dated row of this plan year, and a basis that the dated row does not have.
    assert check("FP-08", unfiled | {"plan_year": 2008, "subsidy_plan": 9}) == []
    assert check("FP-08", {"standard": None, "standard_basis": "2", "subsidy_plan": 9}) == []


def test_a_control_total_never_rejects_a_file(check):
    total = {"row_kind": "3", "subsidy_plan": 9, "houses_finished": 999, "moved_p_c": 9_999}
    assert check("FP-08", total) == []


def test_what_a_rule_wants_filled_may_say_why_it_is_not(check):
    why = CellMark(20, "notice_from", "L", "未收集(文件未列)", reason="文件未列")
    (found,) = check("FP-01", {"notice_from": None}, marks=(why,))
    assert (found.check_id, found.severity) == ("IN-not-collected", "warning")
    assert (found.column_name, found.reason) == ("notice_from", "文件未列")
    exempt = CellMark(20, "notice_from", "M", "—")
    (found,) = check("FP-01", {"notice_from": None}, marks=(exempt,))
    assert (found.check_id, found.severity) == ("FP01-02", "error")


def test_a_project_that_has_not_started_needs_no_contract(check):
    early = {"state": "3", "progress_pct": 0, "works_contract_no": None, "notice_from": None}
    dates = dict.fromkeys(("start_date", "complete_date", "twp_accept_date", "cty_accept_date"))
    assert check("FP-01", early | dates | {"audit_date": None, "responsible_person": None}) == []
    assert check("FP-01", {"state": "9", "progress_pct": 40, "audit_date": None}) == []


def test_a_village_leaves_only_below_the_threshold_of_its_province(check):
    # 3 % in the west, 2 % elsewhere; before 2014 the column is not collected.
    assert check("exit", {"poor_persons": 6}) == []
    hubei = {"place_code": "420602001001", "village_id": "420602001001001"}
    (found,) = check("exit", {"poor_persons": 6} | hubei)
    assert (found.check_id, found.column_name) == ("FP03-05", "exit_date")
    assert "2%" in found.message_zh


def test_persons_per_household_of_a_village(check):
    (found,) = check("FP-03", {"persons": 1_000, "households": 100, "pop_band": "5"})
    assert (found.check_id, found.severity, found.column_name) == ("G7", "warning", "persons")
    assert check("FP-03", {"persons": 200, "households": 19, "pop_band": "3", "poor_households": 9}
                 ) == []  # fmt: skip


def test_rules_look_at_their_rows_only(check):
    # Credit does not pass the treasury: 02-1 holds for fiscal and integrated money alone.
    assert check("FP-02", {"fund_source": "41", "amount_reimbursed_c": 1}) == []
    # Fewer than 20 dwellings say nothing about persons in each.
    few = dict.fromkeys(("houses_started", "houses_roofed", "houses_finished"), 1)
    assert check("FP-08", few | {"houses_plan": 19, "house_area_m2": 1_900}) == []
    # A reversal with reason and document is no error.
    reversal = {"amount_issued_m": -1, "reversal_reason": "3", "reversal_doc": "〔2009〕8号"}
    assert check("FP-02", reversal) == []


def test_cents_do_not_get_lost(check):
    million = {"amount_reimbursed_c": 0.10, "advance_open": 0.20, "payable": 0.0}
    balance = {"amount_paid_c": 1.31, "amount_inplace_c": 1.31, "balance": 0.0}
    (found,) = check("FP-02", million | balance)
    assert (found.check_id, found.expected) == ("FP02-01", "0.3")
    assert check("FP-02", million | balance | {"amount_paid_c": 1.30, "balance": 0.01}) == []


def test_all_rows_are_checked_and_findings_come_in_order(check):
    rows = [{"place_code": f"5307230000{number:02}"} for number in range(50)]
    rows[7] |= {"subsidy_plan": 9, "mode": "9"}
    rows[3] |= {"income_after_pc": 9}
    found = check("FP-08", *rows)
    assert [(f.cell, f.check_id) for f in found] == [
        ("AJ23", "FP08-06"), ("P27", "G4"), ("AG27", "FP08-01"),
    ]  # fmt: skip
