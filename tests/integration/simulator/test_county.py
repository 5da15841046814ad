"""Twelve townships and their office for twelve months, clean and with 200 planted errors.

The same simulation is filed twice, each time through submit, receive and a build of every
month: once as it is, once after errors were planted into its finished files.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.simulator.errors import Planted
from examples.simulator.world import simulate_county
from warehouse.month import Month
from warehouse.settings import Settings

from .conftest import (
    Filed,
    file_county,
    findings_in_force,
    plant,
    truth_lines,
    write_county,
    write_report,
)

if TYPE_CHECKING:
    from tests.conftest import Clone

COUNTY, TOWNSHIPS = "530722", 12
FIRST, MONTHS = Month(2009, 1), 12
SEED = 20_260_417  # of no other test, and not used while the simulator was written
ERRORS = 200
RETURNS = (TOWNSHIPS + 1) * 4 * MONTHS

pytestmark = pytest.mark.timeout(3600)

Place = tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What was found in one filing of the county."""

    findings: list[dict[str, Any]]
    planted: Planted | None = None
    truth: tuple[dict[str, str], ...] = ()

    def of(self, severity: str) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["severity"] == severity]


@pytest.fixture(scope="module")
def filed(workshop: Path) -> Filed:
    simulation = simulate_county(COUNTY, FIRST, MONTHS, SEED, townships=TOWNSHIPS)
    return write_county(simulation, workshop / "clean")


@pytest.fixture(scope="module")
def clean(filed: Filed, workshop: Path, clone_warehouse: Clone, template_database: Settings) -> Run:
    with clone_warehouse(template_database, workshop / "clean-home") as settings:
        file_county(settings, filed)
        return Run(findings_in_force(settings))


@pytest.fixture(scope="module")
def slipped(
    filed: Filed, workshop: Path, clone_warehouse: Clone, template_database: Settings
) -> Run:
    copy = filed.copied_to(workshop / "slipped")
    planted = plant(copy, ERRORS)
    with clone_warehouse(template_database, workshop / "slipped-home") as settings:
        file_county(settings, copy)
        truth = truth_lines(workshop / "truth.csv", planted)
        run = Run(findings_in_force(settings), planted, tuple(truth))
    write_report(workshop / "findings.csv", run.findings)
    return run


def test_a_clean_county_raises_no_error_and_few_warnings(clean: Run) -> None:
    errors = [(f["file"], f["cell"], f["check_id"], f["message_en"]) for f in clean.of("error")]
    warnings = clean.of("warning")
    counts = Counter(f["check_id"] for f in warnings)
    print(
        f"clean: {RETURNS} returns, {len(errors)} errors, {len(warnings)} warnings {dict(counts)}"
    )
    assert errors == []
    assert len(warnings) <= RETURNS / 10


def test_the_planted_errors_cover_the_catalogue(slipped: Run) -> None:
    assert slipped.planted is not None
    assert slipped.planted.count == ERRORS
    planted = [kind for kind, count in slipped.planted.by_kind.items() if count]
    assert len(planted) >= 40
    assert set(slipped.planted.without_victim) <= {"left-the-list-too-early"}  # from 2014 on
    assert {line["level"] for line in slipped.truth} >= {"0", "1", "2", "3"}


def test_every_planted_error_is_found_and_no_other(slipped: Run) -> None:
    """Levels 0 and 1 at the cell; levels 2 and 3 at file, cell, check and row key."""
    assert len(slipped.truth) >= ERRORS
    expected = {place_of_truth(line): int(line["level"]) for line in slipped.truth}
    found = {place_of_finding(f): f for f in slipped.findings if f["severity"] != "info"}
    missed = [place for place in expected if place not in found]
    others = {place: finding for place, finding in found.items() if place not in expected}
    for level in sorted(set(expected.values())):
        due = [place for place, its_level in expected.items() if its_level == level]
        lost = sum(place in missed for place in due)
        alarms = [f for f in others.values() if f["level"] == level]
        false_errors = sum(f["severity"] == "error" for f in alarms)
        print(
            f"level {level}: {len(due)} findings due, recall {1 - lost / len(due):.1%},"
            f" false alarms {false_errors} errors, {len(alarms) - false_errors} warnings"
        )
    assert missed == []
    assert [place for place, f in others.items() if f["severity"] == "error"] == []


def place_of_truth(line: dict[str, str]) -> Place:
    key = ""
    if int(line["level"]) > 1:
        key = json.dumps(json.loads(line["row_key"] or "{}"), sort_keys=True)
    return (*(line[name] for name in ("file", "sheet", "cell", "check_id", "severity")), key)


def place_of_finding(finding: dict[str, Any]) -> Place:
    key = json.dumps(finding["row_key"], sort_keys=True) if finding["level"] > 1 else ""
    return (
        finding["file"],
        finding["sheet"] or "",
        finding["cell"] or "",
        finding["check_id"],
        finding["severity"],
        key,
    )
