"""A waiver explains exactly one row, pins its value and lapses when the value changes."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from warehouse.builds import open_build
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.waivers import Waiver, add_waiver, apply_waivers

MONTH = Month(2009, 11)
UNIT = "530722208000"
KEYS = ("fund_source", "fund_doc_no", "programme")
DEFAULTS = {"fund_doc_no": "-"}
ROW = {"fund_source": "12", "programme": "02"}
STORED = {**ROW, "fund_doc_no": "-"}


def _waiver(**changes: Any) -> Waiver:
    fields: dict[str, Any] = {
        "check_id": "G5", "area_code": UNIT, "form_code": "FP-02", "month": MONTH,
        "row_key": ROW, "reason": "如文件所载", "owner": "王", "column_name": "planned_c",
    }  # fmt: skip
    return Waiver(**{**fields, **changes})


def _add(lab: Any, **changes: Any) -> int:
    return add_waiver(lab.settings, _waiver(**changes), key_columns=KEYS, defaults=DEFAULTS)


def _found(
    lab: Any, value: str, *, expected: str | None = None, month: Month = MONTH, **changes: Any
) -> tuple[str, str | None]:
    """Record one finding in a new build, apply the waivers, return its state and reason."""
    finding: dict[str, Any] = {
        "check_id": "G5", "form_code": "FP-02", "area_code": UNIT, "row_key": STORED,
        "column_name": "planned_c",
    }  # fmt: skip
    finding |= changes
    build = open_build(lab.settings, month)
    with connect(lab.settings, Role.builder) as connection:
        connection.execute(
            "insert into ops.finding (build_id, check_id, severity, level, form_code, value,"
            " expected, message_zh, message_en, stat_month, area_code, row_key, column_name, state)"
            " values (%s, %s, 'error', 1, %s, %s, %s, '', '', %s, %s, %s, %s, 'open')",
            [
                build.build_id, finding["check_id"], finding["form_code"], value, expected,
                month.first_day,
                finding["area_code"], Jsonb(finding["row_key"]), finding["column_name"],
            ],
        )  # fmt: skip
        apply_waivers(connection, build.build_id, month.first_day)
        row = connection.execute(
            "select state, reason from ops.finding where build_id = %s", [build.build_id]
        ).fetchone()
    assert row is not None
    return row


def test_the_value_is_pinned_and_a_change_lets_the_waiver_lapse(lab: Any) -> None:
    _add(lab)
    assert _found(lab, "74228000") == ("explained", "如文件所载 (王)")
    assert _found(lab, "74228000")[0] == "explained"
    assert _found(lab, "74228001") == ("open", None)
    assert _found(lab, "74228000")[0] == "open"  # it does not come back by itself
    (waiver,) = lab.rows("select pinned_value, lapsed_at is not null from ops.waiver")
    assert waiver == ("74228000", True)
    _add(lab)  # somebody looked again
    assert _found(lab, "74228001")[0] == "explained"


def test_a_change_of_what_is_expected_lets_it_lapse_too(lab: Any) -> None:
    """The total is as printed, but one of its parts has changed: another difference."""
    _add(lab)
    assert _found(lab, "74228000", expected="74280000")[0] == "explained"
    assert _found(lab, "74228000", expected="84280000") == ("open", None)


def test_asking_twice_keeps_one_waiver_and_its_pinned_value(lab: Any) -> None:
    first = _add(lab)
    assert _found(lab, "1")[0] == "explained"
    assert _add(lab) == first
    assert lab.rows("select pinned_value from ops.waiver") == [("1",)]


@pytest.mark.parametrize(
    "other",
    [
        {"row_key": {**STORED, "fund_doc_no": "甲1号"}},
        {"row_key": {**STORED, "extra": "x"}},
        {"check_id": "X7"},
        {"form_code": "FP-08"},
        {"area_code": "530722000000"},
        {"column_name": "issued_y"},
        {"month": MONTH.shift(1)},
        {"month": MONTH.shift(-1)},
    ],
)
def test_it_covers_nothing_else(lab: Any, other: dict[str, Any]) -> None:
    _add(lab)
    assert _found(lab, "1", **other)[0] == "open"
    assert lab.rows("select pinned_value from ops.waiver") == [(None,)]


def test_until_extends_it_to_later_months(lab: Any) -> None:
    _add(lab, until=MONTH.shift(2))
    assert _found(lab, "1", month=MONTH.shift(2))[0] == "explained"
    assert _found(lab, "1", month=MONTH.shift(3))[0] == "open"


def test_without_a_column_it_covers_the_row(lab: Any) -> None:
    _add(lab, column_name=None)
    assert _found(lab, "1", column_name="issued_y")[0] == "explained"
    assert lab.rows("select pinned_value from ops.waiver") == [("issued_y=1",)]


def test_a_blank_column_means_the_whole_row(lab: Any) -> None:
    assert _add(lab, column_name="") == _add(lab, column_name=None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"row_key": {"fund_source": "12"}}, r"missing \['programme'\]"),
        ({"row_key": {**ROW, "place": "1"}}, r"unknown \['place'\]"),
        ({"reason": " "}, "reason"),
        ({"owner": ""}, "owner"),
        ({"until": MONTH.shift(-1)}, "before it begins"),
    ],
)
def test_a_waiver_names_row_reason_and_owner(lab: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _add(lab, **changes)
    assert lab.rows("select * from ops.waiver") == []
