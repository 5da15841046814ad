"""One cell becomes one value, or says why it does not; nothing is guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ingest.forms.catalogue import code_list, load_form, table_columns
from ingest.forms.model import Bilingual, Column
from ingest.read.values import CodeNames, parse_cell


def column(kind: Any, **changes: Any) -> Column:
    text = Bilingual(zh="栏", en="column")
    return Column(name="c", zh="栏", en="c", type=kind, basis="S", description=text, **changes)


@pytest.mark.parametrize(
    ("cell", "value", "status"),
    [
        ("1,234,567.89", "1234567.89", None),
        ("１２３", "123.00", None),
        (" 12 ", "12.00", None),
        ("-5", "-5.00", None),
        ("−5", "-5.00", None),
        ("0", "0.00", None),
        (0.0, "0.00", None),
        (0.1 + 0.2, "0.30", None),
        (2805.005, "2805.01", None),
        (1e13, "10000000000000.00", None),
        ("150000(估)", "150000.00", "E"),
        ("150,000（估）", "150000.00", "E"),
        ("约150000", "150000.00", "U"),
        ("150000以上", "150000.00", "U"),
        ("约150000（估）", "150000.00", "U"),
    ],
)
def test_money(cell: Any, value: str, status: str | None) -> None:
    parsed = parse_cell(cell, column("money"))
    assert parsed.value == Decimal(value)
    assert str(parsed.value) == value
    assert (parsed.status, parsed.problem) == (status, None)


@pytest.mark.parametrize("cell", [None, "", "   ", "\u3000"])
@pytest.mark.parametrize("kind", ["money", "int", "dec", "date", "bool", "code", "char", "text"])
def test_blank_is_null_and_never_zero(cell: Any, kind: str) -> None:
    parsed = parse_cell(cell, column(kind))
    assert (parsed.value, parsed.status, parsed.problem) == (None, None, None)


@pytest.mark.parametrize(
    ("cell", "status", "reason"),
    [
        ("未收集(文件未列)", "L", "文件未列"),
        ("未收集（文件未列）", "L", "文件未列"),
        ("未收集", "L", None),
        ("未收集()", "L", None),
        ("—", "M", None),
        ("/", "M", None),
        ("不适用", "M", None),
    ],
)
@pytest.mark.parametrize("kind", ["money", "date", "code", "text"])
def test_marks_without_a_value(cell: str, status: str, reason: str | None, kind: str) -> None:
    parsed = parse_cell(cell, column(kind))
    assert (parsed.value, parsed.status, parsed.reason) == (None, status, reason)
    assert parsed.text == cell


@pytest.mark.parametrize("cell", ["XX", "3X,410", "10 x", "１０×", "***", "3?00", "○○"])
def test_masked_digits_are_g10(cell: str) -> None:
    parsed = parse_cell(cell, column("money"))
    assert (parsed.value, parsed.status, parsed.problem) == (None, "O", "G10")


@pytest.mark.parametrize(
    "cell",
    [
        "数万元", "百万", "1,23", "1,2345", "120 130", "1.2E+08", "--", "120³", "12①",
        "½", "=1+1", "NaN", "inf",
        "1_000", "1.2.3", ".5", True, date(2009, 11, 5), "1" * 20, "99999999999999999",
        "（估）", "约", "估150000",
    ],
)  # fmt: skip
def test_what_is_no_number_is_said_and_not_guessed(cell: Any) -> None:
    parsed = parse_cell(cell, column("money"))
    assert (parsed.value, parsed.problem) == (None, "IN-not-a-number")


@pytest.mark.parametrize(("cell", "value"), [("187", 187), (187.0, 187), ("1,200,000", 1_200_000)])
def test_whole_numbers(cell: Any, value: int) -> None:
    parsed = parse_cell(cell, column("int"))
    assert parsed.value == value
    assert isinstance(parsed.value, int)


@pytest.mark.parametrize("cell", ["12.5", 12.5, "9" * 30, 1e30, "2147483648", -2147483649])
def test_what_is_no_whole_number(cell: Any) -> None:
    assert parse_cell(cell, column("int")).problem == "IN-not-a-number"


def test_units_scale_exactly() -> None:
    money = parse_cell("2,805.0012", column("money"), Decimal(10_000))
    assert money.value == Decimal("28050012.00")
    assert parse_cell(1.2, column("int"), Decimal(10_000)).value == 12_000
    assert parse_cell("25.2%", column("dec", unit="%")).value == Decimal("25.20")


@pytest.mark.parametrize(
    "cell",
    [
        date(2009, 11, 5), "2009-11-05", "2009-11-5", "2009/11/5", "2009.11.5", "2009年11月5日",
        "20091105", 20091105.0, 40122.0,
    ],
)  # fmt: skip
def test_dates(cell: Any) -> None:
    assert parse_cell(cell, column("date")).value == date(2009, 11, 5)


@pytest.mark.parametrize("cell", ["2009-11", "2009-02-30", "11/5/2009", "40122", 5.0, "明年", True])
def test_what_is_no_date(cell: Any) -> None:
    assert parse_cell(cell, column("date")).problem == "IN-not-a-date"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), (1.0, True), ("TRUE", True), (True, True), ("否", False), ("0", False)],
)
def test_yes_and_no(cell: Any, value: bool) -> None:
    assert parse_cell(cell, column("bool")).value is value


def test_what_is_neither_yes_nor_no() -> None:
    assert parse_cell("也许", column("bool")).problem == "IN-not-a-bool"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", "12"),
        (12.0, "12"),
        ("12 省级财政", "12"),
        ("省级财政", "12"),
        ("１２", "12"),
        ("13 省级财政", "13 省级财政"),  # code and label disagree: G4 names it
        ("77", "77"),
        (0.0, "0"),  # 00 typed as a number has lost its zeros: G4 names it
    ],
)
def test_codes_by_number_or_label(cell: Any, value: str) -> None:
    names = CodeNames({code: entry.zh for code, entry in code_list("fund_source").items()})
    assert parse_cell(cell, column("code", codes="fund_source"), codes=names).value == value


def test_a_number_that_lost_its_zero_is_no_code() -> None:
    names = CodeNames({"01": "整村推进", "11": "革命老区"})
    assert parse_cell(1.0, column("code", codes="programme"), codes=names).value == "1"


def test_every_label_of_every_list_leads_to_one_code() -> None:
    for code in ("FP-02", "FP-08"):
        form = load_form(code)
        for col in table_columns(form, form.tables[0]):
            if col.codes is None:
                continue
            labels = {key: entry.zh for key, entry in code_list(col.codes).items()}
            names = CodeNames(labels)
            assert {names.code(label) for label in labels.values()} == set(labels)


def test_area_codes_survive_a_number_cell() -> None:
    assert parse_cell(530700000000.0, column("char", length=12)).value == "530700000000"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("530722208001000", "530722208001000"),
        ("530722208001000 松坪村委会", "530722208001000"),
        ("530722208001000\u3000松坪 村委会", "530722208001000"),
        ("5307222080010 松坪村委会", "5307222080010 松坪村委会"),
        ("松坪村委会 530722208001000", "松坪村委会 530722208001000"),
    ],
)
def test_a_choice_keeps_its_code_and_loses_its_name(cell: str, value: str) -> None:
    parsed = parse_cell(cell, column("char", length=15, choices="villages"))
    assert (parsed.value, parsed.text) == (value, cell)
    assert parse_cell(cell, column("char", length=15)).value == cell


def test_a_dash_is_the_key_of_what_has_none_and_else_not_applicable() -> None:
    key = column("char", length=15, choices="villages", key=True, key_default="-")
    assert parse_cell("-", key).value == "-"
    other = parse_cell("-", column("char", length=15, choices="villages"))
    assert (other.value, other.status) == (None, "M")
