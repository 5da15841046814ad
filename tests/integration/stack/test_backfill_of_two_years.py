"""A backfill of 24 simulated months ends in the rows that 24 runs in order end in.

Takes a stack of its own and most of an hour: `make test-long`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.simulator.run import Order, Simulated, simulate
from ingest.forms.catalogue import load_forms
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.areas import import_areas
from warehouse.assignments import assign
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.signers import add_signer

from .backfills import backfill, others_paused, published_rows, run_in_order, sign_waiting

if TYPE_CHECKING:
    from tests.integration.stack.conftest import Stack

FIRST, COUNT = Month(2009, 1), 24
MONTHS = [FIRST.shift(number) for number in range(COUNT)]
SECONDS_FOR_A_MONTH = 120
SIGNER = "张统计"

pytestmark = [pytest.mark.scheduler, pytest.mark.long, pytest.mark.timeout(7200)]


def file_all(settings: Settings, simulated: Simulated) -> None:
    """Take in every return of all months; nothing is built."""
    if (simulated.out / "areas.csv").exists():
        import_areas(settings, simulated.out / "areas.csv")
    assign(settings, simulated.out / "assignments.csv", form_codes=frozenset(load_forms()))
    for path, moment in simulated.received:
        submit_file(settings, path, moment)
    receive_inbox(settings)


def test_a_backfill_ends_as_runs_in_order(
    stack: Stack, warehouse_home: Settings, tmp_path: Path
) -> None:
    order = Order(("530722",), FIRST, COUNT, seed=20_261_125, townships=1, formats=("csv", "xlsx"))
    simulated = simulate(order, tmp_path / "county")
    file_all(warehouse_home, simulated)
    for settings in (warehouse_home, stack.settings):
        add_signer(settings, SIGNER)
    with others_paused(stack):
        file_all(stack.settings, simulated)
        backfill(stack, MONTHS[0], MONTHS[-1], SECONDS_FOR_A_MONTH * COUNT)
        sign_waiting(stack.settings, MONTHS, SIGNER)  # of so small a county some months are odd
    run_in_order(warehouse_home, MONTHS, SIGNER)
    expected = published_rows(warehouse_home, MONTHS)
    assert len({row["stat_month"] for row in expected["fund_progress"]}) == COUNT
    assert published_rows(stack.settings, MONTHS) == expected
