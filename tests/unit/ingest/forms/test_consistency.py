"""A definition that contradicts itself is refused, naming file and place."""

import re
import shutil
from pathlib import Path

import pytest

from ingest.forms import catalogue
from ingest.forms.catalogue import read_forms
from warehouse.errors import DefinitionError


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the definitions, to be broken."""
    copy = tmp_path / "forms"
    shutil.copytree(catalogue.FOLDER, copy, ignore=shutil.ignore_patterns("generated", "*.py"))
    return copy


def broken(folder: Path, file: str, old: str, new: str) -> str:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_forms(folder)
    return str(caught.value)


def test_the_copy_itself_is_sound(folder):
    assert list(read_forms(folder)) == list(catalogue.load_forms())


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("fp08.yml", "column: subsidy_plan\n", "column: subsidy_plna\n", "FP08-01: unknown column"),
        ("fp08.yml", "quantity * unit_standard", "quantity * unit_stnadard", "unit_stnadard"),
        ("fp08.yml", 'op: "<=", expected: houses_roofed', 'op: "<="', "takes expected"),
        ("fp08.yml", "table: unit_cost", "table: unit_costs", "unit_costs has no column"),
        ("fp08.yml", "take: low}", "take: lowest}", "no column lowest"),
        ("fp08.yml", "codes: mode", "codes: moods", "column mode: unknown code list moods"),
        ("fp08.yml", '"101", "102"]', '"101", "103"]', "103, unknown to programme"),
        ("fp08.yml", "name: plan_hh", "name: plan_p", "column plan_p stands 2 times"),
        ("fp08.yml", "name: plan_hh", "name: 计划户数", "not canonical"),
        ("fp08.yml", "zh: 计划户数", "zh: 计划人数", "heading 计划人数 stands 2 times"),
        ("fp08.yml", "zh: 计划户数", "zh: 计划户数（户）", "parenthesis"),
        (
            "fp08.yml",
            "zh: 计划户数",
            "zh: 计划户数\n        zh_since: 2010-01",
            "has until 2009-12",
        ),
        ("fp08.yml", "id: FP08-06", "id: FP02-06", "does not begin with FP08-"),
        ("fp08.yml", "    part: b", "    part: a", "stands 2 times"),
        ("fp08.yml", "低于当年贫困线{expected}", "低于{poverty}", "placeholder {poverty}"),
        ("fp08.yml", "[moved_p_y, subsidy_y]", "[moved_y]", "unknown column moved_y"),
        ("fp08.yml", "form_code: FP-08", "form_code: FP-08\ncolour: red", "colour"),
        ("fp02.yml", "'fiscal', 'integrated'", "'fiscal', 'intergrated'", "no group intergrated"),
        ("fp02.yml", "days_between(issue_date", "open('x', issue_date", "no function of rules"),
        ("fp02.yml", "lag: days_between(issue_date, arrival_date)", "lag: '[1]'", "uses List"),
        ("fp02.yml", "title:\n", "title\n", "fp02.yml"),
        ("fp08.yml", "form_code: FP-08", "form_code: FP-02", "does not begin with FP02-"),
        (
            "fp01.yml",
            "date: handover_date}",
            "date: handed_over}",
            "lists: unknown column handed_over",
        ),
        (
            "fp08.yml",
            "        length: 15\n",
            "",
            "from_village: a column with choices says how long",
        ),
        ("codes/mode.csv", "1,城镇安置", "0,城镇安置", "code 0 stands twice"),
        ("codes/fund_source.csv", ",41 42,", ",41 47,", "unknown 47"),
        (
            "cross_form.yml",
            "column: amount_issued_c",
            "column: issued",
            "X7: unknown column issued",
        ),
        ("cross_form.yml", "form: FP-02", "form: FP-20", "unknown form FP-20"),
        ("general.yml", "value: reversal_doc", "value: reversal_document", "reversal_document"),
    ],
)
def test_a_contradiction_is_refused(folder, file, old, new, says):
    message = broken(folder, file, old, new)
    assert says in message


def test_a_third_form_needs_no_code(folder):
    """Dates in order, a state table and persons per household: definitions alone."""
    (folder / "codes" / "state.csv").write_text(
        "code,zh,en,group,row_kinds,covers,since,until\n4,开工,Started,,,,,\n5,完工,Completed,,,,,\n",
        encoding="utf-8",
    )
    (folder / "reference" / "state_progress.csv").write_text(
        "state,year_from,year_until,low,high,source\n5,2000,,100,100,Rule 01-4\n", encoding="utf-8"
    )
    (folder / "fp99.yml").write_text(THIRD_FORM, encoding="utf-8")
    forms = read_forms(folder)
    assert [rule.id for rule in forms["FP-99"].rules] == ["FP99-01", "FP99-02", "FP99-03"]


THIRD_FORM = """
form_code: FP-99
title: {zh: 试验表, en: Trial}
grain: {zh: 每项目一行, en: One row a project}
serves: []
editions: [{edition: "2009", since: 2006-01, approval_no: 无}]
applies:
  - {rule: G7, names: {households: households, persons: persons, household_class: "'-'"}}
tables:
  - name: fp99
    sheet: FP-99
    title: {zh: 试验表, en: Trial}
    columns:
      - {name: state, zh: 状态, en: State, type: code, codes: state, basis: S, key: true,
         description: {zh: 状态, en: State}}
      - {name: mode, zh: 方式, en: Mode, type: code, codes: mode, basis: A,
         description: {zh: 方式, en: Mode}}
      - {name: contract_no, zh: 合同号, en: Contract, type: char, basis: A,
         description: {zh: 合同号, en: Contract}}
      - {name: start_date, zh: 开工日期, en: Started on, type: date, basis: A,
         description: {zh: 开工日期, en: Started on}}
      - {name: complete_date, zh: 完工日期, en: Completed on, type: date, basis: A,
         description: {zh: 完工日期, en: Completed on}}
      - {name: progress, zh: 进度, en: Progress, type: dec, unit: "%", basis: S,
         description: {zh: 进度, en: Progress}}
      - {name: households, zh: 户数, en: Households, type: int, unit: 户, basis: S,
         description: {zh: 户数, en: Households}}
      - {name: persons, zh: 人数, en: Persons, type: int, unit: 人, basis: S,
         description: {zh: 人数, en: Persons}}
rules:
  - id: FP99-01
    severity: error
    level: 1
    evaluated: ingest
    column: contract_no
    when: mode in ('1', '2') and number(state) >= 4
    checks: [{value: contract_no, op: filled}]
    message: {zh: 缺合同号, en: The contract number is missing}
    description: {zh: 合同号, en: Contract}
  - id: FP99-02
    severity: error
    level: 1
    evaluated: ingest
    column: complete_date
    checks: [{value: complete_date, op: ">=", expected: start_date}]
    message: {zh: "{value}早于{expected}", en: "{value} before {expected}"}
    description: {zh: 日期次序, en: Order of dates}
  - id: FP99-03
    severity: error
    level: 1
    evaluated: ingest
    column: progress
    lookups:
      - {name: low, table: state_progress, match: {state: state}, year: report_year, take: low}
      - {name: high, table: state_progress, match: {state: state}, year: report_year, take: high}
    checks: [{value: progress, op: between, low: low, high: high}]
    message: {zh: "{value}", en: "{value}"}
    description: {zh: 状态与进度, en: State and progress}
"""


def test_a_later_column_may_take_over_a_heading(folder):
    path = folder / "fp08.yml"
    text = path.read_text(encoding="utf-8")
    (old,) = re.findall(r"^      - name: plan_hh\n(?:        .*\n)+", text, re.M)
    closed = old + "        until: 2009-12\n"
    retyped = old.replace("plan_hh", "plan_hh_dec").replace("type: int", "type: dec")
    path.write_text(text.replace(old, closed + retyped + "        since: 2010-01\n"))
    columns = {c.name: c for c in read_forms(folder)["FP-08"].tables[0].columns}
    assert columns["plan_hh"].zh == columns["plan_hh_dec"].zh
    path.write_text(text.replace(old, closed + retyped + "        since: 2009-12\n"))
    with pytest.raises(DefinitionError, match="计划户数 stands 2 times"):
        read_forms(folder)
