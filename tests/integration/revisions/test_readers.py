"""Readers and a hundred publishes: whoever reads in one snapshot never sees two releases."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from warehouse.settings import Settings

PUBLISHES = 100
LEAST_SEEN = 30  # distinct releases a reader must have met, or it did not read beside the publishes

# Two marts, each with the release it shows and the figure that release gave it. Run as a process
# of its own, as a BI tool is: argv are the isolation level, how to read, and the file that ends it.
_READER = """
import json, sys, time
from pathlib import Path
import psycopg
from warehouse.database import Role, connect
from warehouse.settings import load_settings

level, how, end = sys.argv[1], sys.argv[2], Path(sys.argv[3])
fund = (
    "select max(release_id), min(release_id), max(planned_yuan_year)::int from"
    " published.fund_by_source where stat_month = '2009-11-01'"
)
reporting = (
    "select max(release_id), min(release_id), max(received)::int from"
    " published.reporting where stat_month = '2009-11-01'"
)
joined = f"select * from ({fund}) as fund cross join ({reporting}) as reporting"
seen, mixed, reads = set(), 0, 0
with connect(load_settings(), Role.reader) as connection:
    connection.isolation_level = psycopg.IsolationLevel[level]
    print("ready", flush=True)
    while not end.exists():
        if how == "joined":
            row = connection.execute(joined).fetchone()
        else:
            row = (*connection.execute(fund).fetchone(), *connection.execute(reporting).fetchone())
        connection.commit()
        reads += 1
        releases = {row[0], row[1], row[3], row[4]}
        seen |= releases
        mixed += len(releases) > 1 or row[2] != row[5]
        time.sleep(0.005)  # leaves the processors to the publishes
print(json.dumps({"reads": reads, "mixed": mixed, "seen": len(seen)}))
"""


def test_no_reader_ever_sees_two_releases(
    press: Any, environment_of: Callable[[Settings], dict[str, str]], tmp_path: Path
) -> None:
    readers = {
        "snapshot": ("REPEATABLE_READ", "apart"),
        "statement": ("READ_COMMITTED", "joined"),
        "control": ("READ_COMMITTED", "apart"),
    }
    set_figure(press, 1)
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(
                reader(environment_of(press.settings), *how, tmp_path / "end")
            )
            for name, how in readers.items()
        }
        releases = [set_figure(press, 2 + number) for number in range(PUBLISHES)]
        (tmp_path / "end").touch()
        results = {name: finished(process) for name, process in running.items()}
    assert len(set(releases)) == PUBLISHES, "some publish changed nothing"
    for name, result in results.items():
        assert result["seen"] >= LEAST_SEEN, (name, result)
    assert results["snapshot"]["mixed"] == 0, results
    assert results["statement"]["mixed"] == 0, results
    assert results["control"]["mixed"] > 0, ("the test cannot fail", results)


def set_figure(press: Any, figure: int) -> int:
    """Publish a candidate that gives the same figure to a column of both marts."""
    released = press.revise(
        f"update marts.mart_fund_by_source set planned_yuan_year = {figure}"
        " where stat_month = '2009-11-01'",
        f"update marts.mart_reporting set received = {figure} where stat_month = '2009-11-01'",
    )
    assert released.release_id is not None
    return int(released.release_id)


@contextmanager
def reader(environment: dict[str, str], level: str, how: str, end: Path) -> Iterator[Any]:
    """Start a reading process, wait until it reads, and leave none behind."""
    process = subprocess.Popen(
        [sys.executable, "-c", _READER, level, how, str(end)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def finished(process: subprocess.Popen[str]) -> dict[str, int]:
    """Return what a reader counted."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() != 0:
        pytest.fail("a reader did not end well")
    assert process.stdout is not None
    found: dict[str, int] = json.loads(process.stdout.read())
    return found
