"""`tmw simulate` as a person runs it: the folder it fills, its answer, its refusals."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TMW = str(Path(sys.executable).with_name("tmw"))
SMALL = ("--from", "2010-06", "--months", "1", "--seed", "3")


def tmw(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    settings = {k: v for k, v in os.environ.items() if not k.startswith("TMW_")}
    return subprocess.run(
        [TMW, *arguments],
        env={**settings, "TMW_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_a_county_is_written_with_what_its_months_need(tmp_path: Path) -> None:
    out, truth = tmp_path / "out", tmp_path / "elsewhere" / "truth.csv"
    chosen = ("--county", "530702", "--forms", "FP-08", "--out", str(out))
    slips = ("--errors", "2", "--error-kinds", "file-empty,version-too-high", "--truth", str(truth))
    done = tmw("simulate", *chosen, *SMALL, *slips, "--json", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.xlsx"))
    assert said["returns"] == len(files) > 5
    assert said["errors"] == said["expected_findings"] == 2
    with (out / "received.csv").open(encoding="utf-8", newline="") as handle:
        assert sorted(line["file"] for line in csv.DictReader(handle)) == files
    with truth.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert {line["check_id"] for line in lines} == {"IN-not-a-spreadsheet", "IN-version"}
    assert (out / "assignments.csv").exists()
    assert (out / "tables" / "fp08.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--county"),
        (("--county", "530702", "--national"), "--national"),
        (("--county", "999999"), "no county"),
        (("--county", "530702", "--format", "pdf"), "xlsx"),
        (("--county", "530702", "--errors", "1", "--error-kinds", "typo"), "file-empty"),
    ],
)
def test_wrong_usage_is_exit_2(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = tmw("simulate", *arguments, *SMALL, "--out", str(tmp_path / "out"), home=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
