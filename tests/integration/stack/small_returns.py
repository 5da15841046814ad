"""A unit that owes one form in a few months: builds of it cost seconds."""

from __future__ import annotations

from pathlib import Path

from ingest.forms.catalogue import load_form
from ingest.generate.workbook import write_return_csv
from ingest.landing import submit_file
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

SONGPING = "530722208000"


def owe(settings: Settings, *months: Month) -> None:
    """Let Songping owe FP-02 for these months."""
    with connect(settings, Role.loader) as connection:
        for month in months:
            connection.execute(
                "insert into ops.assignment (area_code, form_code, valid_from, valid_until)"
                " values (%s, 'FP-02', %s, %s)",
                [SONGPING, month.first_day, month.last_day],
            )


def send(settings: Settings, folder: Path, month: Month, yuan: int, version: int = 0) -> Path:
    """Send Songping's FP-02 of a month, with one sum issued this year."""
    path = folder / f"FP-02_{SONGPING}_{month.compact}_v{version}_{yuan}.csv"
    head = {
        "form_code": "FP-02",
        "edition": "2009",
        "report_month": month.compact,
        "area_code": SONGPING,
        "area_name": "松坪乡",
        "version": str(version),
        "money_unit": "元",
        "nil_return": "否",
    }
    row = {
        "place_code": SONGPING,
        "row_kind": "2",
        "units": 1,
        "fund_source": "12",
        "programme": "02",
        "amount_issued_y": yuan,
        "amount_inplace_y": "未收集(文件未列)",
        "amount_paid_y": "未收集(文件未列)",
        "amount_reimbursed_y": "未收集(文件未列)",
    }
    write_return_csv(path, load_form("FP-02"), head, [row], "utf-8")
    submit_file(settings, path)
    return path
