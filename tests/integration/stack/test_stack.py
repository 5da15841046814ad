"""The whole stack: files in the inbox become published figures, and nothing is left running.

The tests stand in the order of one month's story and use one stack; the last ones end it.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.airflow_accounts import sync_accounts
from cli.airflow_api import AirflowApi, AirflowError
from cli.airflow_forms import WaitingForm, answer_form, waiting_forms
from cli.stack import stack_start, stack_stop
from cli.stack_state import is_running, read_record
from examples.load import send_corrected_returns, send_first_returns
from examples.returns import LIJIANG, MALIPO
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.backup_manifest import list_backups, verify_backup
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.server import start_server, stop_server
from warehouse.settings import Settings
from warehouse.signers import add_signer

from . import small_returns
from .backfills import backfill, others_paused, published_rows, run_in_order

if TYPE_CHECKING:
    from cli.stack import StackStatus
    from tests.integration.stack.conftest import Stack

pytestmark = pytest.mark.scheduler
NOVEMBER, JUNE = Month(2009, 11), Month(2012, 6)
SPRING = [Month(2014, month) for month in (1, 2, 3)]
MARCH, MARCH_AFTER = Month(2011, 3), Month(2012, 3)
MONTH_SECONDS = 240.0
FIGURE = """
select issued_yuan_ytd from published.fund_by_source
where stat_month = %(month)s and area_code = %(area)s
    and programme_code = %(programme)s and fund_source_code = %(source)s
"""
CITY_MONEY = {"area": "530700000000", "programme": "01", "source": "10"}


def published_figure(stack: Stack, month: Month = NOVEMBER, **where: str) -> list[int]:
    values = {"month": month.first_day, **(where or CITY_MONEY)}
    with connect(stack.settings, Role.reader) as connection:
        rows = connection.execute(FIGURE, values).fetchall()
    return [int(row[0]) for row in rows]


def publications(stack: Stack, month: Month = NOVEMBER) -> list[str]:
    return [
        row[0]
        for row in stack.rows(
            "select publication_id from ops.publication where stat_month = %s order by 1",
            month.first_day,
        )
    ]


def waiting_form(stack: Stack, month: Month, after: WaitingForm | None = None) -> WaitingForm:
    """Wait for the build in force of a month to be asked about, and return its form.

    `after` is the form of the build before, which stays until the newer one has begun.
    """

    def look() -> WaitingForm | None:
        (build_id,) = stack.rows(
            "select build_id from ops.build where stat_month = %s and in_force", month.first_day
        )[0]
        forms = waiting_forms(stack.api, month)
        found = next((form for form in forms if f"build {build_id}，" in form.subject), None)
        return None if found and after and found.run_id == after.run_id else found

    return stack.wait_for(f"a form of {month}", look, MONTH_SECONDS)


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


def test_first_returns_are_held(stack: Stack) -> None:
    seen = stack.seen_runs("monthly_revision")
    send_first_returns(stack.settings, LIJIANG)
    run = stack.next_run("monthly_revision", seen)
    assert (run.state, run.partition_key) == ("success", "2009-11"), stack.api.task_states(run)
    tasks = stack.api.task_states(run)
    assert (tasks["build"], tasks["gate"]) == ("success", "success")
    assert (tasks["publish"], tasks["report_hold"]) == ("skipped", "success")
    assert stack.month_state(NOVEMBER) == "held"
    assert published_figure(stack) == []


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


def test_corrected_returns_are_published_by_the_scheduler(stack: Stack) -> None:
    seen = stack.seen_runs("monthly_revision")
    send_corrected_returns(stack.settings, LIJIANG)
    run = stack.next_run("monthly_revision", seen)
    assert (run.state, run.partition_key) == ("success", "2009-11"), stack.api.task_states(run)
    assert stack.api.task_states(run)["publish"] == "success"
    assert stack.month_state(NOVEMBER) == "published"
    assert published_figure(stack) == [28_050_000]


def test_a_changed_return_changes_the_figure_and_the_first_file_again_does_not(
    stack: Stack, songping_revised: Callable[[Settings], Path]
) -> None:
    songping = {"area": "530722208000", "programme": "02", "source": "12"}
    assert published_figure(stack, **songping) == [3_000_000]
    seen = stack.seen_runs("monthly_revision")
    submit_file(stack.settings, songping_revised(stack.settings))
    run = stack.next_run("monthly_revision", seen)
    assert stack.api.task_states(run)["publish"] == "success"
    assert published_figure(stack, **songping) == [3_100_000]
    assert publications(stack) == ["2009-11.r1", "2009-11.r2"]

    months = stack.seen_runs("monthly_revision")
    seen = stack.seen_runs("receive_submissions")
    send_first_returns(stack.settings, LIJIANG)
    assert stack.next_run("receive_submissions", seen).state == "success"
    assert publications(stack) == ["2009-11.r1", "2009-11.r2"]
    assert published_figure(stack, **songping) == [3_100_000]
    assert stack.seen_runs("monthly_revision") == months


def test_runs_by_hand_that_change_nothing(stack: Stack) -> None:
    """November 2010 shows November 2009, and does not follow it when that comes out the same."""
    by_hand = stack.api.trigger("monthly_monitoring", "2010-11")
    assert stack.api.wait_for_run(by_hand, MONTH_SECONDS).state == "success"
    seen = stack.seen_runs("monthly_revision")

    run = stack.api.wait_for_run(stack.api.trigger("monthly_monitoring", "2009-11"), MONTH_SECONDS)
    assert run.state == "success", stack.api.task_states(run)
    assert stack.api.task_states(run)["publish"] == "success"
    assert len(publications(stack)) == 2, "the same figures make no new publication"
    assert stack.api.task_states(run)["announce_later_months"] == "skipped"
    assert stack.seen_runs("monthly_revision") == seen


def test_another_county_and_month_are_published_beside_it(stack: Stack) -> None:
    seen = stack.seen_runs("monthly_revision")
    send_first_returns(stack.settings, MALIPO)
    run = stack.next_run("monthly_revision", seen)
    assert (run.state, run.partition_key) == ("success", "2012-06"), stack.api.task_states(run)
    assert stack.month_state(JUNE) == "published"
    malipo = {"area": "532624000000", "programme": "00", "source": "44"}
    assert published_figure(stack, JUNE, **malipo) == [4_630_000]


def test_a_late_file_revises_two_months_in_one_release(stack: Stack, tmp_path: Path) -> None:
    small_returns.owe(stack.settings, MARCH, MARCH_AFTER)
    for month in (MARCH, MARCH_AFTER):  # the other way round the later one would be revised here
        small_returns.send(stack.settings, tmp_path, month, 3_000_000)
        stack.wait_for_publications({f"{month}.r1"})
    stack.wait_until_idle("monthly_revision")
    small_returns.send(stack.settings, tmp_path, MARCH, 3_200_000, version=1)
    stack.wait_for_publications({"2011-03.r2", "2012-03.r2"})
    revised = stack.rows(
        "select distinct release_id, valid_from from ops.release_month"
        " where publication_id in ('2011-03.r2', '2012-03.r2')"
    )
    assert len(revised) == 1, "both months are switched by one release at one instant"


def test_a_warned_month_waits_for_a_signature(stack: Stack, tmp_path: Path) -> None:
    """The same version twice is a warning that nobody explained: two builds, one after the other.

    The form of the first build is void as soon as the second has begun.
    """
    add_signer(stack.settings, "王建国", airflow_user="wang")
    sync_accounts(stack.settings)  # as `tmw signers add` does; nothing is started again
    small_returns.send(stack.settings, tmp_path, MARCH, 3_300_000, version=1)
    void = waiting_form(stack, MARCH)
    small_returns.send(stack.settings, tmp_path, MARCH, 3_400_000, version=1)
    form = waiting_form(stack, MARCH, after=void)
    assert [each.run_id for each in waiting_forms(stack.api, MARCH)] == [form.run_id]
    ended = stack.api.run("monthly_signature", void.run_id)
    assert stack.api.wait_for_run(ended, MONTH_SECONDS).state == "success"
    assert stack.rows("select outcome from ops.signature_request order by request_id") == [
        ("superseded",),
        (None,),
    ]
    assert stack.month_state(MARCH) == "waiting_signature"
    assert "IN-version-equal" in form.body
    assert "报送率 Reporting rate: 1/1 = 100.00 %" in form.body
    assert "Rows that differ from 2011-03.r2: fund" in form.body
    assert "## 2012-03" in form.body, "the month that shows this one is published with it"
    assert publications(stack, MARCH) == ["2011-03.r1", "2011-03.r2"]


def test_who_is_no_signer_publishes_nothing(stack: Stack) -> None:
    form = waiting_form(stack, MARCH)
    answer_form(stack.api, form, approve=True, reason="urgent")  # Airflow's admin

    def asked_again() -> WaitingForm | None:
        forms = waiting_forms(stack.api, MARCH)
        return next((each for each in forms if "may not sign" in each.body), None)

    stack.wait_for("the form again", asked_again, 60)
    assert stack.month_state(MARCH) == "waiting_signature"
    assert stack.rows("select count(*) from ops.signature") == [(0,)]


def test_a_signer_may_answer_and_do_nothing_else(stack: Stack) -> None:
    wang = AirflowApi(stack.settings, login="wang")
    with pytest.raises(AirflowError, match="403"):
        wang.trigger("monthly_monitoring", "2011-03")
    answer_form(wang, waiting_form(stack, MARCH), approve=True, reason="与原始凭证核对一致")
    stack.wait_for_publications({"2011-03.r3", "2012-03.r3"})
    assert published_figure(stack, MARCH, area="530722208000", programme="02", source="12") == [
        3_400_000
    ]
    signed = "select signed_by, reason from published.release where publication_id = '2011-03.r3'"
    assert stack.rows(signed) == [("王建国", "与原始凭证核对一致")]
    assert waiting_forms(stack.api, MARCH) == []


def test_a_backfill_ends_as_runs_in_order(
    stack: Stack, warehouse_home: Settings, tmp_path: Path
) -> None:
    """Nothing else is started by it; `make test-long` does the same with 24 simulated months."""
    stack.wait_until_idle("monthly_revision")
    seen = stack.seen_runs("monthly_revision")
    with others_paused(stack):
        for settings in (stack.settings, warehouse_home):
            small_returns.owe(settings, *SPRING)
            folder = tmp_path / f"returns-{settings.home.name}"
            folder.mkdir()
            for number, month in enumerate(SPRING, start=1):
                small_returns.send(settings, folder, month, number * 1_000_000)
            receive_inbox(settings)
        backfill(stack, SPRING[0], SPRING[-1], MONTH_SECONDS)
    run_in_order(warehouse_home, SPRING)
    expected = published_rows(warehouse_home, SPRING)
    assert {row["stat_month"] for row in expected["fund_progress"]} == {
        month.first_day.isoformat() for month in SPRING
    }
    assert published_rows(stack.settings, SPRING) == expected
    assert stack.seen_runs("monthly_revision") == seen


def test_a_run_beside_a_build_by_hand_waits_for_it(stack: Stack) -> None:
    tmw = Path(sys.executable).with_name("tmw")
    before = stack.rows("select max(release_id) from ops.release")
    building = "select from ops.build where state = 'building'"
    command = [tmw, "build", "--month", str(SPRING[0])]
    environment = {**os.environ, "TMW_HOME": str(stack.settings.home)}
    with subprocess.Popen(command, env=environment) as by_hand:
        stack.wait_for("the build by hand", lambda: stack.rows(building), MONTH_SECONDS)
        run = stack.api.trigger("monthly_monitoring", str(SPRING[0]))
        assert by_hand.wait(MONTH_SECONDS) == 0
    assert stack.api.wait_for_run(run, MONTH_SECONDS).state == "success"
    assert stack.month_state(SPRING[0]) == "published"
    assert stack.rows("select max(release_id) from ops.release") == before


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

    run = stack.api.wait_for_run(stack.api.trigger("keep_house"), MONTH_SECONDS)
    assert run.state == "success", stack.api.task_states(run)
    assert set(stack.api.task_states(run)) == {"back_up", "check_backup", "trim", "remind"}
    (made,) = list_backups(stack.settings.backup_folder)
    assert set(publications(stack)) <= set(verify_backup(made).publications)
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


def test_a_killed_supervisor_leaves_no_process(stack: Stack) -> None:
    stack_start(stack.settings)
    record = read_record(stack.settings)
    assert record is not None
    os.kill(record.supervisor.pid, signal.SIGKILL)
    stack.wait_for("the end of all", lambda: not stack.processes() or None, 30)
    start_server(stack.settings)
    try:
        assert published_figure(stack) == [28_050_000]
    finally:
        stop_server(stack.settings)


def test_a_home_can_be_removed_whole(stack: Stack) -> None:
    copied = Path(str(stack.settings.home) + ".moved")
    stack.settings.home.rename(copied)
    assert not stack.settings.home.exists()
    shutil.rmtree(copied)
