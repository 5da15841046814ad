"""What stands in the `generated` folders is what the form definitions say today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.generate.everything import generate
from ingest.generate.files import FOLDERS, NOTICE

PROJECT_ROOT = Path(__file__).resolve().parents[4]
MARTS = Path("dbt_project/models/marts")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A root with the contracts of the marts and everything generated."""
    shutil.copytree(PROJECT_ROOT / MARTS, tmp_path / MARTS)
    generate(tmp_path)
    return tmp_path


def generated_files(root: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(root): path.read_bytes()
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_files_on_disk_equal_a_fresh_generation(fresh: Path) -> None:
    expected = generated_files(fresh)
    assert len(expected) > 20
    on_disk = generated_files(PROJECT_ROOT)
    assert sorted(on_disk) == sorted(expected)
    stale = [str(path) for path, content in expected.items() if on_disk[path] != content]
    assert stale == [], "run `make generate`"


def test_second_run_touches_nothing_and_removes_what_is_no_longer_made(fresh: Path) -> None:
    before = generated_files(fresh)
    times = {path: (fresh / path).stat().st_mtime_ns for path in before}
    stale = fresh / "dbt_project/seeds/generated/seed_of_long_ago.csv"
    stale.write_text("code\n", encoding="utf-8")
    generate(fresh)
    assert generated_files(fresh) == before
    assert {path: (fresh / path).stat().st_mtime_ns for path in before} == times


def test_every_text_file_says_that_nobody_edits_it(fresh: Path) -> None:
    # csv has no comments, and a workbook is no text
    for path, content in generated_files(fresh).items():
        if path.suffix in {".sql", ".yml", ".md"}:
            assert NOTICE in content.decode().splitlines()[0], path


def test_dictionary_names_every_column_of_forms_and_marts(fresh: Path) -> None:
    text = (fresh / "docs/generated/data-dictionary.md").read_text(encoding="utf-8")
    for name in ("amount_issued_y", "houses_roofed", "reversal_doc", "G10", "FP08-01", "X7"):
        assert name in text, name
    marts = sorted(p.stem for p in (fresh / MARTS).glob("mart_*.sql"))
    documented = [m for m in marts if f"published.{m.removeprefix('mart_')}" in text]
    assert documented == marts
