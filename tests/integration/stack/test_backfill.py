"""A backfill of a few months and a build by hand, beside the scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.receive import receive_inbox
from warehouse.month import Month
from warehouse.settings import Settings

from . import small_returns
from .backfills import backfill, others_paused, published_rows, run_in_order

if TYPE_CHECKING:
    from tests.integration.stack.conftest import Stack

pytestmark = pytest.mark.scheduler
SPRING = [Month(2014, month) for month in (1, 2, 3)]
MONTH_SECONDS = 240.0


def test_a_backfill_ends_as_runs_in_order(
    stack: Stack, warehouse_home: Settings, tmp_path: Path
) -> None:
    """Nothing else is started by it; `make test-long` does the same with 24 simulated months."""
    stack.wait_until_idle("monthly_revision")
    seen = stack.seen_runs("monthly_revision")
    with others_paused(stack):
        for settings in (stack.settings, warehouse_home):
            small_returns.owe(settings, *SPRING)
            folder = tmp_path / f"returns-{settings.home.name}"
            folder.mkdir()
            for number, month in enumerate(SPRING, start=1):
                small_returns.send(settings, folder, month, number * 1_000_000)
            receive_inbox(settings)
        backfill(stack, SPRING[0], SPRING[-1], MONTH_SECONDS)
    run_in_order(warehouse_home, SPRING)
    expected = published_rows(warehouse_home, SPRING)
    assert {row["stat_month"] for row in expected["fund_progress"]} == {
        month.first_day.isoformat() for month in SPRING
    }
    assert published_rows(stack.settings, SPRING) == expected
    assert stack.seen_runs("monthly_revision") == seen


def test_a_run_beside_a_build_by_hand_waits_for_it(stack: Stack) -> None:
    tmw = Path(sys.executable).with_name("tmw")
    before = stack.rows("select max(release_id) from ops.release")
    building = "select from ops.build where state = 'building'"
    command = [tmw, "build", "--month", str(SPRING[0])]
    environment = {**os.environ, "TMW_HOME": str(stack.settings.home)}
    with subprocess.Popen(command, env=environment) as by_hand:
        stack.wait_for("the build by hand", lambda: stack.rows(building), MONTH_SECONDS)
        run = stack.api.trigger("monthly_monitoring", str(SPRING[0]))
        assert by_hand.wait(MONTH_SECONDS) == 0
    assert stack.api.wait_for_run(run, MONTH_SECONDS).state == "success"
    assert stack.month_state(SPRING[0]) == "published"
    assert stack.rows("select max(release_id) from ops.release") == before
