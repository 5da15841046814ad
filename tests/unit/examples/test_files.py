"""The files of the example: who sends what, in which format, the same bytes every time."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from examples.__main__ import main
from examples.lijiang.build import build_returns

SONGPING = "FP-02_530722208000_200911_v0.csv"
GUCHENG = "FP-02_530702000000_200911_v0.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returns")
    build_returns(folder, version=0)
    build_returns(folder, version=1)
    return folder


def test_each_version_holds_its_files(tmp_path: Path) -> None:
    first, second = build_returns(tmp_path, 0), build_returns(tmp_path, 1)
    assert [len(first), len(second)] == [13, 2]
    names = [file.path.name for file in first]
    assert sum(name.startswith("FP-02") for name in names) == 7
    assert sum(name.startswith("FP-08") for name in names) == 6
    assert [name for name in names if name.endswith(".csv")] == [SONGPING, GUCHENG]
    assert {file.path.name for file in second} == {
        "FP-02_530723000000_200911_v1.xlsx",
        "FP-08_530723000000_200911_v1.xlsx",
    }
    assert {path.name for path in tmp_path.iterdir()} == {f.path.name for f in first + second}


def test_files_are_in_order_of_receipt_and_carry_a_time_zone(tmp_path: Path) -> None:
    received = [file.received_at for file in build_returns(tmp_path, 0)]
    assert received == sorted(received)
    assert {moment.utcoffset().total_seconds() for moment in received} == {8 * 3600}


def test_the_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    build_returns(tmp_path, 0)
    build_returns(tmp_path, 1)
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


def test_the_command_lists_files_and_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["examples", str(tmp_path), "--version", "1"])
    main()
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [Path(path).exists() for path, _ in lines] == [True, True]
    assert {moment for _, moment in lines} == {"2009-12-14T10:00:00+08:00"}
