"""SIGKILL in the middle of receive, build and publish: old figures or new ones, never others.

Where a process is killed is fixed by a lock: the test holds a table in a mode that lets readers
pass and writers wait, starts the process, sees in `pg_locks` that it has arrived there, and kills
it. Meanwhile a reader asks all views in one statement, again and again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import psutil
import pytest

from examples.build import write_return
from examples.load import register_assignments, register_waivers
from examples.returns import LIJIANG, example_returns
from expectations.gate import gate_month
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import Settings

MONTH = Month(2009, 11)
SONGPING = "530722208000"
VIEWS = (
    "fund_by_source", "fund_progress", "control_total", "relocation_progress", "reporting",
    "project_status", "project_progress", "village_poverty",
)  # fmt: skip
ISSUED = (3_000_000, 3_100_000)
PATIENCE = 90.0

Whom = Literal["group", "parent"]
COMMANDS = {
    "receive": "from ingest.receive import receive_inbox as run; run(settings)",
    "build": "from warehouse.builds import build_month as run; run(settings, month)",
    "publish": "from warehouse.releases import publish as run; run(settings, [month])",
}
PRELUDE = (
    "from warehouse.settings import load_settings; from warehouse.month import Month;"
    "settings = load_settings(); month = Month.parse('2009-11');"
)
# Every writing step in its order; both ways of killing are met at the beginning and at the end.
RECEIVE: tuple[tuple[str, Whom], ...] = (
    ("ops.submission", "group"),
    ("raw.fp02", "parent"),
    ("raw.fp08", "group"),
    ("raw.cell_mark", "parent"),
    ("ops.finding", "group"),
)
BUILD: tuple[tuple[str, Whom], ...] = (
    ("ops.build", "parent"),
    ("core.fct_fund_monthly", "group"),
    ("marts.mart_fund_by_source", "parent"),
    ("marts.mart_reporting", "group"),
    ("ops.finding", "parent"),
)
PUBLISH: tuple[tuple[str, Whom], ...] = (
    ("ops.build", "parent"),
    ("released.fund_by_source", "group"),
    ("released.relocation_progress", "parent"),
    ("ops.publication", "group"),
    ("ops.release_month", "parent"),
)


class Calm(NamedTuple):
    """What an undisturbed run came to: the hash of its candidate, and what readers saw."""

    candidate_hash: str
    rows: dict[str, list[Any]]


@dataclass
class Warehouse:
    """One installation; `calm` holds what each of two inputs comes to when nothing is killed."""

    settings: Settings
    calm: dict[int, Calm] = field(default_factory=dict)
    version: int = 0
    issued: int = ISSUED[0]
    stage: Literal["published", "received", "built"] = "published"

    def send_next(self) -> None:
        """Send every unit's return once more, one version higher, Songping with its other sum."""
        self.version += 1
        self.issued = ISSUED[0] if self.issued == ISSUED[1] else ISSUED[1]
        for filed in example_returns(LIJIANG):
            if filed.version == 0:
                sent = replace(filed, version=self.version)
                path = self.settings.home / "sent" / sent.file_name
                write_return(path, sent)
                if (filed.area_code, filed.form_code) == (SONGPING, "FP-02"):
                    text = path.read_bytes().decode(filed.encoding)
                    assert text.count(",3000000,") == 1
                    text = text.replace(",3000000,", f",{self.issued},")
                    path.write_bytes(text.encode(filed.encoding))
                submit_file(self.settings, path, filed.received_at)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a command that works on this warehouse."""
        own = os.environ | {"TMW_HOME": str(self.settings.home)}
        if self.settings.database_url is not None:
            own["TMW_DATABASE_URL"] = self.settings.database_url.get_secret_value()
        return own

    def bring_to(self, stage: Literal["received", "built"]) -> None:
        """Take a next round of returns that far, unless the test before has left it there."""
        if self.stage == "published":
            self.send_next()
            receive_inbox(self.settings)
            self.stage = "received"
        if stage == "built" and self.stage == "received":
            build_month(self.settings, MONTH)
            assert gate_month(self.settings, MONTH).state == "ready"
            self.stage = "built"

    def record_calm(self) -> None:
        """Take a next round of returns through undisturbed, and remember what it came to."""
        self.bring_to("built")
        publish(self.settings, [MONTH])
        self.stage = "published"
        built = self.query("select candidate_hash from ops.build where in_force")
        self.calm[self.issued] = Calm(built[0][0], self.published())

    def published(self) -> dict[str, list[Any]]:
        """Return what readers see, without the names of release and publication."""
        with connect(self.settings, Role.reader) as connection:
            return {
                view: connection.execute(
                    f"select to_jsonb(v) - 'publication_id' - 'release_id'"
                    f" from published.{view} as v order by 1"
                ).fetchall()
                for view in VIEWS
            }

    def query(self, sql: str) -> list[Any]:
        with connect(self.settings, Role.admin) as connection:
            return connection.execute(sql).fetchall()

    def received(self) -> list[Any]:
        """Return the newest returns with the number of their raw rows and findings."""
        return self.query(
            "select file_name, state, accepted_state,"
            " (select count(*) from raw.fp02 as r where r.submission_id = s.submission_id)"
            " + (select count(*) from raw.fp08 as r where r.submission_id = s.submission_id),"
            " (select count(*) from raw.cell_mark as r where r.submission_id = s.submission_id),"
            " (select count(*) from ops.finding as f where f.submission_id = s.submission_id"
            "  and f.build_id is null)"
            f" from ops.submission as s where version = {self.version} order by 1"
        )


@pytest.fixture(scope="module")
def warehouse(module_warehouse_home: Settings) -> Warehouse:
    register_assignments(module_warehouse_home, LIJIANG)
    register_waivers(module_warehouse_home, LIJIANG)
    warehouse = Warehouse(module_warehouse_home)
    for _ in ISSUED:
        warehouse.record_calm()
    assert set(warehouse.calm) == set(ISSUED)
    assert warehouse.calm[ISSUED[0]].rows != warehouse.calm[ISSUED[1]].rows
    return warehouse


class Watcher:
    """A reader that keeps what it saw: the publication of each view and Songping's figure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.seen: set[tuple[Any, ...]] = set()
        self.looks = 0
        self.failure: Exception | None = None

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _watch(self) -> None:
        sources = ", ".join(
            f"(select string_agg(distinct publication_id, '+') from published.{view})"
            for view in VIEWS
        )
        figure = (
            "(select issued_yuan_ytd::bigint from published.fund_by_source where area_code ="
            f" '{SONGPING}' and programme_code = '02' and fund_source_code = '12')"
        )
        try:
            with connect(self._settings, Role.reader, autocommit=True) as connection:
                while not self._stop.wait(0.02):
                    row = connection.execute(f"select {sources}, {figure}").fetchone()
                    self.seen.add(tuple(row or ()))
                    self.looks += 1
        except Exception as error:  # noqa: BLE001 - raised again in the test's own thread
            self.failure = error


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)


@contextmanager
def writers_wait_at(warehouse: Warehouse, table: str) -> Iterator[None]:
    with connect(warehouse.settings, Role.admin) as connection:
        connection.execute(f"lock table {table} in exclusive mode")
        yield
        connection.rollback()


def kill_at(warehouse: Warehouse, command: str, table: str, whom: Whom) -> None:
    """Run the command until it waits for the table, kill it there, and see it quite gone."""
    arrived = (
        "select 1 from pg_locks inner join pg_database as d on database = d.oid"
        " left join pg_inherits on relation = inhrelid"
        " where datname = current_database() and not granted"
        f" and '{table}'::regclass in (relation, inhparent)"
    )
    before = sessions(warehouse)
    with writers_wait_at(warehouse, table):
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + COMMANDS[command]],
            env=warehouse.environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        until(
            lambda: bool(warehouse.query(arrived)) or process.poll() is not None,
            f"{command} arrives at {table}",
        )
        if process.poll() is not None:
            message = process.communicate()[1].decode(errors="replace")
            pytest.fail(f"{command} ended before {table}: {message[-2000:]}")
        family = psutil.Process(process.pid).children(recursive=True)
        if whom == "group":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL
        assert process.stderr is not None
        process.stderr.close()
        _, alive = psutil.wait_procs(family, timeout=15)
        orphans = [member.cmdline() for member in alive if member.is_running()]
        assert orphans == [], f"left behind when {command} was killed at {table}"
    until(lambda: sessions(warehouse) <= before, "the database notices that its client is gone")


def sessions(warehouse: Warehouse) -> set[int]:
    """Return the sessions of our programs, all but this one and the readers'."""
    found = warehouse.query(
        "select pid from pg_stat_activity"
        " where datname = current_database() and application_name like 'tmw %'"
        " and application_name <> 'tmw reader' and pid <> pg_backend_pid()"
    )
    return {pid for (pid,) in found}


def in_force(warehouse: Warehouse) -> tuple[Any, ...]:
    """Return what a reader sees while the publication in force stays: its name and figure."""
    publication = warehouse.query(
        "select publication_id from ops.release_month where valid_to is null"
    )[0][0]
    (shown,) = (issued for issued in ISSUED if warehouse.published() == warehouse.calm[issued].rows)
    return (*[publication] * len(VIEWS), shown)


def test_receive_killed_at_every_step_takes_each_file_once(warehouse: Warehouse) -> None:
    expected = [row[1:] for row in warehouse.received()]
    old = in_force(warehouse)
    warehouse.send_next()
    with Watcher(warehouse.settings) as watcher:
        for table, whom in RECEIVE:
            kill_at(warehouse, "receive", table, whom)
            assert warehouse.received() == [], f"half a batch after a kill at {table}"
        kill_between_ledger_and_inbox(warehouse)
        assert [row[1:] for row in warehouse.received()] == expected
        again = receive_inbox(warehouse.settings)
    assert again.months == {MONTH}
    assert {finding.check_id for finding in again.findings} == {"IN-not-collected"}
    assert [row[1:] for row in warehouse.received()] == expected
    assert not [path for path in warehouse.settings.inbox_dir.rglob("*") if path.is_file()]
    assert not receive_inbox(warehouse.settings).submissions
    assert watcher.seen == {old}
    warehouse.stage = "received"


def kill_between_ledger_and_inbox(warehouse: Warehouse) -> None:
    """Kill it after its commit and before the files leave the inbox, where no lock waits."""
    itself = "import ingest.receive as r; import os; r.clear = lambda *_: os.kill(os.getpid(), 9);"
    killed = subprocess.run(
        [sys.executable, "-c", PRELUDE + itself + "r.receive_inbox(settings)"],
        env=warehouse.environment,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL


def test_build_killed_at_every_step_leaves_the_release_and_is_repeated(
    warehouse: Warehouse,
) -> None:
    old = in_force(warehouse)
    warehouse.bring_to("received")
    with Watcher(warehouse.settings) as watcher:
        for table, whom in BUILD:
            kill_at(warehouse, "build", table, whom)
            assert warehouse.published() == warehouse.calm[old[-1]].rows, table
        build = build_month(warehouse.settings, MONTH)
    assert build.candidate_hash == warehouse.calm[warehouse.issued].candidate_hash
    assert watcher.looks > len(BUILD)
    assert watcher.seen == {old}
    assert gate_month(warehouse.settings, MONTH).state == "ready"
    assert warehouse.query("select 1 from ops.build where state = 'building'") == []
    warehouse.stage = "built"


def test_publish_killed_at_every_step_shows_the_old_release_or_the_new(
    warehouse: Warehouse,
) -> None:
    old = in_force(warehouse)
    warehouse.bring_to("built")
    with Watcher(warehouse.settings) as watcher:
        for table, whom in PUBLISH:
            kill_at(warehouse, "publish", table, whom)
            assert warehouse.published() == warehouse.calm[old[-1]].rows, table
        assert watcher.seen == {old}
        publish(warehouse.settings, [MONTH])
        looks = watcher.looks
        until(lambda: watcher.looks > looks + 1, "the reader looks once more")
    assert warehouse.published() == warehouse.calm[warehouse.issued].rows
    assert watcher.seen == {old, in_force(warehouse)}
    assert len(watcher.seen) == 2
    leftovers = warehouse.query(
        "select publication_id from released.fund_by_source"
        " except select publication_id from ops.publication"
    )
    assert leftovers == []
    warehouse.stage = "published"
