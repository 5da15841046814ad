"""Workbooks of every kind, built byte by byte: what no office program would write."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml"'
    ' ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_CALC_EXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
ODS_MIME = "application/vnd.oasis.opendocument.spreadsheet"


def relation(kind: str, target: str, more: str = "") -> str:
    """Return a part with one relation of this kind."""
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{_OFFICE}/{kind}" Target="{target}" {more}/></Relationships>'
    )


def sheet_xml(rows: str, before: str = "", after: str = "") -> str:
    """Return a worksheet with these rows."""
    return f'<worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def xlsx_parts(sheet: str = "", workbook: str = WORKBOOK) -> dict[str, str | bytes]:
    """Return the parts of a workbook of one sheet `S`."""
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet or sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'),
    }


def ods_parts(rows: str = "", before: str = "", styles: str = "") -> dict[str, str | bytes]:
    """Return the parts of an ods workbook of one sheet `S`, whose style is `ta1`."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    content = (
        f'<office:document-content{names} xmlns:calcext="{_CALC_EXT}">'
        f"<office:automatic-styles>{styles}"
        "</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="S" table:style-name="ta1">{before}{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return {
        "mimetype": ODS_MIME,
        "content.xml": content,
        "META-INF/manifest.xml": (
            f'<manifest:manifest xmlns:manifest="{_MANIFEST}">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_MIME}"/>'
            "</manifest:manifest>"
        ),
    }


def ods_row(*cells: str, more: str = "") -> str:
    """Return a row of an ods sheet."""
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def ods_number(value: float, more: str = "") -> str:
    """Return a cell of an ods sheet that holds a number."""
    return (
        f'<table:table-cell office:value-type="float" office:value="{value}"{more}>'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a zip file of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def write_large_part(
    path: Path,
    parts: Mapping[str, str | bytes],
    name: str,
    chunks: Iterable[bytes],
    level: int = 1,
) -> None:
    """Write a zip file whose part `name` is made of chunks, never whole in memory."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for other, data in parts.items():
            if other != name:
                archive.writestr(other, data)
        with archive.open(name, "w") as stream:
            for chunk in chunks:
                stream.write(chunk)


def with_false_size(data: bytes, name: str, size: int) -> bytes:
    """Return a zip file whose directory and header declare another size for a part."""
    whole = bytearray(data)
    encoded = name.encode()
    for signature, at_size, at_name in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        place = data.find(signature)
        while place >= 0:
            if data[place + at_name : place + at_name + len(encoded)] == encoded:
                struct.pack_into("<I", whole, place + at_size, size)
            place = data.find(signature, place + 1)
    return bytes(whole)


def overlapping(parts: Mapping[str, str | bytes], name: str, times: int) -> bytes:
    """Return a zip file whose directory names one part many times, all at the same place."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, data in parts.items():
            archive.writestr(other, data)
        entry = archive.getinfo(name)
        for number in range(times):
            copy = zipfile.ZipInfo(f"xl/media/copy{number}.bin")
            for field in ("compress_type", "compress_size", "file_size", "CRC", "header_offset"):
                setattr(copy, field, getattr(entry, field))
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
        archive._didModify = True  # type: ignore[attr-defined]
    return stream.getvalue()


def record(kind: int, body: bytes = b"") -> bytes:
    """Return a record of an xls workbook."""
    return struct.pack("<HH", kind, len(body)) + body


def biff(*cells: bytes, hidden: int = 0, kind: int = 0, globals_: bytes = b"") -> bytes:
    """Return the records of an Excel 97 workbook of one sheet `S`."""
    bof = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    head = bof + record(0x42, struct.pack("<H", 1200)) + globals_
    length = len(head) + 4 + 6 + 3 + 4
    bound = record(0x85, struct.pack("<IBB", length, hidden, kind) + b"\x01\x00S")
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    return head + bound + record(0x0A) + sheet + b"".join(cells) + record(0x0A)


def biff_number(row: int, column: int, value: float) -> bytes:
    """Return a cell (0-based) that holds a number."""
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def biff_error(row: int, column: int, code: int) -> bytes:
    """Return a cell (0-based) that holds an error."""
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def container(streams: Mapping[str, bytes]) -> bytes:
    """Return an OLE2 container with these streams, each padded to the size of a large one."""
    sector, last, free = 512, 0xFFFFFFFE, 0xFFFFFFFF
    padded = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    chains: list[int] = []
    starts, body = {}, b""
    for name, data in padded.items():
        count = -(-len(data) // sector)
        starts[name] = len(chains)
        chains += [*range(len(chains) + 1, len(chains) + count), last]
        body += data.ljust(count * sector, b"\0")
    directory = [_entry("Root Entry", 5, last, 0, child=1)]
    names = list(padded)
    for number, name in enumerate(names, 1):
        right = number + 1 if number < len(names) else free
        directory.append(_entry(name, 2, starts[name], len(padded[name]), right=right))
    directory += [_entry("", 0, 0, 0)] * (-len(directory) % 4)
    first_directory = len(chains)
    count = len(directory) // 4
    chains += [*range(first_directory + 1, first_directory + count), last]
    body += b"".join(directory)
    fat_sectors = 1
    while len(chains) + fat_sectors > fat_sectors * 128:
        fat_sectors += 1
    first_fat = len(chains)
    chains += [0xFFFFFFFD] * fat_sectors
    chains += [free] * (fat_sectors * 128 - len(chains))
    places = [*range(first_fat, first_fat + fat_sectors)]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, first_directory, 0, 4096,
        last, 0, last, 0,
    )  # fmt: skip
    head += struct.pack("<109I", *places, *[free] * (109 - len(places)))
    return head + body + struct.pack(f"<{len(chains)}I", *chains)


def _entry(
    name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    raw = name.encode("utf-16-le")
    length = len(raw) + 2 if name else 0
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ", raw, length, kind, 1, 0xFFFFFFFF, right, child, bytes(16), 0,
        bytes(8), bytes(8), start, size,
    )  # fmt: skip
