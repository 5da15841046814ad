"""The files of the examples: who sends what, in which format, the same bytes every time."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from examples.__main__ import main
from examples.build import build_returns
from examples.returns import EXAMPLES, LIJIANG, MALIPO

SONGPING = "FP-02_530722208000_200911_v0.csv"
GUCHENG = "FP-02_530702000000_200911_v0.csv"


def build_all(out: Path) -> None:
    for folder in EXAMPLES:
        for version in (0, 1):
            build_returns(folder, out, version)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returns")
    build_all(folder)
    return folder


def test_each_version_of_lijiang_holds_its_files(tmp_path: Path) -> None:
    first, second = build_returns(LIJIANG, tmp_path, 0), build_returns(LIJIANG, tmp_path, 1)
    names = [file.path.name for file in first]
    forms = Counter(name.split("_")[0] for name in names)
    assert forms == {"FP-01": 7, "FP-02": 7, "FP-03": 3, "FP-08": 6}
    assert [name for name in names if name.endswith(".csv")] == [SONGPING, GUCHENG]
    assert {file.path.name for file in second} == {
        "FP-02_530723000000_200911_v1.xlsx",
        "FP-08_530723000000_200911_v1.xlsx",
    }
    assert {path.name for path in tmp_path.iterdir()} == {f.path.name for f in first + second}


def test_malipo_sends_two_returns_and_corrects_none(tmp_path: Path) -> None:
    names = {file.path.name for file in build_returns(MALIPO, tmp_path, 0)}
    assert names == {
        "FP-01_532624000000_201206_v0.xlsx",
        "FP-02_532624000000_201206_v0.xlsx",
    }
    assert build_returns(MALIPO, tmp_path, 1) == []


def test_files_are_in_order_of_receipt_and_carry_a_time_zone(tmp_path: Path) -> None:
    received = [file.received_at for file in build_returns(LIJIANG, tmp_path, 0)]
    assert received == sorted(received)
    offsets = [moment.utcoffset() for moment in received]
    assert {offset.total_seconds() for offset in offsets if offset} == {8 * 3600}
    assert None not in offsets


def test_the_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    build_all(tmp_path)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@pytest.mark.parametrize(("name", "encoding"), [(SONGPING, "utf-8"), (GUCHENG, "gb18030")])
def test_the_encoding_of_the_csv_returns(folder: Path, name: str, encoding: str) -> None:
    text = (folder / name).read_bytes().decode(encoding)
    assert "未收集(文件未列)" in text
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0][0].endswith("FP-02")
    if encoding != "utf-8":
        with pytest.raises(UnicodeDecodeError):
            (folder / name).read_bytes().decode("utf-8")


def test_the_csv_of_songping_holds_its_issued_money_once(folder: Path) -> None:
    """The correction of 3,000,000 to 3,100,000 is made by editing this text."""
    lines = list(csv.reader(io.StringIO((folder / SONGPING).read_text("utf-8"), newline="")))
    assert [cell for line in lines for cell in line].count("3000000") == 1


@pytest.mark.parametrize(
    ("arguments", "files", "days"),
    [
        (["--version", "1"], 2, {"2009-12-14"}),
        (["--example", "malipo"], 2, {"2012-07-06"}),
        ([], 25, {"2009-12-04", "2009-12-08", "2009-12-11", "2012-07-06"}),
    ],
)
def test_the_command_lists_files_and_times(
    arguments: list[str],
    files: int,
    days: set[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["examples", str(tmp_path), *arguments])
    main()
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [Path(path).exists() for path, _ in lines] == [True] * files
    assert {moment for _, moment in lines} == {f"{day}T10:00:00+08:00" for day in days}
