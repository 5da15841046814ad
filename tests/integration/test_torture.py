"""The short form of `make torture`: some twenty kills of the real commands and their server.

A failure is repeated with its seed: `TORTURE_SEED=... pytest tests/integration/test_torture.py`.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.torture.commands import torture_commands
from tests.torture.report import Report

if TYPE_CHECKING:
    from tests.conftest import Clone
    from warehouse.settings import Settings

KILLS = 20
MINUTES = 3  # a machine too busy for all of them in this time is spared the rest


@pytest.mark.timeout(1200)
def test_killed_anywhere_and_run_again_the_figures_are_those_of_a_calm_run(
    tmp_path: Path, template_database: Settings, clone_warehouse: Clone
) -> None:
    seed = int(os.environ.get("TORTURE_SEED", time.time_ns() % 1_000_000))
    print(f"TORTURE_SEED={seed}")
    report = Report(tmp_path / "report.json", seed, KILLS)
    chance = random.Random(seed)  # noqa: S311 (to be repeated)
    with clone_warehouse(template_database, tmp_path / "calm") as calm:
        torture_commands(
            tmp_path / "commands", KILLS, chance, report, months=2, minutes=MINUTES, calm=calm
        )
    assert report.facts["end_state"] == "byte-identical"
    left_over = report.facts["kills_left_over"]
    assert len(report.kills) + left_over == KILLS
    assert len(report.kills) >= KILLS / 2
    commands = {kill["command"] for kill in report.kills}
    assert left_over or commands == {"submit", "receive", "build", "gate", "publish"}
