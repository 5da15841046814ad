"""Files that are no returns, and files that attack the parser: the parent reads on."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from ingest.read.sandbox import Sandbox
from ingest.read.unreadable import UnreadableFileError
from warehouse.errors import LandingError
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    with Sandbox(settings) as box:
        yield box


def workbook_bytes(**cells: object) -> bytes:
    workbook = Workbook()
    assert workbook.active is not None
    for address, value in cells.items():
        workbook.active[address] = value
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def check_id_of(sandbox: Sandbox, path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError) as caught:
        sandbox.read(path)
    return caught.value.check_id


def zip_of(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


OLE2 = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504


@pytest.mark.parametrize(
    ("data", "check_id"),
    [
        (b"", "IN-not-a-spreadsheet"),
        (b"  \r\n", "IN-not-a-spreadsheet"),
        (b"%PDF-1.4\n1 0 obj, ", "IN-not-a-spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\0\0\0, ", "IN-not-a-spreadsheet"),
        (b"<html><table><tr><td>1,2</td></tr></table></html>", "IN-not-a-spreadsheet"),
        ("关于报送十一月份报表的通知\n".encode(), "IN-not-a-spreadsheet"),
        (b"a,b\n\xff\xff\xff\xff,\xff\n", "IN-not-a-spreadsheet"),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), "IN-encrypted"),
        (b"PK\x03\x04 cut off", "IN-not-a-spreadsheet"),
        (zip_of(word__document=b"<w/>"), "IN-not-a-spreadsheet"),
    ],
)
def test_what_is_no_return_is_named(
    sandbox: Sandbox, tmp_path: Path, data: bytes, check_id: str
) -> None:
    assert check_id_of(sandbox, tmp_path / "return.xlsx", data) == check_id


def test_the_name_of_a_file_says_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "return.csv"
    path.write_bytes(workbook_bytes(B2=7))
    assert sandbox.read(path)[0].rows == [[], [None, 7.0]]


def test_far_cells_are_refused_at_their_place(sandbox: Sandbox, tmp_path: Path) -> None:
    data = workbook_bytes(A1="x", XFD1048576="y")
    assert len(data) < 6_000
    path = tmp_path / "far.xlsx"
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError) as caught:
        sandbox.read(path)
    assert caught.value.check_id == "IN-too-large"
    assert (caught.value.sheet, caught.value.cell) == ("Sheet", "XFD1048576")
    good = tmp_path / "good.xlsx"
    good.write_bytes(workbook_bytes(A1="表号"))
    assert sandbox.read(good)[0].rows == [["表号"]]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(sandbox: Sandbox, tmp_path: Path) -> None:
    bomb = {
        "[Content_Types].xml": b"<Types/>",
        "xl__workbook.xml": b"<workbook/>",
        "xl__worksheets__sheet1.xml": b" " * (64 << 20),
    }
    stream = zip_of(**bomb)
    assert len(stream) < 100_000
    assert check_id_of(sandbox, tmp_path / "bomb.xlsx", stream) == "IN-too-large"


def test_a_file_over_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"a,b\n" * 100)
    with Sandbox(Settings(home=tmp_path, max_file_bytes=100)) as box:
        with pytest.raises(UnreadableFileError) as caught:
            box.read(path)
        assert caught.value.check_id == "IN-too-large"


def test_a_parser_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    fifo = tmp_path / "slow.csv"  # a file whose reading never ends
    os.mkfifo(fifo)
    good = tmp_path / "good.csv"
    good.write_text("a,b\n")
    with Sandbox(Settings(home=tmp_path, read_timeout_seconds=1)) as box:
        started = time.monotonic()
        with pytest.raises(UnreadableFileError) as caught:
            box.read(fifo)
        assert caught.value.check_id == "IN-unreadable"
        assert time.monotonic() - started < 10
        assert box.read(good)[0].rows == [["a", "b"]]


def opened_by_a_reader(fifo: Path) -> int:
    """Return a descriptor that writes to a fifo, once somebody reads from it."""
    while True:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)


def test_a_file_is_not_blamed_when_somebody_kills_the_parser(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "return.csv"
    os.mkfifo(path)  # the first attempt waits here

    def kill_the_first_parser() -> None:
        writer = opened_by_a_reader(path)
        good = tmp_path / "good.csv"
        good.write_text("a,b\n")
        good.replace(path)
        assert sandbox._child is not None
        os.kill(sandbox._child.pid, signal.SIGKILL)
        os.close(writer)

    killer = threading.Thread(target=kill_the_first_parser)
    killer.start()
    assert sandbox.read(path)[0].rows == [["a", "b"]]
    killer.join()


def test_a_file_is_not_blamed_when_the_parser_was_killed_before_it_came(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "return.csv"
    path.write_text("a,b\n")
    sandbox.read(path)
    child = sandbox._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    known = child.is_running
    looks = iter([True])  # as if it had died right after it was looked at
    monkeypatch.setattr(child, "is_running", lambda: next(looks, known()))
    assert [grid.rows for grid in sandbox.read(path)] == [[["a", "b"]]]


def test_a_reader_that_does_not_start_is_no_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with (
        Sandbox(Settings(home=tmp_path, read_memory_bytes=1 << 20)) as box,
        pytest.raises(LandingError),
    ):
        box.read(path)


def test_memory_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join("1" for _ in range(200)) + "\n")
    wide = workbook_bytes(A1="x", AZZ40000="y")  # 55 million cells in a small file
    (tmp_path / "wide.xlsx").write_bytes(wide)
    settings = Settings(home=tmp_path, read_memory_bytes=512 << 20, read_max_area=100_000_000)
    with Sandbox(settings) as box:
        with pytest.raises(UnreadableFileError) as caught:
            box.read(tmp_path / "wide.xlsx")
        assert (caught.value.check_id, caught.value.reason) == ("IN-unreadable", "memory")
        assert len(box.read(path)[0].rows[0]) == 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings_give_the_same_cells(sandbox: Sandbox, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "return.csv"
    path.write_bytes('表号 form_code,FP-02\r\n\r\n"下达(元)\nIssued",㐀𠮷\r\n'.encode(encoding))
    assert sandbox.read(path)[0].rows == [
        ["表号 form_code", "FP-02"],
        [],
        ["下达(元)\nIssued", "㐀𠮷"],
    ]


def test_a_neutralised_csv_cell_is_read_as_meant(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "return.csv"
    path.write_text("'=1+1,'-a,'quoted',-5\n", encoding="utf-8")
    assert sandbox.read(path)[0].rows == [["=1+1", "-a", "'quoted'", "-5"]]


def test_the_child_sees_nothing_of_our_environment(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMW_DATABASE_URL", "postgresql://secret")
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    sandbox.read(path)
    child = sandbox._child
    assert child is not None
    assert b"secret" not in Path(f"/proc/{child.pid}/environ").read_bytes()


def test_closing_leaves_no_process(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with Sandbox(settings) as box:
        box.read(path)
        assert box._child is not None
        pid = box._child.pid
    assert not Path(f"/proc/{pid}").exists()
