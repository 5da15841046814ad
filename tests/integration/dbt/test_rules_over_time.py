"""Rules over months, from rows to the ledger: where a finding stands, and what has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.database import Role, connect
from warehouse.month import Month

if TYPE_CHECKING:
    from tests.integration.dbt.conftest import Lab

MONTH = Month(2009, 11)
CITY = "530700000000"
COUNTY = "530723000000"
FOUND = (
    "select area_code, check_id, severity, sheet, cell, column_name, value, expected"
    " from ops.finding order by 1, 2"
)


def test_a_total_is_followed_and_a_missing_month_is_told_once(lab: Lab) -> None:
    # The county files October and November; the city filed in September and not in October.
    lab.receive(COUNTY, "FP-02", [lab.fund(100)], month=MONTH.shift(-1))
    november = lab.receive(COUNTY, "FP-02", [lab.fund(125, amount_issued_m=20)])
    lab.receive(CITY, "FP-02", [lab.fund(7)], month=MONTH.shift(-2))
    lab.receive(CITY, "FP-02", [lab.fund(9, amount_issued_m=1)])
    with connect(lab.settings, Role.admin) as connection:
        connection.execute(
            "insert into raw.column_position (submission_id, table_name, sheet, column_name,"
            " column_letter, heading, unit, factor)"
            " values (%s, 'fp02', 'FP-02', 'amount_issued_y', 'M', '下达', '元', 1)",
            [november],
        )
    for month in (MONTH.shift(-2), MONTH.shift(-1), MONTH):
        lab.build(month)

    assert lab.rows(FOUND) == [
        (CITY, "G1", "info", None, None, None, None, None),
        (COUNTY, "G1", "error", "FP-02", "M20", "amount_issued_y", "125", "120"),
    ]
