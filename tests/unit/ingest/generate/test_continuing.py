"""What goes on from last month: which rows, which cells, and what the year's end stops."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ingest.forms.catalogue import load_form
from ingest.generate.continuing import continued_rows
from warehouse.month import Month

FP01, FP02 = load_form("FP-01"), load_form("FP-02")
DECEMBER, JANUARY = Month(2009, 12), Month(2010, 1)


def project(number: int, **changes: Any) -> dict[str, Any]:
    return {"project_code": f"2009532624200{number:07}", "state": "4", **changes}


def going_on(month: Month, *rows: dict[str, Any]) -> list[object]:
    parts = [{"project_code": row["project_code"], "plan_share": 100} for row in rows]
    found = continued_rows(FP01, {"fp01": rows, "fp01b": parts}, month)
    codes = [row.filled["project_code"] for row in found["fp01"]]
    assert [row.filled["project_code"] for row in found["fp01b"]] == codes
    return [int(str(code)[-7:]) for code in codes]


@pytest.mark.parametrize(
    ("state", "handover", "month", "stays"),
    [
        ("4", None, JANUARY, True),
        ("7", None, JANUARY, True),
        ("8", date(2009, 3, 1), DECEMBER, True),
        ("8", date(2009, 3, 1), JANUARY, False),
        ("8", date(2008, 3, 1), DECEMBER, False),
        ("8", None, DECEMBER, True),
        ("8", None, JANUARY, False),
        ("9", None, DECEMBER, True),
        ("9", None, JANUARY, False),
    ],
)
def test_a_project_is_filed_to_the_end_of_the_year_it_ends_in(
    state: str, handover: date | None, month: Month, stays: bool
) -> None:
    ended = project(2, state=state, handover_date=handover)
    assert going_on(month, project(1), ended, project(3)) == ([1, 2, 3] if stays else [1, 3])


LAST = {
    "place_code": "530700000000", "row_kind": "3", "fund_doc_no": "-", "fund_source": "12",
    "amount_planned_y": 7, "amount_planned_c": 8, "carried_in": 1, "amount_issued_m": 2,
    "amount_issued_y": 3, "amount_issued_c": 4, "balance": 5, "reversal_reason": "1",
    "reversal_doc": "x", "last_year_y": 9, "growth_printed": 1, "list_complete": True,
}  # fmt: skip


@pytest.mark.parametrize("month", [DECEMBER, JANUARY])
def test_cells_stand_as_long_as_they_mean_something(month: Month) -> None:
    (row,) = continued_rows(FP02, {"fp02": [LAST]}, month)["fp02"]
    filled = {name: value for name, value in row.filled.items() if value is not None}
    before = {name: value for name, value in row.before.items() if value is not None}
    expected_filled = {"place_code": "530700000000", "row_kind": "3", "fund_source": "12",
                       "amount_planned_c": 8, "list_complete": True}  # fmt: skip
    expected_before = {"amount_issued_c": 4, "balance": 5}
    if month == DECEMBER:
        expected_filled["amount_planned_y"] = 7
        expected_before |= {"amount_issued_y": 3, "carried_in": 1}
    assert filled == expected_filled
    assert before == expected_before


def test_claims_are_events_and_do_not_go_on() -> None:
    claims = [{"claim_no": "1", "amount_claimed": 10}]
    found = continued_rows(FP02, {"fp02": [LAST], "fp02b": claims}, DECEMBER)
    assert len(found["fp02"]) == 1
    assert found["fp02b"] == []
