"""Nasty and ordinary files of other people: each ends in a named rejection, the reader alive.

The files are those of `TMW_TEST_CORPUS` (default: `../shared/corpus` beside the checkout). They
are no returns, so none may be accepted; what an office program opens must have been searched.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.assess import Assessed, Assessor
from ingest.known_places import KnownPlaces
from ingest.landing import submit_file
from ingest.read.sandbox import Sandbox
from ingest.receive import receive_inbox
from warehouse.areas import packaged_areas
from warehouse.month import Month
from warehouse.settings import PROJECT_ROOT, Settings

VARIABLE = "TMW_TEST_CORPUS"
GIVEN = os.environ.get(VARIABLE)  # read before the tests forget the settings of whoever runs them
CORPUS = Path(GIVEN) if GIVEN else PROJECT_ROOT.parent / "shared" / "corpus"
NO_RETURNS = frozenset({"README.md", "index.csv"})
WORKBOOKS = frozenset({".xlsx", ".xls", ".ods"})
OFFICE = "install the Debian package libreoffice-calc-nogui"
MAX_SECONDS, MAX_BYTES = 20, 2 << 30


@dataclass(frozen=True)
class Outcome:
    """What became of a file, and what it cost."""

    assessed: Assessed
    seconds: float


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if not GIVEN and not CORPUS.is_dir():
        pytest.skip(f"{VARIABLE} is not set and {CORPUS} is not there")
    found = sorted(
        path for path in CORPUS.rglob("*") if path.is_file() and path.name not in NO_RETURNS
    )
    assert found, f"{CORPUS} has no files"
    return found


@pytest.fixture(scope="module")
def outcomes(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Outcome]:
    places = KnownPlaces(packaged_areas())
    result = {}
    with Sandbox(Settings(home=tmp_path_factory.mktemp("corpus"))) as sandbox:
        assessor = Assessor(sandbox, places)
        for path in files:
            started = time.monotonic()
            assessed = assessor.assess(path, path.name, Month(2026, 11))
            result[path] = Outcome(assessed, time.monotonic() - started)
    return result


def test_each_file_ends_in_a_named_rejection(outcomes: dict[Path, Outcome]) -> None:
    for path, outcome in outcomes.items():
        errors = [f for f in outcome.assessed.findings if f.severity == "error"]
        assert errors, path
        assert all(f.check_id and f.message_zh and f.message_en for f in errors), path
        assert outcome.seconds < MAX_SECONDS, path
        assert outcome.assessed.readable == (outcome.assessed.reached == "table_searched"), path
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        assert resource.getrusage(who).ru_maxrss * 1024 < MAX_BYTES


def test_what_was_searched_says_how_much_was_read(outcomes: dict[Path, Outcome]) -> None:
    for path, outcome in outcomes.items():
        assessed = outcome.assessed
        if assessed.reached == "table_searched":
            assert assessed.sheets_read >= 1, path
            assert assessed.cells_read >= 0, path
        else:
            assert assessed.sheets_read == 0, path
    assert sum(outcome.assessed.cells_read for outcome in outcomes.values()) > 1_000


def test_every_workbook_that_an_office_program_opens_is_searched(
    outcomes: dict[Path, Outcome], tmp_path: Path
) -> None:
    if shutil.which("soffice") is None:
        pytest.skip(f"soffice missing: {OFFICE}")
    workbooks = [path for path in outcomes if path.suffix.lower() in WORKBOOKS]
    opened = converted(workbooks, tmp_path)
    assert opened or not workbooks
    reached = Counter(outcomes[path].assessed.reached for path in opened)
    stopped = [path.name for path in opened if outcomes[path].assessed.reached != "table_searched"]
    assert not stopped, reached


def converted(workbooks: list[Path], folder: Path) -> list[Path]:
    """Return the workbooks that LibreOffice converts, in one run; no two may share a name."""
    copies = {}
    for number, path in enumerate(workbooks):
        copy = folder / f"{number}{path.suffix}"
        shutil.copyfile(path, copy)
        copies[copy] = path
    out = folder / "out"
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
         "--convert-to", "csv", "--outdir", str(out), *map(str, copies)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return [path for copy, path in copies.items() if (out / f"{copy.stem}.csv").is_file()]


@pytest.mark.long
def test_the_whole_corpus_is_received_into_a_warehouse(
    files: list[Path], warehouse_home: Settings
) -> None:
    receipts = {submit_file(warehouse_home, path).receipt_no for path in files}
    batch = receive_inbox(warehouse_home)
    assert {s.receipt_no for s in batch.submissions} == receipts
    assert {s.state for s in batch.submissions} <= {"rejected", "unreadable"}
    assert all(s.reached is not None for s in batch.submissions)
    assert not batch.not_taken
    for submission in batch.submissions:
        answers = list((warehouse_home.outbox_dir / "unknown").glob(f"{submission.receipt_no}*"))
        assert answers, submission.file_name
