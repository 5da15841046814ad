"""A small county as files: clean ones raise nothing, planted errors are found at their cells."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from examples.simulator.errors import all_kinds, chosen_kinds, plant_errors, write_truth
from examples.simulator.files import WrittenReturn, write_returns
from examples.simulator.geography import county_codes
from examples.simulator.output import receipt_times
from examples.simulator.run import Order, simulate
from examples.simulator.tables import FORMS, Simulation
from examples.simulator.world import simulate_county
from ingest.check import check_files
from warehouse.errors import UsageError
from warehouse.findings import Finding
from warehouse.month import Month
from warehouse.settings import Settings

FIRST = Month(2010, 3)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate_county("530722", FIRST, 4, 31, townships=3)


@pytest.fixture(scope="module")
def written(
    simulation: Simulation, tmp_path_factory: pytest.TempPathFactory
) -> list[WrittenReturn]:
    return write_returns(simulation, tmp_path_factory.mktemp("clean"))


def check(paths: list[Path], home: Path) -> list[Finding]:
    return check_files(Settings(home=home), paths)


def test_clean_files_raise_no_finding(written: list[WrittenReturn], tmp_path: Path) -> None:
    assert len(written) == 4 * 4 * 4
    findings = check([item.path for item in written], tmp_path)
    assert [(f.file, f.cell, f.check_id, f.message_en) for f in findings] == []


def test_errors_within_a_file_are_found_exactly_where_they_were_planted(
    simulation: Simulation, written: list[WrittenReturn], tmp_path: Path
) -> None:
    """Missed ones and false alarms are both zero, and the row keys are those of the truth."""
    copies = [replace(item, path=tmp_path / item.path.name) for item in written]
    for item, copy in zip(written, copies, strict=True):
        shutil.copy(item.path, copy.path)
    kinds = [kind for kind in chosen_kinds(None) if kind.level <= 1]
    planted = plant_errors(simulation, copies, 40, kinds)
    assert planted.count == 40
    findings = check([copy.path for copy in copies], tmp_path / "home")
    found = {(f.file, f.sheet or "", f.cell or "", f.check_id, f.severity): f for f in findings}
    truth = {(t.file, t.sheet, t.cell, t.check_id, t.severity): t for t in planted.truths}
    assert set(found) == set(truth)
    for place, expected in truth.items():
        assert found[place].level == expected.level, place
        assert not expected.row_key or found[place].row_key == expected.row_key, place


def test_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    order = Order(
        counties=("440981",),
        first_month=Month(2010, 12),
        months=2,
        seed=8,
        formats=("xlsx", "csv"),
        errors=6,
        townships=2,
    )
    first = simulate(order, tmp_path / "first")
    simulate(order, tmp_path / "second")
    names = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*.*"))
    assert [hashes(tmp_path / "first", names)] == [hashes(tmp_path / "second", names)]
    assert first.errors == 6
    assert {path.suffix for path, _ in first.received} == {".xlsx", ".csv"}


def hashes(folder: Path, names: list[Path]) -> list[str]:
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]


def test_a_county_without_packaged_committees_gets_areas_to_import(tmp_path: Path) -> None:
    out = tmp_path / "out"
    order = Order(("440981",), Month(2010, 1), 1, 3, forms=("FP-03",), townships=2)
    done = simulate(order, out)
    with (out / "areas.csv").open(encoding="utf-8", newline="") as handle:
        areas = list(csv.DictReader(handle))
    assert {area["level"] for area in areas} == {"village"}
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(out / "areas.csv", home / "areas.csv")
    assert check([path for path, _ in done.received], home) == []
    with (out / "assignments.csv").open(encoding="utf-8", newline="") as handle:
        assignments = list(csv.DictReader(handle))
    assert {line["form_code"] for line in assignments} == {"FP-03"}
    assert len(assignments) == 3


def test_several_counties_go_into_one_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    counties = ("530722000000", "532624000000")
    order = Order(counties, FIRST, 1, 3, forms=("FP-08",), townships=1)
    done = simulate(order, out)
    assert sorted(path.name for path in (out / "tables").iterdir()) == list(counties)
    with (out / "assignments.csv").open(encoding="utf-8", newline="") as handle:
        owing = {line["area_code"] for line in csv.DictReader(handle)}
    assert {area[:6] for area in owing} == {"530722", "532624"}
    assert len(done.received) == len(owing) == 4


def test_every_county_means_those_of_the_area_list() -> None:
    codes = county_codes()
    assert len(codes) == len(set(codes)) > 2_500
    assert {"530722000000", "532624000000"} <= set(codes)


def test_returns_come_before_their_deadline_unless_late_ones_are_asked_for(
    simulation: Simulation, written: list[WrittenReturn]
) -> None:
    days = {"township": 5, "county": 8}

    def late(times: list[datetime]) -> int:
        return sum(
            moment.day > days[item.filed.unit.level]
            for item, moment in zip(written, times, strict=True)
        )

    assert late(receipt_times(simulation, written)) == 0
    assert 0 < late(receipt_times(simulation, written, late_share=0.2)) < len(written) / 2


def test_a_truth_file_has_a_line_for_each_expected_finding(
    simulation: Simulation, written: list[WrittenReturn], tmp_path: Path
) -> None:
    copies = [replace(item, path=tmp_path / item.path.name) for item in written]
    for item, copy in zip(written, copies, strict=True):
        shutil.copy(item.path, copy.path)
    planted = plant_errors(simulation, copies, 4, chosen_kinds({"year-paid-differs"}))
    write_truth(tmp_path / "truth.csv", planted.truths)
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert len(lines) == len(planted.truths) > 4  # most errors also show in the month after
    for line in lines:
        assert line["check_id"] == "G1"
        assert float(line["planted_value"]) == float(line["true_value"]) + 3600
        assert json.loads(line["row_key"])["row_kind"] == "1"
        assert line["cell"]


def test_the_catalogue_has_at_least_forty_kinds_over_levels_0_to_3() -> None:
    kinds = all_kinds()
    assert len(kinds) >= 40
    assert {kind.level for kind in kinds.values()} == {0, 1, 2, 3}
    assert len({kind.check_id for kind in kinds.values()}) >= 30


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order(("123456",), FIRST, 1, 1), "no county"),
        (Order(("530722",), FIRST, 0, 1), "at least one month"),
        (Order(("530722",), FIRST, 1, 1, forms=("FP-99",)), "no form FP-99"),
        (Order(("530722",), FIRST, 1, 1, formats=("pdf",)), "no file format pdf"),  # type: ignore[arg-type]
        (Order(("530722",), FIRST, 1, 1, errors=1, error_kinds=("typo",)), "no kind of error typo"),
        (Order(("530722",), FIRST, 1, 1, errors=1, formats=("csv",)), "workbooks only"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order: Order, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        simulate(order, tmp_path / "out")


def test_old_and_new_files_never_mix(tmp_path: Path) -> None:
    (tmp_path / "old.xlsx").write_bytes(b"old")
    with pytest.raises(UsageError, match="not an empty folder"):
        simulate(Order(("530722",), FIRST, 1, 1, forms=FORMS), tmp_path)
