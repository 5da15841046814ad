"""Two commands for one month at once: the second waits, and says so where it takes long."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

MONTH = Month(2009, 11)
TMW = Path(sys.executable).with_name("tmw")
Environment = Callable[[Settings], dict[str, str]]


def tmw(settings: Settings, environment_of: Environment, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TMW, command, "--month", str(MONTH), "--json"],
        env=environment_of(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_builds_at_once(warehouse_home: Settings, environment_of: Environment) -> None:
    both = [tmw(warehouse_home, environment_of, "build") for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("waiting for another build to end" in text for text in said) == 1
    with connect(warehouse_home, Role.admin) as connection:
        states = connection.execute(
            "select state, in_force from ops.build order by build_id"
        ).fetchall()
    assert states == [("superseded", False), ("built", True)]


def test_two_publications_at_once(lab: Any, environment_of: Environment) -> None:
    lab.candidate(5)
    with connect(lab.settings, Role.admin) as blocker:
        blocker.execute("select from ops.build for update")  # both arrive before either goes on
        both = [tmw(lab.settings, environment_of, "publish") for _ in range(2)]
        lab.wait_until(lambda: lab.waits_for_lock("tmw publisher"))
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]
    assert lab.rows("select count(*) from ops.release") == [(1,)]
    assert sum('"release_id": null' in out for out, _ in said) == 1


def test_a_run_that_was_overtaken_by_a_build_says_so(
    lab: Any, environment_of: Environment, tmp_path: Path
) -> None:
    lab.candidate(5)
    lab.candidate(6, state="built")  # by hand, after the gate of the run
    task = "import sys; sys.path.insert(0, 'dags'); import month_graph as graph;"
    done = subprocess.run(
        [sys.executable, "-c", f"{task} graph.publish.function(['{MONTH}'])"],
        env={**environment_of(lab.settings), "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "AirflowSkipException: Nothing is published any more: 2009-11" in done.stderr
    assert lab.published() == []
