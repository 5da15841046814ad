"""Files that are made to kill the reader: each ends by name, and the next file is read."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.assess import Assessed, Assessor
from ingest.known_places import KnownPlaces
from ingest.read.sandbox import Progress, Sandbox
from ingest.read.unreadable import UnreadableFileError
from tests.unit.ingest.read.hostile import (
    CONTENT_TYPES,
    biff,
    biff_number,
    container,
    ods_number,
    ods_parts,
    ods_row,
    overlapping,
    packed,
    record,
    relation,
    sheet_xml,
    with_false_size,
    write_large_part,
    xlsx_parts,
)
from warehouse.areas import packaged_areas
from warehouse.month import Month
from warehouse.settings import Settings

SHEET = "xl/worksheets/sheet1.xml"
LOLS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
)  # a thousand million laughs
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LOLS}]><sst>&l9;</sst>'
HALF_A_GIGABYTE = 512
FAR = sheet_xml(
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)


@dataclass(frozen=True)
class Killer:
    """How a hostile file is written, and how it must end."""

    check_id: str
    write: Callable[[Path], object]
    reason: str = ""
    reached: str = "preflight"
    cell: str | None = None


def one(part: str, data: str | bytes, base: dict[str, str | bytes] | None = None) -> bytes:
    return packed({**(base or xlsx_parts()), part: data})


def written(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def half_a_gigabyte(path: Path) -> None:
    start, end = sheet_xml("|").split("|")
    write_large_part(
        path,
        xlsx_parts(),
        SHEET,
        [
            f'{start}<row r="1"><c r="A1" t="inlineStr"><is><t>'.encode(),
            *[b"A" * (1 << 20)] * HALF_A_GIGABYTE,
            f"</t></is></c></row>{end}".encode(),
        ],
        level=9,
    )
    assert path.stat().st_size < 600_000


def half_a_gigabyte_that_lies(path: Path) -> None:
    half_a_gigabyte(path)
    path.write_bytes(with_false_size(path.read_bytes(), SHEET, 4_000))


def rows_of_a_sheet(path: Path, row: str, count: int) -> None:
    start, end = sheet_xml("|").split("|")
    block = row * 10_000
    chunks = [start.encode(), *[block.encode()] * (count // 10_000), end.encode()]
    write_large_part(path, xlsx_parts(), SHEET, chunks)


def a_million_rows(path: Path) -> None:
    rows_of_a_sheet(path, "<row><c><v>1</v></c><c><v>2</v></c></row>", 1_000_000)


def millions_of_formatted_blanks(path: Path) -> None:
    cells = '<c s="1"/>' * 10
    rows_of_a_sheet(path, f"<row>{cells}</row>", 210_000)


def a_million_lines(path: Path) -> None:
    path.write_text("1,2\n" * 1_000_000)


KILLERS = {
    "A1 and XFD1048576": Killer(
        "IN-too-large", written(packed(xlsx_parts(FAR))), "far", cell="XFD1048576"
    ),
    "half a gigabyte in a cell": Killer("IN-too-large", half_a_gigabyte),
    "half a gigabyte that lies": Killer("IN-unreadable", half_a_gigabyte_that_lies, "unsound"),
    "a million rows": Killer("IN-too-large", a_million_rows),
    "millions of formatted blanks": Killer("IN-too-large", millions_of_formatted_blanks),
    "a million lines": Killer("IN-too-large", a_million_lines, reached="opened"),
    "ods that repeats": Killer(
        "IN-too-large",
        written(
            packed(
                ods_parts(
                    ods_row(
                        ods_number(1, ' table:number-columns-repeated="16384"'),
                        more=' table:number-rows-repeated="1048576"',
                    )
                )
            )
        ),
        "far",
        cell="XFD1048576",
    ),
    "xls whose blank cells reach far": Killer(
        "IN-too-large",
        written(container({"Workbook": biff(biff_number(65535, 255, 1.0))})),
        "far",
        cell="IV65536",
    ),
    "a part larger than it says": Killer(
        "IN-unreadable",
        written(with_false_size(one("xl/media/a.bin", b"a" * 9_000), "xl/media/a.bin", 90)),
        "unsound",
    ),
    "a part smaller than it says": Killer(
        "IN-unreadable",
        written(with_false_size(one("xl/media/a.bin", b"a" * 9_000), "xl/media/a.bin", 10_000)),
        "unsound",
    ),
    "parts that overlap": Killer(
        "IN-unreadable",
        written(overlapping({**xlsx_parts(), "xl/a.bin": os.urandom(99_000)}, "xl/a.bin", 99)),
        "unsound",
    ),
    "more parts than a workbook has": Killer(
        "IN-too-large",
        written(packed({**xlsx_parts(), **{f"xl/{n}.bin": b"" for n in range(2_001)}})),
    ),
    "a part above the folder": Killer(
        "IN-unreadable", written(one("../../evil.xml", "<a/>")), "unsound"
    ),
    "a part with an absolute name": Killer(
        "IN-unreadable", written(one("/etc/evil.xml", "<a/>")), "unsound"
    ),
    "a part above the folder, as Windows writes it": Killer(
        "IN-unreadable", written(one("xl\\..\\..\\evil.xml", "<a/>")), "unsound"
    ),
    "two parts of one name": Killer(
        "IN-unreadable", written(one("XL/Worksheets/Sheet1.xml", sheet_xml(""))), "unsound"
    ),
    "laughs": Killer("IN-dtd", written(one("xl/sharedStrings.xml", LAUGHS))),
    "laughs in a part nobody reads": Killer("IN-dtd", written(one("docProps/app.xml", LAUGHS))),
    "laughs in UTF-16": Killer(
        "IN-dtd",
        written(one("xl/sharedStrings.xml", LAUGHS.encode("utf-16"))),
    ),
    "laughs in the sheet": Killer("IN-dtd", written(one(SHEET, LAUGHS))),
    "laughs in ods": Killer("IN-dtd", written(one("content.xml", LAUGHS, ods_parts()))),
    "an outer document type": Killer(
        "IN-dtd", written(one(SHEET, '<!DOCTYPE x SYSTEM "http://example.com/x.dtd"><x/>'))
    ),
    "xlsm": Killer(
        "IN-macros",
        written(
            one(
                "[Content_Types].xml",
                CONTENT_TYPES.replace(
                    "openxmlformats-officedocument.spreadsheetml.sheet.main",
                    "ms-excel.sheet.macroEnabled.main",
                ),
            )
        ),
    ),
    "a program under the name xlsx": Killer("IN-macros", written(one("xl/vbaProject.bin", b"x"))),
    "macros of Excel 4": Killer("IN-macros", written(one("xl/macrosheets/sheet1.xml", "<x/>"))),
    "xls with a program": Killer(
        "IN-macros",
        written(container({"Workbook": biff(biff_number(0, 0, 1.0)), "_VBA_PROJECT": b"x"})),
    ),
    "xls with a sheet of macros": Killer(
        "IN-macros", written(container({"Workbook": biff(biff_number(0, 0, 1.0), kind=1)}))
    ),
    "ods with a program": Killer(
        "IN-macros", written(one("Basic/Standard/Module1.xml", "<x/>", ods_parts()))
    ),
    "a linked workbook": Killer(
        "IN-external-links",
        written(one("xl/externalLinks/externalLink1.xml", "<x/>")),
        reached="table_searched",
    ),
    "a picture from elsewhere": Killer(
        "IN-external-links",
        written(
            one(
                "xl/drawings/_rels/drawing1.xml.rels",
                relation("image", "http://example.com/a.png", 'TargetMode="External"'),
            )
        ),
        reached="table_searched",
    ),
    "xls that leads to another": Killer(
        "IN-external-links",
        written(
            container({"Workbook": biff(globals_=record(0x01AE, b"\x01\x00\x05\x00\x00\x01b.xls"))})
        ),
        reached="table_searched",
    ),
    "ods that leads to another": Killer(
        "IN-external-links",
        written(
            packed(
                ods_parts(
                    ods_row(ods_number(1, " table:formula=\"of:=['file:///tmp/a.ods'#$S.A1]\""))
                )
            )
        ),
        reached="table_searched",
    ),
    "a panic": Killer(
        "IN-unreadable",
        written(container({"Workbook": biff(globals_=record(0x18, bytes(11)))})),
        "panic",
    ),
    "a chain in a circle": Killer(
        "IN-unreadable",
        written(
            container({"Workbook": biff(biff_number(0, 0, 1.0))}).replace(
                b"\1\0\0\0\2\0\0\0\3\0\0\0", b"\1\0\0\0\0\0\0\0\3\0\0\0"
            )
        ),
        "damaged",
    ),
    "a sheet cut off": Killer("IN-unreadable", written(one(SHEET, sheet_xml("")[:-9])), "damaged"),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(Settings(home=tmp_path_factory.mktemp("killers"))) as box:
        yield box


def assess(sandbox: Sandbox, path: Path) -> Assessed:
    places = KnownPlaces(packaged_areas())
    return Assessor(sandbox, places).assess(path, path.name, Month(2009, 12))


def assert_next_is_read(sandbox: Sandbox, folder: Path) -> None:
    good = folder / "good.xlsx"
    good.write_bytes(packed(xlsx_parts()))
    assert sandbox.read(good)[0].rows == [[1.0]]


@pytest.mark.parametrize("name", KILLERS)
def test_each_killer_ends_by_name_and_the_next_file_is_read(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    killer = KILLERS[name]
    path = tmp_path / "return.xlsx"
    killer.write(path)
    used = cpu_seconds()
    assessed = assess(sandbox, path)
    finding = assessed.findings[0]
    assert (finding.check_id, finding.severity) == (killer.check_id, "error")
    assert assessed.reached == killer.reached
    assert finding.cell == killer.cell
    assert finding.message_zh
    assert "{" not in finding.message_zh + finding.message_en
    assert cpu_seconds() - used < 20
    assert_next_is_read(sandbox, tmp_path)


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def test_reasons_are_told_apart(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    names = ("A1 and XFD1048576", "two parts of one name", "a panic", "a sheet cut off")
    said = set()
    for killer in (KILLERS[name] for name in names):
        killer.write(path)
        with pytest.raises(UnreadableFileError) as caught:
            sandbox.read(path)
        assert caught.value.reason == killer.reason
        said.add(assess(sandbox, path).findings[0].message_zh)
    assert len(said) == len(names)


def test_memory_is_limited_and_named(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    path.write_bytes(packed(xlsx_parts(FAR)))
    settings = Settings(home=tmp_path, read_max_area=1 << 40)  # so that the parser sees it
    with Sandbox(settings) as box:
        finding = assess(box, path).findings[0]
        assert finding.check_id == "IN-unreadable"
        assert "内存" in finding.message_zh
        assert_next_is_read(box, tmp_path)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert most < 2 << 30


def test_work_is_limited_and_named(tmp_path: Path) -> None:
    path = tmp_path / "long.xlsx"
    rows_of_a_sheet(path, "<row><c><v>1</v></c><c><v>2</v></c></row>", 1_000_000)
    settings = Settings(home=tmp_path, read_cpu_seconds=1, read_max_cells=100_000_000)
    with Sandbox(settings) as box:
        finding = assess(box, path).findings[0]
        assert (finding.check_id, finding.value) == ("IN-unreadable", "more than 1 s of work")
        assert "时间" in finding.message_zh
        assert_next_is_read(box, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS])
def test_an_abort_is_named(sandbox: Sandbox, tmp_path: Path, number: signal.Signals) -> None:
    fifo = tmp_path / "slow.csv"
    os.mkfifo(fifo)

    def end_the_parser() -> None:
        while True:
            try:
                writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.01)
            else:
                break
        assert sandbox._child is not None
        os.kill(sandbox._child.pid, number)
        os.close(writer)

    killer = threading.Thread(target=end_the_parser)
    killer.start()
    finding = assess(sandbox, fifo).findings[0]
    killer.join()
    assert (finding.check_id, finding.value) == (
        "IN-unreadable", f"the parser died (exit code {-number})",
    )  # fmt: skip
    assert_next_is_read(sandbox, tmp_path)


def test_how_far_a_file_got_before_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    rows = "".join(f"<row><c><v>{n}</v></c><c/></row>" for n in range(60))
    path.write_bytes(packed(xlsx_parts(sheet_xml(rows))))
    with Sandbox(Settings(home=tmp_path, read_max_cells=60)) as box:
        progress = Progress()
        box.read(path, progress)
        assert (progress.opened, progress.sheets_read, progress.cells_read) == (True, 1, 60)
        lines = tmp_path / "many.csv"
        lines.write_text("1,2\n" * 31)
        assessed = assess(box, lines)
        assert assessed.findings[0].check_id == "IN-too-large"
        assert (assessed.reached, assessed.sheets_read, assessed.cells_read) == ("opened", 0, 0)
