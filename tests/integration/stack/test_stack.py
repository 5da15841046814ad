"""The whole stack: every part runs, is private, comes back when killed, and ends without a trace.

The last tests end the one stack that all tests of this folder use.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.stack import stack_start, stack_stop
from cli.stack_state import is_running, read_record
from warehouse.backup_manifest import list_backups, verify_backup
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.server import start_server, stop_server

from . import small_returns

if TYPE_CHECKING:
    from cli.stack import StackStatus
    from tests.integration.stack.conftest import Stack

pytestmark = pytest.mark.scheduler
NOVEMBER, UNSIGNED = Month(2009, 11), Month(2013, 5)
MONTH_SECONDS = 240.0
CITY_MONEY = {"area": "530700000000", "programme": "01", "source": "10"}
DAYS_TO_SIGN = 5 / (24 * 60 * 60)


def test_every_part_is_healthy(stack: Stack) -> None:
    status = stack.status()
    assert status.healthy
    assert {component.name: component.state for component in status.components} == {
        "postgresql": "running",
        "api-server": "running",
        "scheduler": "running",
        "dag-processor": "running",
        "triggerer": "running",
    }


def test_starting_a_running_stack_changes_nothing(stack: Stack) -> None:
    before = [component.pid for component in stack.status().components]
    assert [component.pid for component in stack_start(stack.settings).components] == before


def test_all_ports_are_on_loopback(stack: Stack) -> None:
    addresses = stack.listening()
    assert len(addresses) == 2, "PostgreSQL and the api-server"
    assert all(address.startswith("loopback:") for address in addresses)


def test_secrets_are_private_and_in_no_log(stack: Stack) -> None:
    home = stack.settings.home
    files = [path for path in stack.settings.secret_dir.iterdir() if path.is_file()]
    assert len(files) >= 5
    for path in [*files, home / "airflow" / "passwords.json", home / "airflow" / "airflow.cfg"]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    secrets = [path.read_bytes().strip() for path in files]
    for log in stack.settings.log_dir.rglob("*"):
        if log.is_file():
            text = log.read_bytes()
            assert not any(secret in text for secret in secrets), log


def test_a_killed_scheduler_is_started_again(stack: Stack) -> None:
    killed = stack.pid("scheduler")
    os.kill(killed, signal.SIGKILL)

    def started_again() -> StackStatus | None:
        status = stack.status()
        pids = {component.name: component.pid for component in status.components}
        return status if pids["scheduler"] != killed and status.healthy else None

    status = stack.wait_for("a new scheduler", started_again, 60)
    assert {part.name: part.restarts for part in status.components}["scheduler"] == 1
    assert killed not in stack.processes()


def test_the_nightly_dag_backs_up_and_trims_what_is_old(stack: Stack) -> None:
    """An old run that has ended goes with its logs; the watch of the inbox stays."""
    victim = stack.api.runs("receive_submissions")[-1]
    old = datetime.now().astimezone() - timedelta(days=400)
    with connect(stack.settings, Role.airflow) as connection:
        connection.execute(
            "update dag_run set start_date = %s where run_id = %s", [old, victim.run_id]
        )
    logs = [
        path
        for path in (stack.settings.log_dir / "airflow").rglob("*.log")
        if f"run_id={victim.run_id}" in path.parts
    ]
    assert logs
    for path in logs:
        os.utime(path, (old.timestamp(), old.timestamp()))

    earlier = list_backups(stack.settings.backup_folder)  # half past two may just have passed
    run = stack.api.wait_for_run(stack.api.trigger("keep_house"), MONTH_SECONDS)
    assert run.state == "success", stack.api.task_states(run)
    assert set(stack.api.task_states(run)) == {"back_up", "check_backup", "trim", "remind"}
    made = list_backups(stack.settings.backup_folder)[-1]
    assert made not in earlier
    assert set(stack.publications(NOVEMBER)) <= set(verify_backup(made).publications)
    assert victim.run_id not in stack.seen_runs("receive_submissions")
    assert not any(path.exists() for path in logs)
    with connect(stack.settings, Role.airflow) as connection:
        watched = connection.execute("select count(*) from asset_watcher").fetchone()
    assert watched == (1,)


def test_stop_leaves_no_process(stack: Stack) -> None:
    assert len(stack.processes()) >= 7
    stack_stop(stack.settings)
    assert stack.processes() == {}
    assert not is_running(stack.settings)
    stack_stop(stack.settings)  # stopping a stopped one is fine


def test_without_an_answer_in_time_a_month_is_held(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMW_SIGNATURE_DAYS", str(DAYS_TO_SIGN))
    stack_start(stack.settings)
    small_returns.owe(stack.settings, UNSIGNED)
    small_returns.send(stack.settings, tmp_path, UNSIGNED, 1_000_000)
    stack.wait_for_publications({"2013-05.r1"})
    small_returns.send(stack.settings, tmp_path, UNSIGNED, 2_000_000)  # version 0 again: a warning
    stack.wait_for(
        "the time-out", lambda: stack.month_state(UNSIGNED) == "held" or None, MONTH_SECONDS
    )
    assert stack.last_request() == ("timed_out", None, None)
    assert stack.publications(UNSIGNED) == ["2013-05.r1"]


def test_a_killed_supervisor_leaves_no_process(stack: Stack) -> None:
    record = read_record(stack.settings)
    assert record is not None
    os.kill(record.supervisor.pid, signal.SIGKILL)
    stack.wait_for("the end of all", lambda: not stack.processes() or None, 30)
    start_server(stack.settings)
    try:
        assert stack.published_figure(NOVEMBER, **CITY_MONEY) == [28_050_000]
    finally:
        stop_server(stack.settings)


def test_a_home_can_be_removed_whole(stack: Stack) -> None:
    copied = Path(str(stack.settings.home) + ".moved")
    stack.settings.home.rename(copied)
    assert not stack.settings.home.exists()
    shutil.rmtree(copied)
