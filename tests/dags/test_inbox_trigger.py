"""What tells Airflow of new files and decisions: each once; no half-written file, no empty box."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.builds import finish_build, open_build
from warehouse.ledger_events import LedgerEvent, deciding, record_event
from warehouse.month import Month
from warehouse.settings import Settings

MONTH = Month(2009, 11)
PLUGINS = Path(__file__).resolve().parents[2] / "dags" / "plugins"
QUIET_SECONDS = 6.0  # longer than three looks, and than one at the decisions


class Watch:
    """A running trigger and the events it has fired."""

    def __init__(self, home: Path, database_url: str | None = None) -> None:
        self.inbox = home / "inbox"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TMW_"))}
        environment |= {"TMW_HOME": str(home), "AIRFLOW_HOME": str(home / "airflow")}
        if database_url is not None:
            environment["TMW_DATABASE_URL"] = database_url
        script = Path(__file__).with_name("watch_inbox.py")
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(script), str(PLUGINS)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        while self._lines.get(timeout=120) != "watching":
            pass

    def event(self, seconds: float) -> str | None:
        """Return the next event, or None when none comes in this time."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def end(self) -> None:
        """Kill the trigger."""
        self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path)
    yield watch
    watch.end()


@pytest.fixture
def watch_warehouse(warehouse_home: Settings) -> Iterator[Watch]:
    assert warehouse_home.database_url is not None
    watch = Watch(warehouse_home.home, warehouse_home.database_url.get_secret_value())
    yield watch
    watch.end()


def test_each_arrival_is_told_once_and_when_it_is_whole(watch: Watch) -> None:
    assert watch.event(QUIET_SECONDS) is None, "there is no inbox yet"
    watch.inbox.mkdir()
    (watch.inbox / ".half.xlsx").write_bytes(b"x")
    (watch.inbox / ".submit-1").mkdir()
    (watch.inbox / ".submit-1" / "half.xlsx").write_bytes(b"x")
    assert watch.event(QUIET_SECONDS) is None, "a hidden file is not finished"

    growing = watch.inbox / "a.xlsx"
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        with growing.open("ab") as stream:
            stream.write(b"more")
        assert watch.event(0.3) is None, "the file still grows"
    assert watch.event(30) == "1"
    assert watch.event(QUIET_SECONDS) is None, "told once"

    (watch.inbox / "b.csv").write_bytes(b"y")
    assert watch.event(30) == "2"
    growing.unlink()
    assert watch.event(QUIET_SECONDS) is None, "a file taken in is no arrival"
    growing.write_bytes(b"the corrected one")
    assert watch.event(30) == "2"


def test_a_decision_that_reopens_a_built_month_is_told_once(
    watch_warehouse: Watch, warehouse_home: Settings
) -> None:
    def decide(month: Month) -> None:
        with deciding(warehouse_home) as connection:
            record_event(connection, LedgerEvent("excused", month.first_day, month.first_day))

    decide(MONTH)
    assert watch_warehouse.event(QUIET_SECONDS) is None, "the month was never built"
    finish_build(warehouse_home, open_build(warehouse_home, MONTH))
    decide(MONTH.shift(1))
    assert watch_warehouse.event(QUIET_SECONDS) is None, "another month"
    decide(MONTH)
    assert watch_warehouse.event(30) == "3"
    assert watch_warehouse.event(QUIET_SECONDS) is None, "told once"
