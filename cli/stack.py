"""The stack of one home: start it, stop it, see it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from cli.airflow_accounts import password_file, sync_accounts
from cli.airflow_api import HEALTH_PARTS, AirflowApi
from cli.airflow_config import (
    DAG_IDS,
    airflow_environment,
    airflow_home,
    airflow_url,
)
from cli.stack_processes import Process, processes_with
from cli.stack_state import is_running, one_at_a_time, read_record
from cli.supervisor import end_leftovers
from warehouse.database import Role, database_url
from warehouse.errors import ServerError
from warehouse.server import server_status, start_server
from warehouse.settings import Settings

START_SECONDS = 240.0
STOP_SECONDS = 90.0


@dataclass(frozen=True)
class ComponentStatus:
    """One component: `running`, `restarting`, `starting` or `stopped`."""

    name: str
    state: str
    pid: int | None
    restarts: int


@dataclass(frozen=True)
class StackStatus:
    """The whole stack; `health` is what Airflow says of its own parts."""

    running: bool
    components: tuple[ComponentStatus, ...]
    airflow_url: str | None
    password_file: str | None
    health: dict[str, str]

    @property
    def healthy(self) -> bool:
        """Return whether every part says so of itself."""
        return all(self.health.get(part) == "healthy" for part in HEALTH_PARTS)


def stack_start(settings: Settings) -> StackStatus:
    """Start PostgreSQL and Airflow and wait until they are healthy; a running one is left alone.

    Brings both databases up to date first. Raises `ServerError` when a part does not come up.
    """
    from warehouse.migrate import migrate

    with one_at_a_time(settings):
        if not is_running(settings):
            end_leftovers(settings)  # of a stack that was killed together with its guardian
            for folder in (settings.log_dir, airflow_home(settings), settings.inbox_dir):
                folder.mkdir(parents=True, exist_ok=True)
            if settings.database_url is None:
                start_server(settings)
            migrate(settings)
            sync_accounts(settings)
            _migrate_airflow(settings)
            _launch(settings)
        return _wait_until_healthy(settings)


def stack_stop(settings: Settings) -> None:
    """End the supervisor, Airflow and PostgreSQL, and make sure that no process is left."""
    if not settings.run_dir.exists():
        return
    with one_at_a_time(settings):
        record = read_record(settings)
        pair = (record.guardian, record.supervisor) if record else ()
        ended = _wait_for_end(settings, pair, STOP_SECONDS) if is_running(settings) else True
        if not ended:
            for process in pair:
                _send(process, signal.SIGKILL)
            _wait(lambda: not is_running(settings), 10)
        end_leftovers(settings)
        left = processes_with("AIRFLOW_HOME", str(airflow_home(settings)))
        if left or is_running(settings):
            raise ServerError(
                f"Processes {left} of {settings.home} are still there.",
                remedy="End them by their numbers, then try again.",
            )


def stack_status(settings: Settings) -> StackStatus:
    """Return what runs, asked of the processes themselves."""
    record = read_record(settings) if is_running(settings) else None
    if settings.database_url is not None:
        database = ComponentStatus("postgresql", "external", None, 0)
    else:
        up = server_status(settings) is not None
        database = ComponentStatus("postgresql", "running" if up else "stopped", _pid(settings), 0)
    if record is None:
        return StackStatus(False, (database,), None, None, {})
    parts = (ComponentStatus(c.name, c.state, c.session, c.restarts) for c in record.components)
    return StackStatus(
        running=True,
        components=(database, *parts),
        airflow_url=airflow_url(record.airflow_port),
        password_file=str(password_file(settings)),
        health=AirflowApi(settings, record.airflow_port).health(),
    )


def _pid(settings: Settings) -> int | None:
    from warehouse.server.process import read_pid_file

    found = read_pid_file(settings.database_dir)
    return found.pid if found else None


def _migrate_airflow(settings: Settings) -> None:
    """Bring Airflow's own database up to date; once for each version of Airflow."""
    from importlib.metadata import version

    stamp = settings.run_dir / "airflow.version"
    wanted = f"{version('apache-airflow-core')} {_database_identity(settings)}"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    log = settings.log_dir / "airflow-migrate.log"
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "airflow", "db", "migrate"],
            env=airflow_environment(settings, 1),
            cwd=airflow_home(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    if done.returncode != 0:
        raise ServerError(
            "Airflow's database could not be brought up to date.", remedy=f"The reason is in {log}."
        )
    stamp.write_text(wanted, encoding="ascii")


def _database_identity(settings: Settings) -> str:
    """Return what changes when Airflow gets a new, empty database."""
    url = database_url(settings, Role.airflow).set(password=None, port=None).render_as_string()
    made = settings.database_dir / "PG_VERSION"
    return f"{url} {made.stat().st_mtime_ns if made.exists() else ''}"


def _launch(settings: Settings) -> None:
    """Start guardian and supervisor in the background, free of this terminal."""
    with (settings.log_dir / "supervisor.log").open("ab") as output:
        subprocess.run(
            [sys.executable, "-P", "-m", "cli.supervisor", "--daemon"],
            env=os.environ | {"TMW_HOME": str(settings.home)},
            cwd=settings.home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=True,
        )


def _wait_until_healthy(settings: Settings) -> StackStatus:
    """Wait until every part is healthy and Airflow has read our DAGs."""
    deadline = time.monotonic() + START_SECONDS
    if not _wait(lambda: is_running(settings), 10):
        deadline = 0.0
    while time.monotonic() < deadline and is_running(settings):
        status = stack_status(settings)
        if status.healthy:
            api = AirflowApi(settings)
            if set(DAG_IDS) <= set(api.dag_ids()):
                return status
            if errors := api.import_errors():
                raise ServerError(
                    f"Airflow cannot read the DAGs: {errors[0].strip().splitlines()[-1]}",
                    remedy=f"The whole error is shown at {status.airflow_url}.",
                )
        time.sleep(0.5)
    raise ServerError(
        "The stack did not become healthy.",
        remedy=f"Look at the logs in {settings.log_dir}, then `tmw stack stop` and start again.",
    )


def _wait_for_end(settings: Settings, pair: tuple[Process, ...], seconds: float) -> bool:
    """Ask guardian (or, where it was killed, supervisor) to end; tell whether both did."""
    if (alive := next((process for process in pair if process.is_alive()), None)) is not None:
        _send(alive, signal.SIGTERM)
    return _wait(
        lambda: not is_running(settings) and not any(process.is_alive() for process in pair),
        seconds,
    )


def _send(process: Process, number: signal.Signals) -> None:
    if process.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.1)
    return done()
