"""The answer in the outbox; a warning is asked, explained in it, carried on, and lapses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ingest import assess
from ingest.answer_tag import CHANGES_SHEET, FINDINGS_SHEET, REASON_HEADING, TAG_SHEET
from ingest.feedback.answers import refresh_answers, write_answers
from ingest.feedback.look import MARKS
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

NOVEMBER = Month(2009, 11)
SLOW = {"issue_date": "2009-01-05", "arrival_date": "2009-10-20"}  # FP02-05: 288 days
REASON = "=上级指标9月才下达"  # begins like a formula, and is none
LEDGER = "select file_name, state, accepted_state from ops.submission order by submission_id"
FINDINGS = (
    "select s.file_name, f.check_id, f.severity, f.state, f.reason from ops.finding as f"
    " inner join ops.submission as s using (submission_id)"
    " where f.check_id <> 'IN-not-collected' order by 1, 2"
)


def answer_of(settings: Settings, receipt_no: str) -> Path:
    (path,) = settings.outbox_dir.rglob(f"{receipt_no}.xlsx")
    return path


def state_reason(path: Path, target: Path, check_id: str, reason: str) -> Path:
    """Write a reason beside a finding, as a clerk does, and save the workbook elsewhere."""
    book = load_workbook(path)
    sheet = book[FINDINGS_SHEET]
    for row in sheet.iter_rows():
        if row[1].value == check_id:
            row[8].value, row[8].data_type = reason, "s"
            break
    else:
        raise AssertionError(f"{check_id} is not listed")
    book.save(target)
    return target


def test_a_rejected_workbook_comes_back_marked_and_a_csv_too(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    rows = [write_return.row(programme="77", amount_planned_y="很多")]
    receipts = [
        submit_file(assigned_home, write_return(name, rows, version=version)).receipt_no
        for name, version in (("a.xlsx", "0"), ("b.csv", "1"))
    ]
    batch = receive_inbox(assigned_home)
    assert {submission.state for submission in batch.submissions} == {"rejected"}
    for receipt_no in receipts:
        book = load_workbook(answer_of(assigned_home, receipt_no))
        assert book.sheetnames[0] == FINDINGS_SHEET
        sheet = book["FP-02"]
        places = {
            finding.cell: finding
            for finding in batch.findings
            if finding.reason is None and finding.cell
        }
        assert {finding.check_id for finding in places.values()} == {"G4", "IN-not-a-number"}
        for cell, finding in places.items():
            assert sheet[cell].fill.fgColor.rgb == MARKS["error"]
            assert finding.message_zh in sheet[cell].comment.text
            assert finding.message_en in sheet[cell].comment.text
        assert sheet["B3"].value == "2009"
    paths = query(assigned_home, "select receipt_no, answer_path from ops.submission")
    assert dict(paths) == {no: f"530700000000/{no}.xlsx" for no in receipts}
    text = (assigned_home.outbox_dir / "530700000000" / f"{receipts[0]}.txt").read_text("utf-8")
    assert f"{receipts[0]}.xlsx" in text


def test_what_cannot_be_read_is_answered_by_the_findings_alone(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    path = write_return("a.xlsx").with_name("b.xlsx")
    path.write_bytes(b"PK\x03\x04 no zip at all")
    receipt = submit_file(assigned_home, path)
    receive_inbox(assigned_home)
    book = load_workbook(assigned_home.outbox_dir / "unknown" / f"{receipt.receipt_no}.xlsx")
    assert book.sheetnames == [FINDINGS_SHEET, TAG_SHEET]
    ((number, state),) = query(assigned_home, "select submission_id, state from ops.submission")
    assert state == "unreadable"

    # Where no workbook can be made the receipt tells it, and the next run tries again.
    answer = answer_of(assigned_home, receipt.receipt_no)
    answer.unlink()
    starved = assigned_home.model_copy(update={"read_memory_bytes": 1024 * 1024})
    with connect(assigned_home, Role.loader, autocommit=True) as connection:
        assert write_answers(starved, connection, [number]) == 1
        assert not answer.exists()
        text = answer.with_suffix(".txt").read_text("utf-8")
        assert "必须修改" in text
        assert write_answers(assigned_home, connection, [number]) == 1
    assert answer.is_file()


def test_of_countless_findings_the_answer_lists_so_many_and_says_how_many_more(
    assigned_home: Settings, write_return: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assess, "MAX_FINDINGS", 3)
    rows = [write_return.row(fund_doc_no=str(no), amount_planned_y="很多") for no in range(5)]
    receipt = submit_file(assigned_home, write_return("a.xlsx", rows))
    receive_inbox(assigned_home)
    sheet = load_workbook(answer_of(assigned_home, receipt.receipt_no))[FINDINGS_SHEET]
    listed = [row for row in sheet.iter_rows(values_only=True) if str(row[1]).startswith("IN-")]
    assert [row[1] for row in listed] == [*["IN-not-a-number"] * 3, "IN-more"]
    more = 5 + 3 * 5 - 3  # five figures, and three cells of each row that say why they are blank
    assert f"另有{more}条" in " ".join(map(str, listed[-1]))


def test_a_clean_return_gets_its_receipt_and_a_correction_the_list_of_changes(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    first = submit_file(assigned_home, write_return("v0.xlsx", [write_return.row()]))
    receive_inbox(assigned_home)
    assert [p.name for p in assigned_home.outbox_dir.rglob("R-*")] == [f"{first.receipt_no}.txt"]
    changed = write_return("v1.csv", [write_return.row(amount_issued_y=30_000_000)], version="1")
    second = submit_file(assigned_home, changed)
    receive_inbox(assigned_home)
    sheet = load_workbook(answer_of(assigned_home, second.receipt_no))[CHANGES_SHEET]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    assert [line[3:] for line in lines] == [["本年累计下达资金", "28050000", "30000000"]]
    assert first.receipt_no in sheet["A2"].value
    assert "资金来源 10" in lines[0][2]


def test_a_reason_written_into_the_answer_explains_the_warning(
    assigned_home: Settings, write_return: Any, query: Any, tmp_path: Path
) -> None:
    rows = [write_return.row(**SLOW)]
    sent = write_return("v0.xlsx", rows, filled_by="和某某", version="0")
    receipt = submit_file(assigned_home, sent).receipt_no
    receive_inbox(assigned_home)
    assert query(assigned_home, LEDGER) == [("v0.xlsx", *["accepted_with_warnings"] * 2)]
    back = state_reason(
        answer_of(assigned_home, receipt), tmp_path / "back.xlsx", "FP02-05", REASON
    )
    again = submit_file(assigned_home, back).receipt_no
    batch = receive_inbox(assigned_home)
    assert batch.months == {NOVEMBER}
    assert query(assigned_home, LEDGER) == [
        ("v0.xlsx", "superseded", "accepted_with_warnings"),
        ("back.xlsx", "accepted", "accepted"),
    ]
    assert query(assigned_home, FINDINGS) == [  # and no IN-version-equal
        ("back.xlsx", "FP02-05", "warning", "explained", REASON),
        ("v0.xlsx", "FP02-05", "warning", "open", None),
    ]
    assert query(
        assigned_home,
        "select kind, owner, form_code, area_code, first_month::text from ops.ledger_event",
    ) == [("explained", "和某某", "FP-02", "530700000000", "2009-11-01")]
    ((stated_by, column, value, receipt_no),) = query(
        assigned_home,
        "select r.stated_by, r.column_name, r.value, s.receipt_no from ops.stated_reason as r"
        " inner join ops.submission as s using (submission_id)",
    )
    assert (stated_by, column, value, receipt_no) == ("和某某", "arrival_date", "2009-10-20", again)

    # The same bytes again are a duplicate, and a second run writes nothing anew.
    submit_file(assigned_home, back)
    assert [f.check_id for f in receive_inbox(assigned_home).findings] == ["IN-duplicate"]
    assert query(assigned_home, "select count(*) from ops.stated_reason") == [(1,)]


def test_a_reason_is_carried_on_and_lapses_with_its_value(
    assigned_home: Settings, write_return: Any, query: Any, tmp_path: Path
) -> None:
    def send(name: str, version: str, **changes: Any) -> str:
        rows = [write_return.row(**{**SLOW, **changes})]
        submitted = submit_file(assigned_home, write_return(name, rows, version=version))
        receive_inbox(assigned_home)
        return submitted.receipt_no

    answer = answer_of(assigned_home, send("v0.xlsx", "0"))
    submit_file(assigned_home, state_reason(answer, tmp_path / "b.xlsx", "FP02-05", "已核实"))
    receive_inbox(assigned_home)
    send("v1.csv", "1", amount_issued_y=5)
    send("v2.csv", "2", arrival_date="2009-10-21")
    states = [(name, state, reason) for name, _, _, state, reason in query(assigned_home, FINDINGS)]
    assert states == [
        ("b.xlsx", "explained", "已核实"), ("v0.xlsx", "open", None),
        ("v1.csv", "explained", "已核实"), ("v2.csv", "open", None),
    ]  # fmt: skip


def test_changed_figures_of_one_version_are_still_a_warning(
    assigned_home: Settings, write_return: Any, query: Any, tmp_path: Path
) -> None:
    sent = submit_file(assigned_home, write_return("v0.xlsx", [write_return.row(**SLOW)]))
    receive_inbox(assigned_home)
    answer = answer_of(assigned_home, sent.receipt_no)
    back = state_reason(answer, tmp_path / "back.xlsx", "FP02-05", "已核实")
    book = load_workbook(back)
    for row in book["FP-02"].iter_rows():
        for cell in row:
            if cell.value == 28050000:
                cell.value = 28050001
    book.save(back)
    submit_file(assigned_home, back)
    receive_inbox(assigned_home)
    found = [(check, state) for _, check, _, state, _ in query(assigned_home, FINDINGS)]
    assert found == [("FP02-05", "explained"), ("IN-version-equal", "open"), ("FP02-05", "open")]


def test_a_stranger_cannot_harm_the_ledger_by_what_the_hidden_sheet_says(
    assigned_home: Settings, write_return: Any, query: Any, tmp_path: Path
) -> None:
    sent = submit_file(assigned_home, write_return("v0.xlsx", [write_return.row(**SLOW)]))
    receive_inbox(assigned_home)
    answer = answer_of(assigned_home, sent.receipt_no)
    back = state_reason(answer, tmp_path / "back.xlsx", "FP02-05", "已核实")
    book = load_workbook(back)
    tag, sheet = book[TAG_SHEET], book[FINDINGS_SHEET]
    identity = json.loads(
        next(row[2].value for row in tag.iter_rows() if row[0].value == "finding")
    )
    hostile = [
        "[" * 5000, "7", json.dumps({**identity, "value": "a\0b"}),
        json.dumps({**identity, "row_key": {"\ud800": "x"}}), json.dumps({**identity, "cell": 7}),
        json.dumps({**identity, "check_id": None}), "{", json.dumps({**identity, "row_key": [1]}),
    ]  # fmt: skip
    headings = {cell.value: cell.column for row in sheet.iter_rows() for cell in row}
    for number, text in enumerate(hostile, start=100):
        tag.append(["finding", str(number), text])
        sheet.cell(row=number, column=1, value=str(number))
        sheet.cell(row=number, column=headings[REASON_HEADING], value="不管")
    tag.append(["mark", "FP-02", "A1", '["solid", ["rgb", "xyz", 0], ["theme", 99999, 0]]'])
    book.save(back)
    submit_file(assigned_home, back)
    batch = receive_inbox(assigned_home)
    assert [submission.state for submission in batch.submissions] == ["accepted"]
    assert query(assigned_home, "select check_id, reason from ops.stated_reason") == [
        ("FP02-05", "已核实")
    ]


def test_answers_are_written_again_only_when_something_of_them_changed(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    sent = submit_file(assigned_home, write_return("v0.xlsx", [write_return.row(**SLOW)]))
    receive_inbox(assigned_home)
    answer = answer_of(assigned_home, sent.receipt_no)
    ((number,),) = query(assigned_home, "select submission_id from ops.submission")
    with connect(assigned_home, Role.loader, autocommit=True) as connection:
        assert write_answers(assigned_home, connection, [number]) == 0
        answer.unlink()
        assert write_answers(assigned_home, connection, [number]) == 1
    assert answer.is_file()
    with connect(assigned_home, Role.admin) as connection:  # as a build of the month leaves it
        connection.execute(
            "insert into ops.build (stat_month, state) values ('2009-11-01', 'built')"
        )
        connection.execute(
            "insert into ops.build_input select build_id, %s from ops.build", [number]
        )
        connection.execute(
            "insert into ops.finding (submission_id, build_id, sheet, cell, form_code, check_id,"
            " severity, level, value, message_zh, message_en, stat_month, area_code, row_key,"
            " column_name, state) select %s, build_id, 'FP-02', 'C20', 'FP-02', 'X7', 'warning', 3,"
            " '187', '中文', 'English', '2009-11-01', '530700000000', '{\"a\": \"1\"}', 'units',"
            " 'open' from ops.build",
            [number],
        )
    assert refresh_answers(assigned_home, [Month(2009, 10)]) == 0
    assert refresh_answers(assigned_home, [NOVEMBER]) == 1
    assert refresh_answers(assigned_home, [NOVEMBER]) == 0
    sheet = load_workbook(answer)["FP-02"]
    assert sheet["C20"].fill.fgColor.rgb == MARKS["warning"]
    assert "X7" in sheet["C20"].comment.text
