"""A county filed clean, and again with planted errors: all found, and nothing else.

The same simulation is filed twice, each time through submit, receive and a build of every
month: once as it is, once after errors were planted into its finished files. `make test` takes
some townships for some months with errors, `make test-long` twelve townships for a year too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from examples.simulator.errors import Planted
from examples.simulator.world import simulate_county
from ingest.answer_tag import FINDINGS_SHEET, REASON_HEADING
from ingest.feedback.look import MARKS
from ingest.feedback.words import SEVERITIES
from warehouse.month import Month
from warehouse.settings import Settings

from .conftest import (
    Filed,
    answers_in_force,
    file_county,
    findings_in_force,
    plant,
    truth_lines,
    write_county,
    write_report,
)

if TYPE_CHECKING:
    from tests.conftest import Clone

COUNTY = "530722"
SEED = 20_260_417  # of no other test, and not used while the simulator was written

pytestmark = pytest.mark.timeout(3600)

Place = tuple[str, ...]


@dataclass(frozen=True)
class Size:
    """How much is filed, how many errors are planted, and of how many kinds at least."""

    first: Month
    months: int
    townships: int
    errors: int
    kinds: int

    @property
    def returns(self) -> int:
        """Return the number of returns: four forms of every township and of the office."""
        return (self.townships + 1) * 4 * self.months


SOME = Size(Month(2009, 10), months=3, townships=9, errors=70, kinds=60)
YEAR = Size(Month(2009, 1), months=12, townships=12, errors=200, kinds=110)


@dataclass(frozen=True)
class Run:
    """What was found in one filing of the county."""

    findings: list[dict[str, Any]]
    planted: Planted | None = None
    truth: tuple[dict[str, str], ...] = ()
    answers: dict[str, Path] = field(default_factory=dict)

    def of(self, severity: str) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["severity"] == severity]


@pytest.fixture(
    scope="module",
    params=[pytest.param(SOME, id="some"), pytest.param(YEAR, id="year", marks=pytest.mark.long)],
)
def size(request: pytest.FixtureRequest) -> Size:
    given: Size = request.param
    return given


@pytest.fixture(scope="module")
def workshop(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(f"county-{size.months}")


@pytest.fixture(scope="module")
def filed(size: Size, workshop: Path) -> Filed:
    simulation = simulate_county(COUNTY, size.first, size.months, SEED, townships=size.townships)
    return write_county(simulation, workshop / "clean")


@pytest.fixture(scope="module")
def clean(filed: Filed, workshop: Path, clone_warehouse: Clone, template_database: Settings) -> Run:
    with clone_warehouse(template_database, workshop / "clean-home") as settings:
        file_county(settings, filed)
        return Run(findings_in_force(settings))


@pytest.fixture(scope="module")
def slipped(
    size: Size, filed: Filed, workshop: Path, clone_warehouse: Clone, template_database: Settings
) -> Run:
    copy = filed.copied_to(workshop / "slipped")
    planted = plant(copy, size.errors)
    with clone_warehouse(template_database, workshop / "slipped-home") as settings:
        file_county(settings, copy)
        truth = truth_lines(workshop / "truth.csv", planted)
        answers = answers_in_force(settings, copy)
        run = Run(findings_in_force(settings), planted, tuple(truth), answers)
    write_report(workshop / "findings.csv", run.findings)
    return run


@pytest.mark.long
def test_a_clean_county_raises_no_error_and_few_warnings(size: Size, clean: Run) -> None:
    errors = [(f["file"], f["cell"], f["check_id"], f["message_en"]) for f in clean.of("error")]
    warnings = clean.of("warning")
    counts = Counter(f["check_id"] for f in warnings)
    print(f"clean: {len(errors)} errors, {len(warnings)} warnings {dict(counts)} in {size}")
    assert errors == []
    assert len(warnings) <= size.returns / 10


def test_the_planted_errors_cover_the_catalogue(size: Size, slipped: Run) -> None:
    assert slipped.planted is not None
    assert slipped.planted.count == size.errors
    planted = [kind for kind, count in slipped.planted.by_kind.items() if count]
    print(f"{len(planted)} kinds, none of {slipped.planted.without_victim}")
    assert len(planted) >= size.kinds
    if size is YEAR:
        assert set(slipped.planted.without_victim) <= {"left-the-list-too-early"}  # from 2014 on
    assert {line["level"] for line in slipped.truth} >= {"0", "1", "2", "3"}


def test_every_planted_error_is_found_and_no_other(size: Size, slipped: Run) -> None:
    """Levels 0 and 1 at the cell; levels 2 and 3 at file, cell, check and row key."""
    assert len(slipped.truth) >= size.errors
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


def test_every_planted_error_is_marked_at_its_cell_in_the_answer(slipped: Run) -> None:
    """Fill and note at the cell, and a line of the first sheet: in the unit's own workbook.

    Whether it is found at all is asked above.
    """
    missed = []
    books: dict[str, Any] = {}
    found = {place_of_finding(f) for f in slipped.findings}
    for line in slipped.truth:
        if place_of_truth(line) not in found:
            continue
        if line["file"] not in books:
            books[line["file"]] = load_workbook(slipped.answers[line["file"]])
        book = books[line["file"]]
        listed = {tuple(row[1:4]) for row in book[FINDINGS_SHEET].iter_rows(values_only=True)}
        severity = "\n".join(SEVERITIES[line["severity"]])
        place = "!".join(part for part in (line["sheet"], line["cell"]) if part)
        where = place or "整张报表 the return"
        if (line["check_id"], severity, where) not in listed:
            missed.append(("not listed", line["file"], *listed))
        if line["sheet"] and line["cell"]:
            cell = book[line["sheet"]][line["cell"]]
            coloured = cell.fill.fgColor.rgb in (MARKS[line["severity"]], MARKS["error"])
            note = cell.comment.text if cell.comment is not None else ""
            if not coloured or line["check_id"] not in note:
                missed.append(("not marked", *line.values()))
    checks = {line["check_id"] for line in slipped.truth}
    print(f"{len(slipped.truth)} findings of {len(checks)} checks in {len(books)} answers")
    assert missed == []


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="soffice is missing (apt install libreoffice-calc)"
)
def test_libreoffice_opens_the_answers_and_converts_them(
    size: Size, slipped: Run, workshop: Path
) -> None:
    """A handful in `make test`, all of a year in `make test-long`, in one call."""
    files = sorted({line["file"] for line in slipped.truth})
    chosen = [slipped.answers[file] for file in (files if size is YEAR else files[:6])]
    folder = workshop / "converted"
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(workshop / 'profile').as_uri()}",
         "--convert-to", "ods", "--outdir", folder, *chosen],
        check=True, capture_output=True, timeout=1800,
    )  # fmt: skip
    for answer in chosen:
        converted = CalamineWorkbook.from_path(folder / answer.with_suffix(".ods").name)
        assert converted.sheet_names == load_workbook(answer, read_only=True).sheetnames
        first = converted.get_sheet_by_name(FINDINGS_SHEET).to_python()
        assert any(REASON_HEADING in row for row in first)


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
