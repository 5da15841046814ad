from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from expectations.thresholds import load_thresholds
from warehouse.errors import DefinitionError
from warehouse.month import Month

ROW = """
- name: rate
  since: {since}
  {limit}
  reason: {reason}
  owner: desk
{until}
"""


def written(path: Path, *rows: str) -> Path:
    file = path / "thresholds.yml"
    file.write_text("".join(rows), encoding="utf-8")
    return file


def row(since: str, limit: str = "high: 100", reason: str = "why", until: str = "") -> str:
    return ROW.format(since=since, limit=limit, reason=reason, until=until)


def test_every_threshold_of_ours_has_reason_owner_and_date() -> None:
    thresholds = load_thresholds(Month(2009, 11))
    assert thresholds
    for threshold in thresholds.values():
        assert len(threshold.reason) > 40
        assert threshold.owner
        assert threshold.since <= date(2009, 11, 1)


def test_the_limit_of_the_months_own_time_is_in_force(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        row("2000-01-01", "high: 100", until="  until: 2010-12-31"),
        row("2011-01-01", "high: 90"),
    )
    assert load_thresholds(Month(2010, 12), file)["rate"].high == 100
    assert load_thresholds(Month(2011, 1), file)["rate"].high == 90
    assert load_thresholds(Month(1999, 12), file) == {}


def test_two_limits_of_one_name_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path, row("2000-01-01"), row("2001-01-01"))
    with pytest.raises(DefinitionError, match="twice"):
        load_thresholds(Month(2009, 11), file)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row("2000-01-01", reason=""), "reason"),
        (row("2000-01-01", limit="low:"), "a limit"),
        (row("soon"), "no date"),
    ],
)
def test_a_threshold_nobody_answers_for_is_refused(tmp_path: Path, bad: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        load_thresholds(Month(2009, 11), written(tmp_path, bad))
