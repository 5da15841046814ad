"""A hundred returns of which ten are hostile, and a thousand of which a hundred are.

Through `submit` and `receive` into a real warehouse: the honest ones are accepted, each hostile
one is refused for what was done to it, at its cell where it has one, with an answer to its unit.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice, product
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from examples.simulator.run import Order, simulate
from ingest.forms.catalogue import load_forms
from ingest.generate.workbook import write_return_csv
from ingest.landing import Receipt, submit_file
from ingest.receive import receive_inbox
from warehouse.areas import import_areas
from warehouse.assignments import assign
from warehouse.month import Month
from warehouse.settings import Settings

YONGSHENG, SONGPING = "530722000000", "530722208000"
FIRST = Month(2010, 1)
NOT_COLLECTED = "未收集(未登记)"
ROW = {
    "place_code": YONGSHENG, "row_kind": "2", "units": "3", "fund_source": "12", "programme": "01",
    "amount_issued_y": "150000", "amount_inplace_y": NOT_COLLECTED, "amount_paid_y": NOT_COLLECTED,
    "amount_reimbursed_y": NOT_COLLECTED,
}  # fmt: skip
HEAD = {
    "form_code": "FP-02", "edition": "2009", "area_code": YONGSHENG, "area_name": "永胜县",
    "money_unit": "元", "nil_return": "否",
}  # fmt: skip
_serial = count(1)
Make = Callable[[Path], bytes]


def text(
    form_code: str = "FP-02",
    head: dict[str, str] | None = None,
    rows: list[dict[str, str]] | None = None,
    edit: Callable[[str], str] = str,
    **cells: str,
) -> Make:
    """A csv return with something wrong in its head, its cells, or its text."""

    def make(folder: Path) -> bytes:
        path = folder / "made.csv"
        number = next(_serial)  # every file another one, as a thousand senders would send
        own = {**HEAD, "form_code": form_code, "report_month": "201001", "version": "0"}
        own |= {"phone": f"0888-{number:07}", **(head or {})}
        lines = [{**ROW, **cells}] if rows is None else rows
        write_return_csv(path, load_forms()[form_code], own, lines, "utf-8")
        return edit(path.read_text(encoding="utf-8")).encode()

    return make


def book(edit: Callable[[list[list[Any]]], None] = lambda _rows: None, **cells: str) -> Make:
    """The same return as a plain workbook; `edit` changes its rows of cells."""

    def make(folder: Path) -> bytes:
        rows: list[list[Any]] = list(csv.reader(io.StringIO(text(**cells)(folder).decode())))
        edit(rows)
        workbook = Workbook(write_only=False)
        sheet = workbook.active
        assert sheet is not None
        sheet.title = "FP-02"
        for line in rows:
            sheet.append(line)
        stream = io.BytesIO()
        workbook.save(stream)
        return stream.getvalue()

    return make


def renamed(heading: str, other: str) -> Callable[[str], str]:
    return lambda whole: whole.replace(heading, other)


def put(heading: str, value: Any) -> Callable[[list[list[Any]]], None]:
    def edit(rows: list[list[Any]]) -> None:
        line = next(row for row in rows if any(str(c).startswith("资金来源") for c in row))
        at = next(i for i, c in enumerate(line) if str(c).startswith(heading))
        rows[rows.index(line) + 1][at] = value

    return edit


def repacked(change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> Make:
    """A workbook whose parts were changed by hand."""

    def make(folder: Path) -> bytes:
        stream = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(book()(folder))) as old,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
            for name, data in (extra or {}).items():
                new.writestr(name, data)
        return stream.getvalue()

    return make


def plain(data: bytes) -> Make:
    return lambda _folder: data.replace(b"NUMBER", b"%d" % next(_serial))


def once(make: Make) -> Make:
    """The same file again, with another part: a bomb takes long to pack."""
    packed: list[bytes] = []

    def again(folder: Path) -> bytes:
        packed.extend([] if packed else [make(folder)])
        stream = io.BytesIO(packed[0])
        with zipfile.ZipFile(stream, "a") as archive:
            archive.writestr(f"docProps/{next(_serial)}.txt", b"x")
        return stream.getvalue()

    return again


def far(_name: str, data: bytes) -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    return data.replace(b"</sheetData>", cell + b"</sheetData>")


def huge_text(name: str, data: bytes) -> bytes:
    return data.replace(b"</t>", b"x" * 300_000_000 + b"</t>", 1) if "sheet1" in name else data


def huge_part(name: str, data: bytes) -> bytes:
    return data + b"\n" * 600_000_000 if name.endswith("styles.xml") else data


def with_dtd(name: str, data: bytes) -> bytes:
    if not name.endswith("workbook.xml"):
        return data
    return b'<!DOCTYPE x [<!ENTITY a "b">]>' + data.partition(b"?>")[2]


def same(_name: str, data: bytes) -> bytes:
    return data


@dataclass(frozen=True)
class Hostile:
    """What is wrong with a file, the finding it must get, and the text at its cell."""

    check_id: str
    suffix: str
    make: Make
    value: str | None = None
    folder: str = ""


HTML = b"<html><table><tr><td>FP-02</td><td>NUMBER</td></tr></table></html>"
# The ten of `make test` come first.
HOSTILE = [
    Hostile("IN-not-a-spreadsheet", ".xls", plain(HTML)),
    Hostile("IN-not-a-spreadsheet", ".xlsx", lambda f: book()(f)[:-400]),
    Hostile("IN-macros", ".xlsm", repacked(same, {"xl/vbaProject.bin": b"\0" * 64})),
    Hostile("IN-too-large", ".xlsx", repacked(far)),
    Hostile("IN-error-cell", ".xlsx", book(put("上年结转", "#DIV/0!")), "#DIV/0!"),
    Hostile("G10", ".csv", text(carried_in="3X000"), "3X000"),
    Hostile("IN-damaged-code", ".xlsx", book(put("项目编码", 2.0105307220203e19))),
    Hostile("IN-name-ambiguous", ".csv", text(place_code="松坪"), "松坪"),
    Hostile("IN-heading-unit", ".csv", text(edit=renamed("上年结转资金(元)", "上年结转资金(吨)"))),
    Hostile("IN-unknown-area", ".csv", text(head={"area_code": "999999000000"}), "999999000000"),
    Hostile("IN-dtd", ".xlsx", repacked(with_dtd)),
    Hostile("IN-formula", ".xlsx", book(put("上年结转", "=1+1"))),
    Hostile("IN-not-a-spreadsheet", ".pdf", plain(b"%PDF-1.4 NUMBER")),
    Hostile("IN-not-a-spreadsheet", ".docx", plain(b"PK\x03\x04NUMBER")),
    Hostile("IN-not-a-spreadsheet", ".csv", plain(b"\x00\x01\x02\xffNUMBER" * 9)),
    Hostile("IN-name-unknown", ".csv", text(place_code="某某乡"), "某某乡"),
    Hostile("IN-name-differs", ".csv", text(place_code=f"{SONGPING} 永北镇"), "永北镇"),
    Hostile("IN-name-differs", ".csv", text(head={"area_name": "永北镇"}), "永北镇"),
    Hostile("IN-unknown-area", ".csv", text(place_code="530799000000"), "530799000000"),
    Hostile("IN-wrong-folder", ".csv", text(), YONGSHENG, SONGPING),
    Hostile("IN-not-a-number", ".csv", text(carried_in="很多钱"), "很多钱"),
    Hostile("IN-not-a-date", ".csv", text(issue_date="2009-02-30"), "2009-02-30"),
    Hostile("IN-not-a-bool", ".csv", text(award_flag="也许"), "也许"),
    Hostile("IN-required", ".csv", text(amount_issued_y="")),
    Hostile("G4", ".csv", text(fund_source="77"), "77"),
    Hostile("G4", ".csv", text(rows=[ROW, ROW])),
    Hostile("G2", ".csv", text(amount_issued_m="-5"), "-5"),
    Hostile("IN-too-long", ".csv", text(fund_doc_no="云财农字" * 20)),
    Hostile("IN-unknown-form", ".csv", text(edit=renamed("FP-02", "FP-99")), "FP-99"),
    Hostile("IN-wrong-month", ".csv", text(head={"report_month": "299901"}), "299901"),
    Hostile("IN-edition", ".csv", text(head={"edition": "1998"}), "1998"),
    Hostile("IN-version", ".csv", text(head={"version": "一"})),
    Hostile("IN-head-missing", ".csv", text(head={"version": ""})),
    Hostile("IN-money-unit", ".csv", text(head={"money_unit": "美元"}), "美元"),
    Hostile("IN-no-rows", ".csv", text(rows=[])),
    Hostile("IN-nil-rows", ".csv", text(head={"nil_return": "是"})),
    Hostile("IN-heading-unknown", ".csv", text(edit=renamed("上年结转资金(元)", "今年心情"))),
    Hostile("IN-range", ".csv", text(carried_in="-5"), "-5"),
]  # fmt: skip
BOMBS = [
    Hostile("IN-too-large", ".xlsx", once(repacked(huge_text))),
    Hostile("IN-too-large", ".xlsx", once(repacked(huge_part))),
]


def nil_returns(folder: Path, units: list[str]) -> Iterator[Path]:
    """Nil returns of these units, earlier than what was simulated."""
    folder.mkdir()
    forms = load_forms()
    for months, unit, form in product(range(1, 48), units, forms.values()):
        month = FIRST.shift(-months)
        path = folder / f"{form.form_code}_{unit}_{month.compact}.csv"
        head = {
            "form_code": form.form_code, "edition": "2009", "report_month": month.compact,
            "area_code": unit, "version": "0", "money_unit": "元", "nil_return": "是",
        }  # fmt: skip
        write_return_csv(path, form, head, [], "utf-8")
        yield path


def submit_hostile(settings: Settings, folder: Path, kinds: list[Hostile], number: int) -> None:
    folder.mkdir()
    for place, kind in enumerate(islice(kinds * number, number)):
        path = folder / f"hostile-{place:03}{kind.suffix}"
        path.write_bytes(kind.make(folder))
        if kind.folder:
            target = settings.inbox_dir / kind.folder / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        else:
            submit_file(settings, path)


def receive_all(
    settings: Settings, folder: Path, query: Any, kinds: list[Hostile], *, honest: int, hostile: int
) -> None:
    few = None if honest > 100 else 4
    order = Order(("530722",), FIRST, 1, seed=5, formats=("csv",), townships=few)
    done = simulate(order, folder / "county")
    if (folder / "county" / "areas.csv").exists():
        import_areas(settings, folder / "county" / "areas.csv")
    assign(settings, folder / "county" / "assignments.csv", form_codes=frozenset(load_forms()))
    units = sorted({unit.area_code for unit in done.simulations[0].units})
    simulated = [path for path, _ in done.received][:honest]
    nil = islice(nil_returns(folder / "nil", units), honest - len(simulated))
    receipts: list[Receipt] = [submit_file(settings, path) for path in [*simulated, *nil]]
    submit_hostile(settings, folder / "hostile", kinds, hostile)
    batch = receive_inbox(settings)

    assert batch.not_taken == []
    states = {s.receipt_no: s.state for s in batch.submissions}
    errors = [f for f in batch.findings if f.severity == "error"]
    refused = [f for f in errors if not str(f.file).startswith("hostile")]
    assert refused == []
    accepted = {"accepted", "accepted_with_warnings"}
    assert len(receipts) == honest
    assert {states[receipt.receipt_no] for receipt in receipts} <= accepted
    others = [s for s in batch.submissions if s.file_name.startswith("hostile")]
    assert len(others) == hostile
    assert {s.state for s in others} == {"rejected", "unreadable"}
    for submission in others:
        kind = kinds[int(submission.file_name[8:11]) % len(kinds)]
        found = [f for f in errors if f.submission_id == submission.submission_id]
        mine = [f for f in found if f.check_id == kind.check_id]
        assert mine, (submission.file_name, kind.check_id, [(f.check_id, f.value) for f in found])
        if kind.value is not None:
            assert any(f.value == kind.value and f.cell for f in mine), (kind, mine)
        answers = list(
            (settings.outbox_dir / (submission.area_code or "unknown")).glob(
                f"{submission.receipt_no}*"
            )
        )
        assert answers, submission
    assert query(settings, "select count(*) from ops.submission") == [(honest + hostile,)]
    left = query(
        settings,
        "select count(*) from raw.fp02 as entry inner join ops.submission as s"
        " on entry.submission_id = s.submission_id where s.state in ('rejected', 'unreadable')",
    )
    assert left == [(0,)]
    assert not [path for path in settings.inbox_dir.rglob("*") if path.is_file()]


def test_of_a_hundred_returns_ninety_are_accepted_and_ten_explained(
    warehouse_home: Settings, tmp_path: Path, query: Any
) -> None:
    receive_all(warehouse_home, tmp_path, query, HOSTILE[:10], honest=90, hostile=10)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_of_a_thousand_returns_nine_hundred_are_accepted_and_a_hundred_explained(
    warehouse_home: Settings, tmp_path: Path, query: Any
) -> None:
    receive_all(warehouse_home, tmp_path, query, [*HOSTILE, *BOMBS], honest=900, hostile=100)
