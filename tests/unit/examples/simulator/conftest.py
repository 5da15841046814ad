"""Simulations held in memory: one long table-only county for statistics and rules over months."""

from __future__ import annotations

import pandas as pd
import pytest

from examples.simulator.tables import Simulation
from examples.simulator.world import simulate_county
from warehouse.month import Month

FIRST = Month(2010, 1)
MONTHS = 24


@pytest.fixture(scope="package")
def long_simulation() -> Simulation:
    """Return two years of twelve townships."""
    return simulate_county("530722", FIRST, MONTHS, 21, townships=12)


@pytest.fixture(scope="package")
def tables(long_simulation: Simulation) -> dict[str, pd.DataFrame]:
    """Return the tables of the long simulation, numbers as floats beside the keys."""
    return {name: numeric(frame) for name, frame in long_simulation.tables().items()}


def numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with money, counts and percentages as floats and the month as an index."""
    frame = frame.copy()
    for name in frame.columns:
        if name.endswith(("_m", "_y", "_c", "_p", "_hh", "_pct", "_mu")) or name in NUMBERS:
            frame[name] = frame[name].astype("float64")
    frame["index"] = [day.year * 12 + day.month - 1 for day in frame["stat_month"]]
    return frame


NUMBERS = {
    "units", "amount_applied", "amount_approved", "plan_amount", "benefit_households",
    "benefit_persons", "carried_in", "advance_open", "payable", "bridged", "retention", "balance",
    "households", "persons", "poor_households", "poor_persons", "houses_plan", "houses_started",
    "houses_roofed", "houses_finished", "subsidy_plan", "amount_claimed", "plan_share", "standard",
}  # fmt: skip


def parts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the detail and lump rows."""
    return frame[frame["row_kind"].isin(["1", "2"])]
