"""Parsed tables for the checks, without a reader: one clean row of each form, changed as asked."""

from collections.abc import Callable
from string import ascii_uppercase
from typing import Any

import pandas as pd
import pytest

from ingest.forms.catalogue import load_form, table_columns
from ingest.forms.model import Form
from ingest.parsed import CellMark, ParsedTable
from ingest.validate import check_table
from warehouse.findings import Finding
from warehouse.month import Month

NOVEMBER = Month(2009, 11)
LATER = Month(2015, 11)  # villages may leave the list from 2014 on
FIRST_ROW = 20
DTYPES = {
    "money": "float64", "dec": "float64", "int": "Int64", "bool": "boolean",
    "date": "datetime64[s]", "code": "str", "char": "str", "text": "str",
}  # fmt: skip

CLEAN: dict[str, dict[str, Any]] = {
    "FP-02": {
        "place_code": "530722208000", "row_kind": "1", "fund_source": "12", "programme": "02",
        "fund_year": 2009, "issue_date": pd.Timestamp(2009, 3, 1),
        "arrival_date": pd.Timestamp(2009, 4, 1), "amount_planned_y": 3_000_000,
        "amount_issued_m": 0, "amount_issued_y": 3_000_000, "amount_issued_c": 3_000_000,
        "amount_inplace_y": 2_500_000, "amount_inplace_c": 2_500_000, "amount_paid_y": 2_000_000,
        "amount_paid_c": 2_000_000, "amount_reimbursed_y": 1_800_000,
        "amount_reimbursed_c": 1_800_000.10, "advance_open": 300_000.20, "payable": 100_000.30,
        "bridged": 0, "balance": 500_000,
    },
    "FP-08": {
        "place_code": "530723000000", "row_kind": "2", "programme": "03", "plan_year": 2009,
        "mode": "0", "plan_hh": 110, "plan_p": 445, "moved_hh_c": 110, "moved_p_c": 445,
        "houses_plan": 110, "houses_started": 100, "houses_roofed": 90, "houses_finished": 80,
        "house_area_m2": 8_800.5, "standard": 5_000, "standard_basis": "1",
        "subsidy_plan": 2_225_000, "subsidy_y": 2_000_000, "subsidy_c": 2_000_000,
        "income_after_pc": 1_300,
    },
}  # fmt: skip
CLEAN["labour"] = {
    "place_code": "530722208000", "row_kind": "1", "fund_source": "52", "programme": "02",
    "amount_issued_y": 30_000, "amount_inplace_y": 30_000, "amount_paid_y": 30_000,
    "amount_reimbursed_y": 0, "labour_days_y": 1_000, "expected_y": 36_000,
    "labour_days_expected_y": 1_200,
}  # fmt: skip

CLEAN["FP-01"] = {
    "place_code": "530722208000", "row_kind": "1", "project_code": "20095307220200000001",
    "programme": "02", "plan_year": 2009, "construct_mode": "1", "responsible_person": "某人",
    "plan_amount": 600_000, "state": "7", "apply_date": pd.Timestamp(2008, 1, 10),
    "approve_date": pd.Timestamp(2008, 3, 1), "start_date": pd.Timestamp(2008, 5, 1),
    "complete_date": pd.Timestamp(2008, 10, 1), "twp_accept_date": pd.Timestamp(2008, 11, 1),
    "cty_accept_date": pd.Timestamp(2008, 12, 1), "audit_date": pd.Timestamp(2008, 12, 20),
    "progress_pct": 100, "notice_from": pd.Timestamp(2008, 3, 10),
    "notice_to": pd.Timestamp(2008, 3, 20), "board_date": pd.Timestamp(2008, 11, 10),
    "works_contract_no": "松工〔2008〕3号", "clean_contract_no": "松廉〔2008〕3号",
    "benefit_households": 60, "benefit_persons": 240,
}  # fmt: skip
CLEAN["FP-03"] = {
    "place_code": "530723101206", "row_kind": "1", "village_id": "530723101206001",
    "village_kind": "2", "coverage": "1", "households": 51, "persons": 224, "pop_band": "4",
    "poor_households": 30, "poor_persons": 130, "road": True, "power": True, "water": False,
    "school": False, "clinic": False, "arable_mu": 300.5, "irrigated_mu": 80,
}  # fmt: skip
CLEAN["lump of villages"] = {
    "place_code": "530723000000", "row_kind": "2", "coverage": "1", "units": 10, "pop_band": "2",
    "households": 300, "persons": 1_200, "poor_households": 200, "poor_persons": 900,
}  # fmt: skip
CLEAN["exit"] = CLEAN["FP-03"] | {
    "poor_persons": 6, "water": True, "clinic": True, "exit_date": pd.Timestamp(2015, 10, 1),
}  # fmt: skip
MEANT = {
    "labour": ("FP-02", NOVEMBER),
    "lump of villages": ("FP-03", NOVEMBER),
    "exit": ("FP-03", LATER),
}

Rows = list[dict[str, Any]]


def parsed_table(
    form: Form, rows: Rows, marks: tuple[CellMark, ...] = (), number: int = 0
) -> ParsedTable:
    """Lay rows out as the reader does, every column present, first row at FIRST_ROW."""
    table = form.tables[number]
    columns = table_columns(form, table)
    index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(rows), name="row_no")
    frame = pd.DataFrame(
        {
            c.name: pd.Series(
                [row.get(c.name, c.key_default) for row in rows], index, DTYPES[c.type]
            )
            for c in columns
        }
    )
    texts = frame.astype(object).where(frame.notna(), "").astype("str")
    for mark in marks:
        texts.at[mark.row_no, mark.column] = mark.text
    letters = [a + b for a in ("", "A", "B") for b in ascii_uppercase]
    return ParsedTable(
        form_code=form.form_code,
        table_name=table.name,
        sheet=table.sheet,
        frame=frame,
        texts=texts,
        column_letters={c.name: letters[place] for place, c in enumerate(columns)},
        marks=list(marks),
    )


@pytest.fixture
def check() -> Callable[..., list[Finding]]:
    """Check a clean row with changes (or whole rows), in November 2009 unless its name says."""

    def check_rows(
        clean: str, *rows: dict[str, Any], marks: tuple[CellMark, ...] = (), **options: Any
    ) -> list[Finding]:
        code, month = MEANT.get(clean, (clean, NOVEMBER))
        form = load_form(code)
        changed = [CLEAN[clean] | row for row in rows or ({},)]
        return check_table(form, parsed_table(form, changed, marks), month, **options)

    return check_rows


@pytest.fixture
def parse() -> Callable[..., ParsedTable]:
    """Lay out rows of any form."""
    return parsed_table
