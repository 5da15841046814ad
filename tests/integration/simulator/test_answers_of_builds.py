"""What only a build finds, over months, units and forms, stands in the unit's own workbook too.

The county test plants most checks, each alone. Here stand those it cannot plant alone, because
they compare units or the whole county: one small county, one error in each of several returns.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from examples.simulator.planting import Edit, Planting, Target, apply
from examples.simulator.world import simulate_county
from ingest.answer_tag import FINDINGS_SHEET
from ingest.feedback.look import MARKS
from warehouse.month import Month
from warehouse.settings import Settings

from .conftest import Filed, answers_in_force, file_county, findings_in_force, write_county

MONTHS = (Month(2010, 8), Month(2010, 9))
COUNTY, SEED = "530722", 20_261_125

pytestmark = pytest.mark.timeout(900)

Changes = list[tuple[int, str, Any]]  # row, column, what is written there
Slip = Callable[[Target, Target], Changes]
Planted = tuple[str, str, str]  # check, file, cell ("" where it is about the whole return)


def first(target: Target, wanted: Callable[[dict[str, Any]], object]) -> int:
    return next(place for place, row in enumerate(target.rows()) if wanted(row))


def less_paid_since_the_start(own: Target, _: Target) -> Changes:
    """The row fits in itself, and not with last month's balance."""
    place = first(own, lambda row: row.get("balance") and row.get("advance_open", 0) > 7)
    row = own.rows()[place]
    by = {"balance": 7, "amount_paid_c": -7, "advance_open": -7}
    return [(place, name, row[name] + yuan) for name, yuan in by.items()]


def a_plan_far_off(own: Target, _: Target) -> Changes:
    return [
        (place, f"amount_planned_{basis}", row[f"amount_planned_{basis}"] * 20)
        for place, row in enumerate(own.rows())
        for basis in "yc"
        if row["row_kind"] == "1" and row.get(f"amount_planned_{basis}")
    ]


def another_growth(own: Target, _: Target) -> Changes:
    place = first(own, lambda row: row["row_kind"] == "3" and row.get("amount_issued_y"))
    before = (own.rows()[place]["amount_issued_y"] / 2).quantize(Decimal(1))
    return [(place, "last_year_y", before), (place, "growth_printed", 12)]


def another_total(own: Target, _: Target) -> Changes:
    place = first(own, lambda row: row["row_kind"] == "3" and row.get("persons"))
    return [(place, "persons", own.rows()[place]["persons"] + 1)]


def a_project_of_others(own: Target, other: Target) -> Changes:
    code = other.rows()[0]["project_code"]
    return [(first(own, lambda row: row["row_kind"] == "1"), "project_code", code)]


def another_batch(own: Target, _: Target) -> Changes:
    place = first(own, lambda row: row.get("batch_no") and row["programme"] == "01")
    return [(place, "batch_no", "2010-09")]


def subsidies_without_money(own: Target, _: Target) -> Changes:
    place = first(own, lambda row: row.get("subsidy_y"))
    return [(place, "subsidy_y", own.rows()[place]["subsidy_y"] * 1000)]


def money_of_others(own: Target, other: Target) -> Changes:
    place = first(own, lambda row: row["row_kind"] == "1")
    keys = ("place_code", "fund_doc_no", "fund_source", "project_code", "programme")
    return [(place, name, other.rows()[0][name]) for name in keys]


# Form, unit (the last is the county's office), another unit, what is done, check, its column.
SLIPS: tuple[tuple[str, int, int, Slip, str, str], ...] = (
    ("FP-02", 0, 0, less_paid_since_the_start, "G3", "balance"),
    ("FP-02", 1, 1, a_plan_far_off, "G9", ""),
    ("FP-02", -1, 2, money_of_others, "FP02-10", "fund_doc_no"),
    ("FP-02", -1, 2, another_growth, "X11", "growth_printed"),
    ("FP-03", -1, -1, another_total, "G5", "persons"),
    ("FP-01", 1, 2, a_project_of_others, "G11", "project_code"),
    ("FP-01", 0, 0, another_batch, "X6", "batch_no"),
    ("FP-08", 2, 2, subsidies_without_money, "FP08-05", "subsidy_y"),
)


def test_each_is_marked_at_its_cell(warehouse_home: Settings, tmp_path: Path) -> None:
    simulation = simulate_county(COUNTY, MONTHS[0], len(MONTHS), SEED, townships=3)
    filed = write_county(simulation, tmp_path / "county")
    planted = [plant(filed, *slip) for slip in SLIPS]
    file_county(warehouse_home, filed)
    found = {
        (finding["check_id"], finding["file"], finding["cell"] or "")
        for finding in findings_in_force(warehouse_home)
    }
    assert set(planted) - found == set()
    answers = answers_in_force(warehouse_home, filed)
    for check_id, file, cell in planted:
        book = load_workbook(answers[file])
        lines = {row[1]: row[3] for row in book[FINDINGS_SHEET].iter_rows(values_only=True)}
        assert check_id in lines
        if cell:
            marked = book[sheet_of(filed, file)][cell]
            assert marked.fill.fgColor.rgb in MARKS.values()
            assert check_id in marked.comment.text


def plant(
    filed: Filed, form_code: str, unit: int, beside: int, slip: Slip, check_id: str, column: str
) -> Planted:
    """Write a slip into the finished file of a unit; return what must be found."""
    own = target_of(filed, unit, form_code)
    changes = slip(own, target_of(filed, beside, form_code))
    edits = tuple(Edit(*own.cell(place, name), value) for place, name, value in changes)
    apply(own.written.path, Planting(edits))
    places = {name: place for place, name, _ in changes}
    cell = own.cell(places[column], column)[1] if column else ""
    return check_id, own.file, cell


def target_of(filed: Filed, unit: int, form_code: str) -> Target:
    """Return a unit's return of the second month."""
    by_key = {(i.filed.unit.area_code, i.filed.form_code, i.filed.month): i for i in filed.written}
    area_code = filed.simulation.units[unit].area_code
    return Target(filed.simulation, by_key[area_code, form_code, MONTHS[1]], {})


def sheet_of(filed: Filed, file: str) -> str:
    (written,) = (item for item in filed.written if item.path.name == file)
    return Target(filed.simulation, written, {}).sheet
