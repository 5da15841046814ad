"""SIGKILL in the middle of a receipt: the rerun ends where an undisturbed run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

RECEIVE = (
    "from ingest.receive import receive_inbox\n"
    "from warehouse.settings import load_settings\n"
    "receive_inbox(load_settings())\n"
)
LEDGER = (
    "select s.receipt_no, s.file_name, s.state, s.version, w.receipt_no"
    " from ops.submission as s left join ops.submission as w on s.superseded_by = w.submission_id"
    " order by 1"
)
FINDINGS = (
    "select s.receipt_no, f.check_id, f.cell, f.state from ops.finding as f"
    " inner join ops.submission as s using (submission_id) order by 1, 2, 3"
)
ROWS = (
    "select s.receipt_no, f.row_no, f.amount_issued_y from raw.fp02 as f"
    " inner join ops.submission as s using (submission_id) order by 1, 2"
)


@contextmanager
def receiving(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RECEIVE], env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def children_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def waits_for_a_lock(settings: Settings) -> bool:
    with connect(settings, Role.admin) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock'"
        ).fetchone()
    return bool(row and row[0])


def submit_returns(settings: Settings, write_return: Any) -> None:
    for version in range(12):
        rows = [write_return.row(amount_issued_y=1000 + version)]
        submit_file(settings, write_return(f"v{version}.csv", rows, version=str(version)))
    submit_file(settings, write_return("bad.csv", [write_return.row(fund_source="77")]))


def everything(settings: Settings, query: Any) -> list[Any]:
    return [query(settings, statement) for statement in (LEDGER, FINDINGS, ROWS)]


@pytest.mark.parametrize("whole_group", [True, False])
def test_killed_within_the_transaction(
    assigned_home: Settings, write_return: Any, query: Any, environment_of: Any, whole_group: bool
) -> None:
    submit_returns(assigned_home, write_return)
    waiting = len([p for p in assigned_home.inbox_dir.rglob("*") if p.is_file()])
    with connect(assigned_home, Role.admin) as blocker:
        blocker.execute("lock table raw.fp02 in exclusive mode")
        with receiving(environment_of(assigned_home)) as process:
            wait_until(lambda: waits_for_a_lock(assigned_home))
            (parser,) = children_of(process.pid)
            if whole_group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
            wait_until(lambda: not Path(f"/proc/{parser}").exists())
    assert query(assigned_home, "select count(*) from ops.submission") == [(0,)]
    assert query(assigned_home, "select count(*) from raw.fp02") == [(0,)]
    assert len([p for p in assigned_home.inbox_dir.rglob("*") if p.is_file()]) == waiting
    batch = receive_inbox(assigned_home)
    assert batch.months == {Month(2009, 11)}
    assert_as_undisturbed(assigned_home, query)


def test_killed_after_the_transaction(
    assigned_home: Settings, write_return: Any, query: Any, environment_of: Any
) -> None:
    submit_returns(assigned_home, write_return)
    with receiving(environment_of(assigned_home)) as process:
        wait_until(lambda: query(assigned_home, "select 1 from ops.submission limit 1"))
        os.killpg(process.pid, signal.SIGKILL)
    left = [path for path in assigned_home.inbox_dir.rglob("*") if path.is_file()]
    batch = receive_inbox(assigned_home)
    assert len(batch.submissions) == len(left)
    if left:
        assert batch.months == {Month(2009, 11)}
    assert_as_undisturbed(assigned_home, query)


def assert_as_undisturbed(settings: Settings, query: Any) -> None:
    ledger, findings, rows = everything(settings, query)
    states = sorted((name, state) for _, name, state, _, _ in ledger)
    assert states == sorted(
        [("bad.csv", "rejected"), ("v11.csv", "accepted")]
        + [(f"v{version}.csv", "superseded") for version in range(11)]
    )
    assert "IN-duplicate" not in {check_id for _, check_id, _, _ in findings}
    assert sorted(int(amount) for _, _, amount in rows) == list(range(1000, 1012))
    assert not [path for path in settings.inbox_dir.rglob("*") if path.is_file()]
    answers = list(settings.outbox_dir.rglob("*.txt"))
    assert len(answers) == 13


def test_two_receivers_at_once_record_each_file_once(
    assigned_home: Settings, write_return: Any, query: Any, environment_of: Any
) -> None:
    submit_returns(assigned_home, write_return)
    environment = environment_of(assigned_home)
    with receiving(environment) as first, receiving(environment) as second:
        assert first.wait() == 0
        assert second.wait() == 0
    assert_as_undisturbed(assigned_home, query)
