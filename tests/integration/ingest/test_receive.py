"""From the inbox to raw rows and ledger, in a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from ingest.assess import Assessor
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

NOVEMBER = Month(2009, 11)
RECEIVED = datetime(2009, 12, 8, 1, 0, tzinfo=UTC)


def test_a_return_becomes_rows_marks_positions_and_an_answer(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    rows = [write_return.row(amount_issued_y="2,805")]
    path = write_return("lijiang.xlsx", rows, money_unit="万元")
    receipt = submit_file(assigned_home, path, RECEIVED)
    batch = receive_inbox(assigned_home)
    assert [s.state for s in batch.submissions] == ["accepted"]
    assert batch.months == {NOVEMBER}
    assert {f.check_id for f in batch.findings} == {"IN-not-collected"}
    assert all(f.reason == "文件未列" for f in batch.findings)
    (row,) = query(
        assigned_home,
        "select row_no, fund_doc_no, fund_source, units, amount_issued_y, amount_paid_y"
        " from raw.fp02",
    )
    assert row[1:4] == ("-", "10", 187)
    assert str(row[4]) == "28050000.00"
    assert row[5] is None
    marks = query(assigned_home, "select column_name, status, reason from raw.cell_mark")
    assert ("amount_paid_y", "L", "文件未列") in marks
    assert len(marks) == 3
    ((letter, unit, factor),) = query(
        assigned_home,
        "select column_letter, unit, factor from raw.column_position"
        " where column_name = 'amount_issued_y'",
    )
    assert (unit, int(factor)) == ("万元", 10_000)
    assert letter.isupper()
    (ledger,) = query(
        assigned_home,
        "select receipt_no, received_at, received_at_given, passed_level_0, required_cells,"
        " filled_required_cells, accepted_state, landing_path from ops.submission",
    )
    assert ledger[:4] == (receipt.receipt_no, RECEIVED, True, True)
    assert ledger[4] - ledger[5] == 3
    landed = assigned_home.landing_dir / ledger[7]
    assert landed.read_bytes() == path.read_bytes()
    assert landed.stat().st_mode & 0o777 == 0o400
    answer = assigned_home.outbox_dir / "530700000000" / f"{receipt.receipt_no}.txt"
    assert receipt.receipt_no in answer.read_text(encoding="utf-8")
    assert not [p for p in assigned_home.inbox_dir.rglob("*") if p.is_file()]


def test_workbook_and_csv_of_one_return_give_the_same_rows(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    rows = [
        write_return.row(issue_date="2009-11-05", amount_planned_y="1,000.5(估)", award_flag="是"),
        write_return.row(row_kind="3", fund_source="12", list_complete="否", expected_y="约300"),
    ]
    for version, (name, encoding) in enumerate(
        [("a.xlsx", "-"), ("b.csv", "utf-8"), ("c.csv", "utf-8-sig"), ("d.csv", "gb18030")]
    ):
        path = write_return(name, rows, encoding=encoding, money_unit="万元", version=str(version))
        submit_file(assigned_home, path)
    batch = receive_inbox(assigned_home)
    assert {s.state for s in batch.submissions} <= {
        "accepted_with_warnings",
        "accepted",
        "superseded",
    }
    columns = query(
        assigned_home,
        "select table_name, string_agg(column_name, ', ') from information_schema.columns"
        " where table_schema = 'raw' and column_name <> 'submission_id'"
        " and table_name in ('fp02', 'cell_mark', 'column_position') group by 1",
    )
    for table, names in columns:
        distinct = query(assigned_home, f"select distinct {names} from raw.{table}")
        total = query(assigned_home, f"select count(*) from raw.{table}")
        assert total == [(len(distinct) * 4,)]
        assert distinct


def test_the_higher_version_counts_then_the_later_receipt(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    def receive(name: str, issued: int, version: str) -> str:
        rows = [write_return.row(amount_issued_y=issued)]
        submit_file(assigned_home, write_return(name, rows, version=version))
        batch = receive_inbox(assigned_home)
        assert batch.months == ({NOVEMBER} if batch.submissions[0].state != "superseded" else set())
        return batch.submissions[0].state

    assert receive("v0.csv", 1, "0") == "accepted"
    assert receive("v2.csv", 2, "2") == "accepted"
    assert receive("v1.csv", 3, "1") == "superseded"
    assert receive("v2-again.csv", 4, "2") == "accepted_with_warnings"
    assert query(
        assigned_home,
        "select s.file_name, s.state, s.accepted_state, w.file_name from ops.submission as s"
        " left join ops.submission as w on s.superseded_by = w.submission_id order by 1",
    ) == [
        ("v0.csv", "superseded", "accepted", "v2.csv"),
        ("v1.csv", "superseded", None, "v2.csv"),
        ("v2-again.csv", "accepted_with_warnings", "accepted_with_warnings", None),
        ("v2.csv", "superseded", "accepted", "v2-again.csv"),
    ]
    assert query(
        assigned_home,
        "select check_id, severity from ops.finding where check_id like 'IN-version%' order by 1",
    ) == [("IN-version-equal", "warning"), ("IN-version-lower", "info")]


def test_known_bytes_get_their_receipt_again_and_change_nothing(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    path = write_return("lijiang.csv")
    first = submit_file(assigned_home, path, RECEIVED)
    receive_inbox(assigned_home)
    state = "select submission_id, state, received_at, decided_at from ops.submission"
    before = query(assigned_home, state)
    other_name = path.with_name("copy.csv")
    other_name.write_bytes(path.read_bytes())
    for again in (path, other_name):
        assert submit_file(assigned_home, again, RECEIVED).receipt_no == first.receipt_no
        batch = receive_inbox(assigned_home)
        assert [s.receipt_no for s in batch.submissions] == [first.receipt_no]
        assert [(f.check_id, f.severity) for f in batch.findings] == [("IN-duplicate", "info")]
        assert batch.months == set()
    assert query(assigned_home, state) == before
    assert query(assigned_home, "select count(*) from raw.fp02") == [(1,)]
    assert receive_inbox(assigned_home).submissions == []


def test_files_dropped_into_the_inbox_are_taken_in_and_unfinished_ones_left(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    inbox = assigned_home.inbox_dir
    (inbox / "宁蒗县").mkdir(parents=True)
    data = write_return("a.csv").read_bytes()
    (inbox / "宁蒗县" / "十一月.csv").write_bytes(data)
    left = [".hidden.csv", "~$open.xlsx", "half.csv.part", "half.tmp"]
    for name in left:
        (inbox / name).write_bytes(data)
    (inbox / "link.csv").symlink_to(write_return("b.csv", version="1"))
    batch = receive_inbox(assigned_home)
    assert [s.file_name for s in batch.submissions] == ["十一月.csv"]
    assert query(assigned_home, "select received_at_given from ops.submission") == [(False,)]
    names = {path.name for path in inbox.rglob("*") if not path.is_dir()}
    assert names == {*left, "link.csv"}


def test_a_unit_without_assignment_is_accepted_with_a_warning(
    warehouse_home: Settings, write_return: Any
) -> None:
    submit_file(warehouse_home, write_return("lijiang.csv"))
    batch = receive_inbox(warehouse_home)
    assert [s.state for s in batch.submissions] == ["accepted_with_warnings"]
    open_findings = [f.check_id for f in batch.findings if f.reason is None]
    assert open_findings == ["IN-unassigned"]


def test_a_waiver_explains_one_value_and_lapses_with_another(
    assigned_home: Settings, write_return: Any, query: Any
) -> None:
    waive(assigned_home, "G10", "carried_in")

    def receive(version: str, text: str) -> tuple[str, str | None]:
        rows = [write_return.row(carried_in=text)]
        submit_file(assigned_home, write_return(f"v{version}.csv", rows, version=version))
        batch = receive_inbox(assigned_home)
        (finding,) = [f for f in batch.findings if f.check_id == "G10"]
        return batch.submissions[0].state, finding.reason

    assert receive("0", "3X") == ("accepted", "as printed (A. Clerk)")
    assert receive("1", "4X") == ("rejected", None)
    ((pinned, lapsed),) = query(
        assigned_home, "select pinned_value, lapsed_at is not null from ops.waiver"
    )
    assert (pinned, lapsed) == ("3X", True)
    assert query(
        assigned_home, "select status, text from raw.cell_mark where column_name = 'carried_in'"
    ) == [("O", "3X")]


@pytest.mark.parametrize(
    ("check_id", "column", "text"),
    [("G4", "programme", "77"), ("IN-name-unknown", "place_code", "某某县")],
)
def test_a_value_that_is_none_is_not_accepted_whoever_waives_it(
    assigned_home: Settings, write_return: Any, check_id: str, column: str, text: str
) -> None:
    waive(assigned_home, check_id, column, **{column: text})
    submit_file(assigned_home, write_return("a.csv", [write_return.row(**{column: text})]))
    batch = receive_inbox(assigned_home)
    (finding,) = [f for f in batch.findings if f.check_id == check_id]
    assert (batch.submissions[0].state, finding.reason) == ("rejected", None)


def waive(settings: Settings, check_id: str, column: str, **key: str) -> None:
    """Record a waiver of the city's one row, as it stood in the ledger of an older version."""
    row_key = {
        "fund_doc_no": "-", "fund_source": "10", "project_code": "-", "programme": "01",
        "place_code": "530700000000", "row_kind": "2", **key,
    }  # fmt: skip
    with connect(settings, Role.loader) as connection:
        connection.execute(
            "insert into ops.waiver (check_id, area_code, form_code, stat_month, until_month,"
            " row_key, column_name, reason, owner)"
            " values (%s, '530700000000', 'FP-02', '2009-11-01', '2009-12-01', %s, %s,"
            " 'as printed', 'A. Clerk')",
            [check_id, Jsonb(row_key), column],
        )


def test_a_relocation_return_off_by_a_factor_of_ten_is_rejected_at_its_cell(
    assigned_home: Settings, write_return: Any
) -> None:
    row = {
        "place_code": "530723000000", "row_kind": "2", "programme": "03", "plan_year": 2009,
        "mode": "0", "plan_p": 445, "subsidy_plan": 22250000, "standard": 5000,
        "standard_basis": "1",
    }  # fmt: skip
    submit_file(assigned_home, write_return("huaping.xlsx", [row], form_code="FP-08"))
    batch = receive_inbox(assigned_home)
    assert [s.state for s in batch.submissions] == ["rejected"]
    (finding,) = batch.findings
    assert (finding.check_id, finding.value) == ("FP08-01", "22250000")
    assert finding.expected is not None
    assert finding.expected.replace(",", "").startswith("2225000")
    assert finding.sheet == "FP-08"
    assert finding.cell


def test_the_answer_says_what_to_do_in_both_languages(
    assigned_home: Settings, write_return: Any
) -> None:
    rows = [write_return.row(carried_in="=1+1")]
    receipt = submit_file(assigned_home, write_return("lijiang.xlsx", rows))
    receive_inbox(assigned_home)
    answer = assigned_home.outbox_dir / "530700000000" / f"{receipt.receipt_no}.txt"
    text = answer.read_text(encoding="utf-8")
    assert "退回修改" in text
    assert "IN-not-a-number" in text
    assert "请只填数字" in text
    assert "Enter the figure alone" in text
    assert not [line for line in text.splitlines() if line[:1] in "=+-@" and line]


def test_a_fault_of_our_own_leaves_the_file_in_the_inbox_and_the_others_go_on(
    assigned_home: Settings, write_return: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assess = Assessor._assess

    def fail_on_one(self: Assessor, path: Path, *rest: Any) -> None:
        if path.name == "unlucky.csv":
            raise KeyError("a column we forgot")
        assess(self, path, *rest)

    submit_file(assigned_home, write_return("unlucky.csv", version="1"))
    submit_file(assigned_home, write_return("lucky.csv"))
    with monkeypatch.context() as patch:
        patch.setattr(Assessor, "_assess", fail_on_one)
        batch = receive_inbox(assigned_home)
    assert [s.file_name for s in batch.submissions] == ["lucky.csv"]
    assert len(batch.not_taken) == 1 and "unlucky.csv" in batch.not_taken[0]
    waiting = [path.name for path in assigned_home.inbox_dir.rglob("*.csv")]
    assert waiting == ["unlucky.csv"]

    again = receive_inbox(assigned_home)
    assert [(s.file_name, s.state) for s in again.submissions] == [("unlucky.csv", "accepted")]
    assert again.not_taken == []
