"""Errors of a command arrive as one line and an exit code, never as a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

TMW = str(Path(sys.executable).with_name("tmw"))


def tmw(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command with a home of its own."""
    settings = {k: v for k, v in os.environ.items() if not k.startswith("TMW_")}
    return subprocess.run(
        [TMW, *arguments],
        env={**settings, "TMW_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_database_that_is_down_is_exit_4_in_one_line(tmp_path: Path) -> None:
    done = tmw("status", home=tmp_path)
    assert done.returncode == 4
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "tmw db start" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build", "--month", "2009-13"), "YYYY-MM"),
        (("publish", "--month", "2009-11", "--sign", "Li"), "--reason"),
        (("trace", "fund_by_source", "issued_yuan_ytd=1"), "key=value"),
        (("submit", "--received-at", "soon", __file__), "ISO"),
        (("db", "url", "--role", "root"), "reader"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_to_write(arguments, said, tmp_path: Path) -> None:
    done = tmw(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unforeseen_error_is_one_line_and_its_details_are_kept(tmp_path: Path) -> None:
    url = "postgresql://nobody:wrong@127.0.0.1:1/none"
    done = tmw("status", home=tmp_path, TMW_DATABASE_URL=url)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert "wrong" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_forms_are_listed_as_json(tmp_path: Path) -> None:
    done = tmw("forms", "list", "--json", home=tmp_path)
    assert done.returncode == 0
    codes = [form["form_code"] for form in json.loads(done.stdout)]
    assert codes == ["FP-01", "FP-02", "FP-03", "FP-08"]


def test_a_blank_return_without_a_database_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "FP-01.xlsx"
    unit = ("--area", "530722208000", "--month", "2009-11")
    done = tmw("forms", "template", "FP-01", *unit, "-o", str(path), home=tmp_path)
    assert done.returncode == 0
    assert "database was not reached" in done.stderr
    assert "tmw db start" in done.stderr
    workbook = openpyxl.load_workbook(path)
    codes = [cell.value for cell in workbook["代码"]["A"]]
    assert "530722208201000 松坪村委会" in codes
    assert workbook["FP-01"]["B9"].value == "松坪傈僳族彝族乡"


def test_a_blank_return_needs_a_unit_of_that_month(tmp_path: Path) -> None:
    path = tmp_path / "FP-01.xlsx"
    unit = ("--area", "530799999000", "--month", "2009-11")
    done = tmw("forms", "template", "FP-01", *unit, "-o", str(path), home=tmp_path)
    assert done.returncode == 2
    assert "12 digits" in done.stderr
    assert not path.exists()
