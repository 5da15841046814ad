"""Builds: frozen input, one writer, a token that voids a stale one, no trace of a killed one."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from warehouse.builds import build_month, check_token, open_build
from warehouse.database import Role, connect
from warehouse.dbt import run_dbt
from warehouse.errors import BuildError
from warehouse.locks import Lock, exclusive
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.reopened import stale_months
from warehouse.status import month_status

MONTH = Month(2009, 11)


def test_the_input_of_a_build_is_what_was_accepted_when_it_began(lab: Any) -> None:
    taken = {lab.submission("accepted"), lab.submission("accepted_with_warnings")}
    for state in ("received", "rejected", "superseded", "unreadable", "returned", "withdrawn"):
        lab.submission(state)
    lab.submission("accepted", MONTH.shift(1))
    open_build(lab.settings, MONTH)
    lab.submission("accepted")
    assert {row[0] for row in lab.rows("select submission_id from ops.build_input")} == taken


def test_a_newer_build_voids_the_token_of_an_older_one(lab: Any) -> None:
    first = open_build(lab.settings, MONTH)
    second = open_build(lab.settings, MONTH)
    with connect(lab.settings, Role.builder) as connection:
        check_token(connection, second)
        with pytest.raises(BuildError, match="overtaken"):
            check_token(connection, first)
    assert lab.rows("select state, in_force from ops.build order by build_id") == [
        ("failed", False),
        ("building", True),
    ]


def test_a_second_writer_waits_for_the_first(lab: Any) -> None:
    told: list[str] = []
    entered = threading.Event()

    def second() -> None:
        with exclusive(lab.settings, Lock.build, Role.builder, told.append):
            entered.set()

    with exclusive(lab.settings, Lock.build, Role.builder):
        thread = threading.Thread(target=second)
        thread.start()
        lab.wait_until(lambda: bool(told))
        assert not entered.wait(0.3)
    assert entered.wait(10)
    thread.join()
    assert told == ["waiting for another build to end"]


def test_who_owes_and_who_filed(lab: Any) -> None:
    with connect(lab.settings, Role.loader) as connection:
        for area, start, end in (
            ("530700000000", "2009-01-01", None),
            ("530702000000", "2009-01-01", "2009-11-01"),
            ("530721000000", "2009-12-01", None),
            ("530722000000", "2009-01-01", None),
        ):
            connection.execute(
                "insert into ops.assignment values (%s, 'FP-02', %s, %s)", [area, start, end]
            )
        connection.execute(
            "insert into ops.excuse values ('530722000000', 'FP-02', '2009-11-01', '地震', '王')"
        )
    lab.submission("rejected")
    returns = month_status(lab.settings, MONTH).returns
    assert [(r.area_code, r.owed, r.state) for r in returns] == [
        ("530700000000", True, "rejected"),
        ("530702000000", True, "expected"),
        ("530722000000", False, "excused"),
    ]
    assert returns[0].area_name_zh == "丽江市"


@pytest.mark.parametrize("whole_group", [True, False])
def test_a_killed_build_leaves_no_writer_and_no_trace_in_the_candidate(
    lab: Any, whole_group: bool
) -> None:
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    partition = "select oid from pg_class where relname = 'mart_fund_by_source__200911'"
    old = lab.rows(partition)
    assert old
    with (
        connect(lab.settings, Role.admin) as blocker,
        lab.child("build_month(settings, Month(2009, 11))") as process,
    ):
        lab.wait_until(lambda: _building(lab) != [])
        blocker.execute("select 1 from ops.build where state = 'building' for update")
        lab.wait_until(lambda: lab.waits_for_lock("tmw dbt"))  # at the first swap
        writers = _children(process.pid)
        assert writers
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        lab.wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in writers), 10)
    lab.wait_until(lambda: not lab.waits_for_lock("tmw dbt"))
    assert lab.rows(partition) == old
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]
    build_month(lab.settings, MONTH)
    assert lab.rows(partition) != old
    assert lab.rows("select state, in_force from ops.build order by build_id") == [
        ("published", False),
        ("failed", False),
        ("built", True),
    ]


def test_an_overtaken_build_fails_and_leaves_the_candidate_to_the_newer(lab: Any) -> None:
    stale = open_build(lab.settings, MONTH)
    open_build(lab.settings, MONTH)
    with pytest.raises(BuildError, match="dbt failed"):
        run_dbt(
            lab.settings,
            ["build", "--selector", "monthly"],
            run={
                "STAT_MONTH": "2009-11-01",
                "BUILD_ID": stale.build_id,
                "BUILD_TOKEN": str(stale.token),
            },
        )
    assert lab.rows("select 1 from pg_class where relname = 'mart_reporting__200911'") == []


def test_a_failed_build_says_why_and_keeps_what_is_published(lab: Any) -> None:
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    with connect(lab.settings, Role.admin) as connection:
        connection.execute("alter schema staging rename to elsewhere")
    with pytest.raises(BuildError, match="dbt failed") as failure:
        build_month(lab.settings, MONTH)
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]
    (row,) = lab.rows("select state, failure from ops.build where in_force")
    assert row == ("failed", str(failure.value))
    assert stale_months(lab.settings) == [MONTH]


def _building(lab: Any) -> list[Any]:
    rows: list[Any] = lab.rows("select build_id from ops.build where state = 'building'")
    return rows


def _children(parent: int) -> list[int]:
    """Return the processes whose parent is this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def test_the_builder_cannot_write_what_it_was_given(lab: Any) -> None:
    with (
        connect(lab.settings, Role.builder) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("delete from ops.build_input")
