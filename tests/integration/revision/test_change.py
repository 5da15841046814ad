"""A change reopens the months that come out differently; together or not at all they are shown."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from warehouse.month import Month
from warehouse.release_group import release_group
from warehouse.reopened import stale_months
from warehouse.settings import Settings
from warehouse.status import month_status

from .conftest import COUNTY, FIRST, MONTHS

if TYPE_CHECKING:
    from .conftest import County

AFTER, YEAR_AFTER = MONTHS[1:]
TMW = Path(sys.executable).with_name("tmw")


def _repair(county: County) -> set[Month]:
    """Build what is stale, the earliest first, until nothing is; return the months built."""
    built: list[Month] = []
    while stale := stale_months(county.settings):
        county.build(stale[0])
        built.append(stale[0])
        assert len(built) <= len(MONTHS)
    return set(built)


@pytest.mark.parametrize(
    ("change", "reopened", "changed"),
    [
        # The month after for its rules, the year after for its columns.
        ({"issued": 150}, set(MONTHS), {FIRST, YEAR_AFTER}),
        # Money of the month alone is no column of the year after.
        ({"issued": 100, "paid": 11}, {FIRST, AFTER}, {FIRST}),
    ],
)
def test_months_that_come_out_differently_are_among_those_reopened(
    county: County, change: dict[str, int], reopened: set[Month], changed: set[Month]
) -> None:
    before = county.candidates()
    county.file(FIRST, version=1, **change)
    assert month_status(county.settings, FIRST).state == "reopened"
    built = _repair(county)
    repaired = county.candidates()
    county.build(*(month for month in MONTHS if month not in built))
    assert county.candidates() == repaired  # what was not reopened would not have changed
    assert {month for month in MONTHS if repaired[month] != before[month]} == changed
    assert changed <= built == reopened
    assert release_group(county.settings, FIRST) == sorted(changed)
    released = county.publish(*MONTHS)
    assert released.publications == {str(month): f"{month}.r2" for month in changed}
    assert set(released.unchanged) == {str(month) for month in set(MONTHS) - changed}
    county.file(FIRST, version=2, **change)
    county.build(FIRST)
    assert county.publish(FIRST).release_id is None  # the same figures sent again


def test_nothing_is_shown_while_one_month_of_the_group_is_held(
    county: County, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    county.owe("FP-03", YEAR_AFTER)
    county.file(FIRST, 150, version=1)
    shown = county.shown()
    done = subprocess.run(
        [TMW, "revise", "--month", str(FIRST), "--json"],
        env=environment_of(county.settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["verdicts"] == {str(FIRST): "ready", str(YEAR_AFTER): "held"}
    assert answer["release"] is None
    assert county.shown() == shown
    assert month_status(county.settings, FIRST).publication_id == f"{FIRST}.r1"
    assert [
        (line.area_code, line.form_code, line.state)
        for line in month_status(county.settings, YEAR_AFTER).returns
        if line.owed and line.form_code == "FP-03"
    ] == [(COUNTY, "FP-03", "expected")]
