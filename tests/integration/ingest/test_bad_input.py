"""What bad input gets: each its own finding, the file kept, nothing in raw, others unaffected."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.check import check_files
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.settings import Settings

OLE2 = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504


@dataclass(frozen=True)
class Bad:
    """One bad file: how it is made, and the finding it must get."""

    check_id: str
    state: str
    make: Callable[[Any], Path]
    heading: str | None = None  # the finding stands below (or at) this heading
    value: str | None = None
    with_it: tuple[str, ...] = ()


def edited(path: Path, edit: Callable[[Worksheet], None]) -> Path:
    workbook = load_workbook(path)
    edit(workbook["FP-02"])
    workbook.save(path)
    return path


def heading_cell(sheet: Worksheet, zh: str) -> Any:
    return next(
        cell
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith(zh)
    )


def rename(zh: str, text: str) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        heading_cell(sheet, zh).value = text

    return edit


def rename_value(zh: str, value: str) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        label = heading_cell(sheet, zh)
        sheet.cell(row=label.row, column=2).value = value

    return edit


def raw_bytes(name: str, data: bytes) -> Callable[[Any], Path]:
    def make(write: Any) -> Path:
        path: Path = write("unused.csv").with_name(name)
        path.write_bytes(data)
        return path

    return make


def far_cells() -> bytes:
    workbook = Workbook()
    workbook.active["A1"], workbook.active["XFD1048576"] = "x", "y"  # type: ignore[index]
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


BAD = {
    "unknown form": Bad(
        "IN-unknown-form",
        "rejected",
        lambda w: edited(w("form.xlsx"), rename_value("表号", "FP-99")),
        value="FP-99",
        with_it=("IN-tag",),
    ),
    "later month": Bad(
        "IN-wrong-month",
        "rejected",
        lambda w: w("month.csv", report_month="299901"),
        value="299901",
    ),
    "head and tag disagree": Bad(
        "IN-wrong-month",
        "rejected",
        lambda w: edited(w("tag.xlsx"), rename_value("报告月份", "200910")),
        value="200910",
    ),
    "unknown area": Bad(
        "IN-unknown-area",
        "rejected",
        lambda w: w("area.csv", area_code="999999000000"),
        value="999999000000",
    ),
    "missing heading": Bad(
        "IN-heading-missing",
        "rejected",
        lambda w: edited(
            w("missing.xlsx"),
            lambda s: s.delete_cols(heading_cell(s, "资金年度").column),
        ),
    ),
    "unknown heading": Bad(
        "IN-heading-unknown",
        "rejected",
        lambda w: edited(w("unknown.xlsx"), rename("资金年度", "资金年份")),
        heading="资金年份",
        value="资金年份",
        with_it=("IN-heading-missing",),
    ),
    "text in a number cell": Bad(
        "IN-not-a-number",
        "rejected",
        lambda w: w("text.xlsx", [w.row(carried_in="数万元")]),
        heading="上年结转",
        value="数万元",
    ),
    "masked number": Bad(
        "G10",
        "rejected",
        lambda w: w("masked.xlsx", [w.row(carried_in="3X000")]),
        heading="上年结转",
        value="3X000",
    ),
    "negative money without a reversal reason": Bad(
        "G2",
        "rejected",
        lambda w: w("negative.xlsx", [w.row(amount_issued_m=-5000)]),
    ),
    "code outside its list": Bad(
        "G4", "rejected", lambda w: w("code.xlsx", [w.row(fund_source="77")]), value="77"
    ),
    "duplicate key": Bad(
        "G4", "rejected", lambda w: w("key.xlsx", [w.row(), w.row(amount_issued_y=1)])
    ),
    "edition out of its time": Bad(
        "IN-edition", "rejected", lambda w: w("edition.csv", edition="1999"), value="1999"
    ),
    "no spreadsheet": Bad(
        "IN-not-a-spreadsheet", "unreadable", raw_bytes("notice.xlsx", b"%PDF-1.4\n%\xe2\xe3")
    ),
    "encrypted workbook": Bad(
        "IN-encrypted",
        "unreadable",
        raw_bytes("encrypted.xlsx", OLE2 + "EncryptedPackage".encode("utf-16-le")),
    ),
    "workbook with a far cell": Bad(
        "IN-too-large", "unreadable", raw_bytes("far.xlsx", far_cells())
    ),
    "no rows and no nil return": Bad("IN-no-rows", "rejected", lambda w: w("empty.csv", [])),
    "required cell blank": Bad(
        "IN-required", "rejected", lambda w: w("blank.csv", [w.row(amount_paid_y=None)])
    ),
}


def test_each_bad_file_gets_its_finding_and_nothing_else_suffers(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    receipts = {}
    for name, bad in BAD.items():
        path = bad.make(write_return)
        receipts[name] = (path, submit_file(assigned_home, path).receipt_no)
    good = submit_file(assigned_home, write_return("good.xlsx")).receipt_no
    batch = receive_inbox(assigned_home)
    states = {s.receipt_no: s for s in batch.submissions}
    assert states[good].state == "accepted"
    assert len(states) == len(BAD) + 1
    for name, bad in BAD.items():
        path, receipt_no = receipts[name]
        submission = states[receipt_no]
        assert submission.state == bad.state, name
        errors = [
            finding
            for finding in batch.findings
            if finding.submission_id == submission.submission_id and finding.severity == "error"
        ]
        assert {finding.check_id for finding in errors} == {bad.check_id, *bad.with_it}, name
        assert_says_where_and_what(errors, bad, path)
        ((landing_path, reached, cells),) = query(
            assigned_home,
            "select landing_path, reached, cells_read from ops.submission"
            f" where receipt_no = '{receipt_no}'",
        )
        assert reached == ("preflight" if bad.state == "unreadable" else "table_searched"), name
        assert (cells > 0) == (bad.state != "unreadable"), name
        assert submission.as_json()["reached"] == reached
        assert (assigned_home.landing_dir / landing_path).read_bytes() == path.read_bytes()
    for table in ("fp02", "cell_mark", "column_position", "head_value"):
        ids = query(assigned_home, f"select distinct submission_id from raw.{table}")
        assert ids == [(states[good].submission_id,)]


def assert_says_where_and_what(errors: list[Any], bad: Bad, path: Path) -> None:
    finding = next(finding for finding in errors if finding.check_id == bad.check_id)
    assert finding.message_zh
    assert finding.message_en
    assert finding.file == path.name
    if bad.value is not None:
        assert finding.value == bad.value
    if bad.heading is not None:
        sheet = load_workbook(path)["FP-02"]
        letter = heading_cell(sheet, bad.heading).column_letter
        assert sheet[finding.cell].column_letter == letter


def test_a_dry_run_says_the_same_without_a_database(tmp_path: Path, write_return: Any) -> None:
    settings = Settings(home=tmp_path / "nowhere")
    paths = [bad.make(write_return) for bad in BAD.values()]
    findings = check_files(settings, paths)
    for bad, path in zip(BAD.values(), paths, strict=True):
        assert bad.check_id in {
            finding.check_id for finding in findings if finding.file == path.name
        }
    assert not settings.home.exists()
