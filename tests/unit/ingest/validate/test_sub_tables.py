"""Sub-tables: rows without place and row kind, checked against their own columns."""

import pytest

from ingest.forms.catalogue import load_form
from ingest.validate import check_table, count_required
from warehouse.month import Month

NOVEMBER = Month(2009, 11)
VILLAGE = {
    "project_code": "20095307220200000001",
    "village_id": "530722208201001",
    "plan_share": 100,
}


@pytest.fixture
def check_villages(parse):
    def check_rows(*changes):
        form = load_form("FP-01")
        rows = [VILLAGE | change for change in changes]
        return check_table(form, parse(form, rows, number=1), NOVEMBER)

    return check_rows


def test_clean_rows_have_no_finding(check_villages):
    assert check_villages({}, {"village_id": "530722208201002"}) == []


@pytest.mark.parametrize(
    ("change", "check_id", "column"),
    [
        ({"village_id": None}, "IN-required", "village_id"),
        ({"plan_share": -1}, "IN-range", "plan_share"),
        ({"plan_share": 101}, "IN-range", "plan_share"),
        ({"project_code": "2" * 21}, "IN-too-long", "project_code"),
    ],
)
def test_a_wrong_cell_is_found_with_the_key_of_its_table(check_villages, change, check_id, column):
    (found,) = check_villages(change)
    assert (found.check_id, found.column_name) == (check_id, column)
    assert set(found.row_key) == {"project_code", "village_id"}
    assert found.sheet == "FP-01b"


def test_a_village_stands_once_under_a_project(check_villages):
    (found,) = check_villages({}, {})
    assert (found.check_id, found.cell) == ("G4", "A21")


def test_required_cells_of_a_sub_table_are_counted(parse):
    form = load_form("FP-01")
    rows = [VILLAGE, VILLAGE | {"village_id": None}]
    assert count_required(form, parse(form, rows, number=1), NOVEMBER) == (4, 3)
