"""Each kind of file: known by its bytes, read alike, with what the parser does not tell."""

from __future__ import annotations

import codecs
import gzip
import struct
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from ingest.read.messages import file_finding
from ingest.read.sandbox import CellFault, Grid, Sandbox
from ingest.read.unreadable import UnreadableFileError
from tests.unit.ingest.read.hostile import (
    WORKBOOK,
    biff,
    biff_error,
    biff_number,
    container,
    ods_number,
    ods_parts,
    ods_row,
    packed,
    record,
    sheet_xml,
    xlsx_parts,
)
from warehouse.settings import Settings

DIVIDED = CellFault("error", "#DIV/0!")
XLSX = packed(
    xlsx_parts(
        sheet_xml(
            '<row r="2"><c r="B2"><v>1.5</v></c><c r="C2" t="e"><v>#DIV/0!</v></c>'
            '<c r="D2"><f>B2+1</f><v></v></c><c r="E2"><f>B2+1</f></c>'
            '<c r="F2" t="str"><f>B2&amp;""</f><v></v></c><c r="G2"><f>B2*2</f><v>3</v></c></row>'
            '<row r="3" hidden="1"><c r="A3"><v>2</v></c><c r="D3"><v>3</v></c></row>'
            '<row r="4" ht="0"><c r="B4"><v>4</v></c></row>',
            '<cols><col min="4" max="4" hidden="1"/><col min="7" max="16384" hidden="1"/></cols>',
            '<mergeCells count="1"><mergeCell ref="A3:C4"/></mergeCells>',
        )
    )
)
_ERROR = (
    '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
    ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
)
ODS = packed(
    ods_parts(
        ods_row("<table:table-cell/>")
        + ods_row(
            "<table:table-cell/>",
            ods_number(1.5),
            _ERROR,
            '<table:table-cell table:formula="of:=[.B2]+1"/>',
        )
        + ods_row(
            '<table:table-cell table:number-columns-spanned="3" table:number-rows-spanned="2"'
            ' office:value-type="float" office:value="2"/>',
            '<table:covered-table-cell table:number-columns-repeated="2"/>',
            ods_number(3),
            more=' table:visibility="collapse"',
        )
        + ods_row(
            '<table:table-cell table:number-columns-repeated="16384"/>',
            more=' table:number-rows-repeated="1048573"',
        ),
        before=(
            '<table:table-column table:number-columns-repeated="3"/>'
            '<table:table-column table:visibility="collapse"'
            ' table:number-columns-repeated="16381"/>'
        ),
    )
)
_RESULT_IS_ERROR = bytes([2, 0, 0x07, 0, 0, 0, 0xFF, 0xFF])
_FORMULA_ERROR = record(
    0x06,
    struct.pack("<HHH8sHIH", 1, 3, 0, _RESULT_IS_ERROR, 0, 0, 3) + b"\x1e\x01\x00",
)
XLS = container(
    {
        "Workbook": biff(
            record(0x7D, struct.pack("<6H", 3, 3, 2000, 0, 1, 0)),
            record(0x0208, struct.pack("<8H", 2, 0, 4, 255, 0, 0, 0x20, 0)),
            biff_number(1, 1, 1.5),
            biff_error(1, 2, 0x07),
            _FORMULA_ERROR,
            biff_number(2, 0, 2.0),
            biff_number(2, 3, 3.0),
            record(0xE5, struct.pack("<5H", 1, 2, 3, 0, 2)),
        )
    }
)
HIDDEN_SHEET = {
    "xlsx": packed(xlsx_parts(workbook=WORKBOOK.replace("r:id", 'state="veryHidden" r:id'))),
    "ods": packed(
        ods_parts(
            ods_row(ods_number(1)),
            styles=(
                '<style:style style:name="ta1" style:family="table">'
                '<style:table-properties table:display="false"/></style:style>'
            ),
        )
    ),
    "xls": container({"Workbook": biff(biff_number(0, 0, 1.0), hidden=1)}),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(Settings(home=tmp_path_factory.mktemp("kinds"))) as box:
        yield box


def read(sandbox: Sandbox, folder: Path, data: bytes, name: str = "return.xlsx") -> Grid:
    path = folder / name
    path.write_bytes(data)
    (grid,) = sandbox.read(path)
    return grid


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods", "a.csv", "a", "a.xlsb"])
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_the_bytes_and_not_the_name_say_what_a_file_is(
    sandbox: Sandbox, tmp_path: Path, kind: str, name: str
) -> None:
    data = {"xlsx": XLSX, "ods": ODS, "xls": XLS}[kind]
    grid = read(sandbox, tmp_path, data, name)
    assert (grid.kind, grid.sheet) == (kind, "S")
    assert grid.rows[1][:3] == [None, 1.5, DIVIDED]


def test_xlsx_tells_errors_from_blanks_and_formulas_from_results(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    uncalculated = CellFault("formula", "=B2+1")
    assert read(sandbox, tmp_path, XLSX).rows[1] == [
        None, 1.5, DIVIDED, uncalculated, uncalculated, None, 3.0,
    ]  # fmt: skip


def test_ods_tells_errors_from_blanks_and_formulas_from_results(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    assert read(sandbox, tmp_path, ODS).rows == [
        [],
        [None, 1.5, DIVIDED, CellFault("formula", "=[.B2]+1")],
        [2.0, None, None, 3.0],
    ]


def test_xls_tells_errors_from_blanks(sandbox: Sandbox, tmp_path: Path) -> None:
    assert read(sandbox, tmp_path, XLS).rows == [
        [],
        [None, 1.5, DIVIDED, DIVIDED],
        [2.0, None, None, 3.0],
    ]


@pytest.mark.parametrize(
    ("data", "rows", "columns"), [(XLSX, {3, 4}, {4, 7}), (ODS, {3}, {4}), (XLS, {3}, {4})]
)
def test_hidden_and_merged_cells_are_told(
    sandbox: Sandbox, tmp_path: Path, data: bytes, rows: set[int], columns: set[int]
) -> None:
    grid = read(sandbox, tmp_path, data)
    assert (grid.hidden_rows, grid.hidden_columns) == (rows, columns)
    assert grid.merged == ((3, 1, 4, 3),)
    assert not grid.hidden


@pytest.mark.parametrize("kind", HIDDEN_SHEET)
def test_hidden_sheets_are_read_and_told(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    grid = read(sandbox, tmp_path, HIDDEN_SHEET[kind])
    assert grid.hidden
    assert grid.rows == [[1.0]]


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_are_the_same_days_in_both_date_systems(
    sandbox: Sandbox, tmp_path: Path, epoch_1904: bool
) -> None:
    workbook = Workbook()
    if epoch_1904:
        workbook.epoch = CALENDAR_MAC_1904
    assert workbook.active is not None
    workbook.active.append([date(2009, 11, 5), datetime(2009, 11, 5, 8, 30)])
    workbook.save(tmp_path / "dates.xlsx")
    (grid,) = sandbox.read(tmp_path / "dates.xlsx")
    assert grid.rows == [[date(2009, 11, 5), date(2009, 11, 5)]]
    assert grid.date_1904 is epoch_1904


def test_an_old_workbook_without_a_container_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    cell = struct.Struct("<HHH")
    label = "下达".encode("gb18030")
    data = b"".join(
        [
            record(0x0409, struct.pack("<HHH", 0, 0x0010, 0)),
            record(0x42, struct.pack("<H", 936)),
            record(0x0204, cell.pack(0, 0, 0) + struct.pack("<H", len(label)) + label),
            record(0x0203, cell.pack(1, 0, 0) + struct.pack("<d", -2.5)),
            record(0x027E, cell.pack(1, 1, 0) + struct.pack("<i", (1234 << 2) | 3)),
            record(0x027E, cell.pack(1, 2, 0) + struct.pack("<i", (-7 << 2) | 2)),
            record(0x0205, cell.pack(1, 3, 0) + bytes([0x2A, 1])),
            record(0x0205, cell.pack(1, 4, 0) + bytes([1, 0])),
            record(0x0A),
        ]
    )
    grid = read(sandbox, tmp_path, data)
    assert grid.kind == "xls"
    assert grid.rows == [["下达"], [-2.5, 12.34, -7.0, CellFault("error", "#N/A"), True]]


TEXT = '表号 form_code|FP-02\r\n\r\n"下达|元\nIssued"|㐀𠮷|1,5\r\n'
ROWS = [["表号 form_code", "FP-02"], [], ["下达|元\nIssued", "㐀𠮷", "1,5"]]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "utf-16-le", "utf-16-be", "marked le", "marked be"],
)
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_reads_alike_in_each_encoding_with_each_delimiter(
    sandbox: Sandbox, tmp_path: Path, encoding: str, mark: str
) -> None:
    text = TEXT.replace("|1,5", '|"1,5"').replace("|", mark)
    marks = {
        "marked le": (codecs.BOM_UTF16_LE, "utf-16-le"),
        "marked be": (codecs.BOM_UTF16_BE, "utf-16-be"),
    }
    bom, codec = marks.get(encoding, (b"", encoding))
    grid = read(sandbox, tmp_path, bom + text.encode(codec), "return.csv")
    assert (grid.kind, grid.sheet) == ("csv", "")
    assert grid.rows == [[cell.replace("|", mark) for cell in row] for row in ROWS]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a;1,5\nb;2,5\n", [["a", "1,5"], ["b", "2,5"]]),
        ("a\t1,000\nb\t2,000\n", [["a", "1,000"], ["b", "2,000"]]),
        ("标题\na,甲;乙\nb,丙\n", [["标题"], ["a", "甲;乙"], ["b", "丙"]]),
        ('a,"x;y"\nb,"z;w"\n', [["a", "x;y"], ["b", "z;w"]]),
        ("a;b\rc;d\r", [["a", "b"], ["c", "d"]]),
    ],
)
def test_the_delimiter_is_that_of_most_lines(
    sandbox: Sandbox, tmp_path: Path, text: str, rows: list[list[str]]
) -> None:
    assert read(sandbox, tmp_path, text.encode(), "return.csv").rows == rows


OTHERS = {
    "empty": (b"", "IN-not-a-spreadsheet", "empty"),
    "blank": (b"\xef\xbb\xbf \r\n", "IN-not-a-spreadsheet", "empty"),
    "pdf": (b"%PDF-1.4\n1 0 obj, ", "IN-not-a-spreadsheet", "pdf"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0, ", "IN-not-a-spreadsheet", "picture"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF, ", "IN-not-a-spreadsheet", "picture"),
    "bmp": (b"BM\x36\0\0\0, ", "IN-not-a-spreadsheet", "picture"),
    "gz": (gzip.compress(b"a,b\n"), "IN-not-a-spreadsheet", "archive"),
    "rar": (b"Rar!\x1a\x07\x01\0, ", "IN-not-a-spreadsheet", "archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4, ", "IN-not-a-spreadsheet", "archive"),
    "zip": (packed({"FP-02.csv": b"a,b\n"}), "IN-not-a-spreadsheet", "archive"),
    "zip cut off": (b"PK\x03\x04 cut off", "IN-not-a-spreadsheet", "damaged"),
    "docx": (
        packed({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}),
        "IN-not-a-spreadsheet", "document",
    ),
    "xlsb": (
        packed({"[Content_Types].xml": "<x/>", "xl/workbook.bin": b"x"}),
        "IN-not-a-spreadsheet", "xlsb",
    ),
    "odt": (
        packed({**ods_parts(), "mimetype": "application/vnd.oasis.opendocument.text"}),
        "IN-not-a-spreadsheet", "archive",
    ),
    "doc": (container({"WordDocument": b"x"}), "IN-not-a-spreadsheet", "document"),
    "rtf": (b"{\\rtf1\\ansi, }", "IN-not-a-spreadsheet", "document"),
    "html as xls": (
        b"<html><table><tr><td>1,2</td></tr></table></html>", "IN-not-a-spreadsheet", "markup",
    ),
    "xml of 2003": (
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>, ',
        "IN-not-a-spreadsheet", "markup",
    ),
    "a saved page": (b"MIME-Version: 1.0\r\na: b; c\r\n", "IN-not-a-spreadsheet", "markup"),
    "prose": ("关于报送十一月份报表的通知\n".encode(), "IN-not-a-spreadsheet", "prose"),
    "no text": (b"a,b\n\xff\xff\xff\xff,\xff\n", "IN-not-a-spreadsheet", "binary"),
    "binary": (b"a,b\0\0\1\2\3,\0", "IN-not-a-spreadsheet", "binary"),
    "UTF-32": (codecs.BOM_UTF32_LE + "a,b".encode("utf-32-le"), "IN-not-a-spreadsheet", "binary"),
    "protected xlsx": (container({"EncryptedPackage": b"x"}), "IN-encrypted", ""),
    "protected xls": (
        container({"Workbook": biff(globals_=record(0x2F, b"\1\0\1\0\1\0" + bytes(48)))}),
        "IN-encrypted", "",
    ),
    "protected ods": (
        packed({**ods_parts(), "META-INF/manifest.xml": "<m><encryption-data/></m>"}),
        "IN-encrypted", "",
    ),
    "cut off xls": (XLS[:2000], "IN-unreadable", "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_everything_else_is_refused_by_name(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    data, check_id, reason = OTHERS[name]
    path = tmp_path / "return.xlsx"
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError) as caught:
        sandbox.read(path)
    assert (caught.value.check_id, caught.value.reason) == (check_id, reason)
    finding = file_finding(caught.value, path.name)
    assert finding.message_zh
    assert "{" not in finding.message_zh + finding.message_en


def test_a_file_accepted_long_ago_is_read_in_spite_of_its_macros(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "old.xlsx"
    path.write_bytes(packed({**xlsx_parts(), "xl/vbaProject.bin": b"x"}))
    with pytest.raises(UnreadableFileError, match="IN-macros"):
        sandbox.read(path)
    assert sandbox.read(path, accepted=True)[0].rows == [[1.0]]
