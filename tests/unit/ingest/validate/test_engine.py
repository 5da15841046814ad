"""The language of rules: what may be written, and what blank operands do."""

import numpy as np
import pandas as pd
import pytest

from ingest.forms.catalogue import load_form
from ingest.forms.expression import ExpressionError, parse
from ingest.forms.model import Form
from ingest.validate import check_table
from ingest.validate.engine import Rows
from warehouse.month import Month


@pytest.fixture
def rows():
    names = {
        "a": np.array([1.0, 2.0, np.nan]),
        "b": np.array([2.0, 0.0, 1.0]),
        "code": np.array(["12", "52", None], dtype=object),
        "day": np.array(["2009-12-01", "2009-12-31", "NaT"], dtype="datetime64[s]"),
        "limit": 10,
    }
    return Rows(3, names, lambda column, groups: frozenset({"11", "12"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", [5.0, 2.0, None]),
        ("a / b", [0.5, None, None]),
        ("divide(a, b)", [0.5, None, None]),
        ("-a - limit", [-11.0, -12.0, None]),
        ("a < b", [True, False, None]),
        ("a < b and b > 0", [True, False, None]),
        ("a < b or b > 0", [True, False, True]),
        ("not a < b", [False, True, None]),
        ("code == '12'", [True, False, None]),
        ("code in ('12', '13')", [True, False, None]),
        ("code not in ('12', '13')", [False, True, None]),
        ("in_group(code, 'fiscal')", [True, False, None]),
        ("a if code == '12' else b", [1.0, 0.0, None]),
        ("nothing if code == '12' else b", [None, 0.0, None]),
        ("b if b > 0 else nothing", [2.0, None, 1.0]),
        ("coalesce(a, b)", [1.0, 2.0, 1.0]),
        ("coalesce(nothing, b)", [2.0, 0.0, 1.0]),
        ("coalesce(b, nothing)", [2.0, 0.0, 1.0]),
        ("blank(a)", [False, False, True]),
        ("a + nothing", [None, None, None]),
        ("a == nothing", [None, None, None]),
        ("absolute(b - 1)", [1.0, 1.0, 0.0]),
        ("number(code)", [12.0, 52.0, None]),
        ("year(day)", [2009.0, 2009.0, None]),
        ("month(day)", [12.0, 12.0, None]),
        ("days_between(day, add_days(day, limit))", [10.0, 10.0, None]),
        ("day <= add_days(day, limit)", [True, True, None]),
    ],
)
def test_values_of_expressions(rows, text, expected):
    values = rows.array(rows.evaluate(parse(text)))
    assert [None if pd.isna(value) else value for value in values] == expected


@pytest.mark.parametrize(
    "text",
    [
        "a +", "a.real", "a[0]", "[1]", "lambda: 1", "__import__('os')", "a < b < 3", "1j", "None",
        "blank()", "year(day, 1)", "in_group('x', 'fiscal')", "in_group(code, group)", "a ** b",
        "coalesce(a, b=1)", "(a, b)[0]", "f'{a}'",
    ],
)  # fmt: skip
def test_nothing_else_can_be_written(text):
    with pytest.raises(ExpressionError):
        parse(text)


def test_names_do_not_include_functions():
    assert parse("coalesce(a, b) + year(day)").names == {"a", "b", "day"}
    assert parse("a").single_name == "a"
    assert parse("a + b").single_name is None


COLUMN = {"basis": "S", "description": {"zh": "栏", "en": "Column"}}
THIRD_FORM = {
    "form_code": "FP-99",
    "title": {"zh": "试验表", "en": "Trial"},
    "grain": {"zh": "每村一行", "en": "One row a village"},
    "serves": [],
    "editions": [{"edition": "2009", "since": "2006-01", "approval_no": "无"}],
    "applies": [
        {
            "rule": "G7",
            "names": {"households": "hh", "persons": "p", "household_class": "'-'"},
        }
    ],
    "tables": [
        {
            "name": "fp99",
            "sheet": "FP-99",
            "title": {"zh": "试验表", "en": "Trial"},
            "columns": [
                {"name": "hh", "zh": "户数", "en": "Households", "type": "int", **COLUMN},
                {"name": "p", "zh": "人数", "en": "Persons", "type": "int", **COLUMN},
                {"name": "began", "zh": "开工", "en": "Started", "type": "date", **COLUMN},
                {"name": "ended", "zh": "完工", "en": "Completed", "type": "date", **COLUMN},
                {"name": "contract", "zh": "合同", "en": "Contract", "type": "char", **COLUMN},
            ],
        }
    ],
    "rules": [
        {
            "id": "FP99-01",
            "severity": "error",
            "level": 1,
            "evaluated": "ingest",
            "column": "contract",
            "when": "not blank(began)",
            "checks": [
                {"value": "contract", "op": "filled"},
                {"column": "ended", "value": "ended", "op": ">=", "expected": "began"},
            ],
            "message": {"zh": "应为{expected}", "en": "{left} from {right} on"},
            "description": {"zh": "次序", "en": "Order"},
        }
    ],
}


def test_a_further_form_is_checked_by_its_definition_alone(parse):
    form = Form.model_validate(THIRD_FORM)
    base = {"place_code": "530700000000", "row_kind": "1", "hh": 20, "p": 80}
    spring, autumn = pd.Timestamp(2009, 3, 1), pd.Timestamp(2009, 9, 1)
    rows = [
        base,
        base | {"place_code": "530701000000", "p": 121},
        base | {"place_code": "530702000000", "began": spring},
        base | {"place_code": "530703000000", "began": autumn, "contract": "1", "ended": spring},
        base | {"place_code": "530704000000", "began": spring, "contract": "1", "ended": autumn},
    ]
    found = check_table(form, parse(form, rows), Month(2009, 11))
    assert [(f.check_id, f.cell, f.expected) for f in found] == [
        ("G7", "L21", "50..120"),
        ("FP99-01", "O22", None),
        ("FP99-01", "N23", "2009-09-01"),
    ]
    assert "“人数”为121人" in found[0].message_zh
    assert "Completed from Started on" in found[2].message_en


def test_a_large_return_is_checked_by_columns(parse):
    """100,000 rows with three wrong ones: only these are looked at singly."""
    form = load_form("FP-08")
    row = {
        "row_kind": "2", "programme": "03", "plan_year": 2009, "mode": "0", "plan_p": 445,
        "subsidy_plan": 2_225_000,
    }  # fmt: skip
    rows = [row | {"place_code": f"5307{number:08}"} for number in range(100_000)]
    for number in (7, 70_000, 99_999):
        rows[number] = rows[number] | {"subsidy_plan": 22_250_000}
    found = check_table(form, parse(form, rows), Month(2009, 11))
    assert [finding.cell for finding in found] == ["AG27", "AG70020", "AG100019"]
