"""What tells Airflow of new files: each arrival once, no half-written file, no empty inbox."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "dags" / "plugins"
QUIET_SECONDS = 5.0  # longer than three looks


class Watch:
    """A running trigger and the events it has fired."""

    def __init__(self, home: Path) -> None:
        self.inbox = home / "inbox"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TMW_"))}
        script = Path(__file__).with_name("watch_inbox.py")
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(script), str(PLUGINS)],
            env=environment | {"TMW_HOME": str(home), "AIRFLOW_HOME": str(home / "airflow")},
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

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path)
    yield watch
    watch.process.kill()
    watch.process.wait()


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
