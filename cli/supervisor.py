"""The supervisor: keeps PostgreSQL and the four components of Airflow running, and ends them.

Run by `cli.stack` as `python -m cli.supervisor`. Two processes: the supervisor starts the
components and starts a dead one again, each time after a longer pause, and one that lives without
working, too; its guardian does nothing but wait for it, so that even after a SIGKILL of the
supervisor nothing is left behind.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from cli.airflow_api import AirflowApi
from cli.airflow_config import airflow_environment, airflow_home, choose_port
from cli.pulse import SILENT_SECONDS, Pulse
from cli.stack_processes import (
    die_with_parent,
    end_sessions,
    identify,
    kill_processes_with,
    limit_log,
    own_signals_blocked,
    start_component,
    wait_for_signal,
)
from cli.stack_state import (
    ComponentRecord,
    StackRecord,
    hold_lock,
    read_record,
    remove_record,
    write_record,
)
from warehouse.errors import WarehouseError
from warehouse.server import ServerAddress, server_status, start_server, stop_server
from warehouse.settings import Settings, load_settings

# No log servers: LocalExecutor writes the logs where the api-server reads them.
COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0  # after this long without a fall the next pause is the first one again
LOOK_SECONDS = 1.0
HEALTH_SECONDS = 3.0  # for an answer about the components; nothing is looked after meanwhile
GRACE_SECONDS = 5.0  # every task may be killed and run again

log = logging.getLogger("supervisor")


@dataclass
class Component:
    """A component and when to start it again."""

    record: ComponentRecord
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE


class Supervisor:
    """Runs the stack of one home until it is asked to stop."""

    def __init__(self, settings: Settings, guardian: int) -> None:
        self.settings = settings
        self.port = choose_port(settings)
        self.pulse = Pulse(AirflowApi(settings, self.port, seconds=HEALTH_SECONDS).health)
        self.components = [Component(ComponentRecord(name)) for name in COMPONENTS]
        self.database: ServerAddress | None = None
        self.environment: dict[str, str] = {}
        self.record = StackRecord(
            guardian=identify(guardian),
            supervisor=identify(os.getpid()),
            airflow_port=self.port,
            components=[component.record for component in self.components],
        )

    def run(self) -> None:
        """Start everything and look after it; returns after a request to stop."""
        try:
            while True:
                self.look()
                if wait_for_signal(LOOK_SECONDS) in (signal.SIGTERM, signal.SIGINT):
                    return
        finally:
            self.stop()

    def look(self) -> None:
        """Start what is due and not running, after the end of what runs and does not work."""
        if not self.database_is_up():
            return
        now = time.monotonic()
        self.pulse.feel(now)
        for component in self.components:
            limit_log(self.settings.log_dir / f"{component.record.name}.log")
            self.end_without_pulse(component, now)
            process = component.process
            if process is not None and process.poll() is not None:
                self.fell(component, process, now)
            if component.process is None and now >= component.start_at:
                self.start(component, now)

    def database_is_up(self) -> bool:
        """Start the database where it has ended; on another port Airflow starts anew."""
        if self.settings.database_url is not None:
            self.environment = self.environment or airflow_environment(self.settings, self.port)
            return True
        address = server_status(self.settings)
        if address is None:
            log.warning("PostgreSQL is not running: starting it")
            try:
                address = start_server(self.settings)
            except WarehouseError as error:
                log.error("%s", error)  # noqa: TRY400 (said in a line, tried again)
                time.sleep(LOOK_SECONDS)
                return False
        if address != self.database:
            if self.database is not None:
                log.warning("PostgreSQL listens on port %s now: Airflow starts anew", address.port)
                self.end_components()
            self.database = address
            self.environment = airflow_environment(self.settings, self.port)
        return True

    def start(self, component: Component, now: float) -> None:
        """Start one component."""
        name = component.record.name
        # -P keeps the working folder off the import path
        command = [sys.executable, "-P", "-m", "airflow", *COMPONENTS[name]]
        path = self.settings.log_dir / f"{name}.log"
        component.process = start_component(
            command, self.environment, path, airflow_home(self.settings)
        )
        component.started_at = now
        component.record.session = component.process.pid
        component.record.state = "running"
        write_record(self.settings, self.record)
        log.info("%s started, pid %s", name, component.process.pid)

    def end_without_pulse(self, component: Component, now: float) -> None:
        """End a component that lives and has long given no sign of work."""
        name, process = component.record.name, component.process
        if process is not None and self.pulse.is_lost(name, component.started_at, now):
            log.warning("%s lives, but gave no sign of work for %.0f s", name, SILENT_SECONDS)
            end_sessions([process.pid], 0)

    def fell(self, component: Component, process: subprocess.Popen[bytes], now: float) -> None:
        """End what a dead component left behind and set the time of its next start."""
        end_sessions([process.pid], 0)
        if now - component.started_at > STEADY_SECONDS:
            component.pause = FIRST_PAUSE
        component.process = None
        component.start_at = now + component.pause
        component.record.state = "restarting"
        component.record.restarts += 1
        write_record(self.settings, self.record)
        log.warning(
            "%s ended with %s; it starts again in %.0f s",
            component.record.name,
            process.returncode,
            component.pause,
        )
        component.pause = min(component.pause * 2, LONGEST_PAUSE)

    def end_components(self) -> None:
        """End every component with all its processes."""
        running = [component for component in self.components if component.process is not None]
        end_sessions([part.process.pid for part in running if part.process], GRACE_SECONDS)
        for component in running:
            component.process = None
            component.start_at = 0.0
            component.record.state = "stopped"

    def stop(self) -> None:
        """End the components, then the database."""
        log.info("stopping")
        self.end_components()
        if self.settings.database_url is None:
            stop_server(self.settings)
        remove_record(self.settings)
        log.info("stopped")


def end_leftovers(settings: Settings) -> None:
    """End every process that a supervisor of this home left behind, the database included."""
    record = read_record(settings)
    if record is not None:
        end_sessions(record.sessions, 0)
    kill_processes_with("AIRFLOW_HOME", str(airflow_home(settings)))
    if settings.database_url is None:
        stop_server(settings)
    remove_record(settings)


def guard(settings: Settings, supervisor: int) -> int:
    """Wait for the supervisor, pass requests to stop on, and clean up after its sudden death."""
    while True:
        received = wait_for_signal(60)
        if received in (signal.SIGTERM, signal.SIGINT):
            os.kill(supervisor, signal.SIGTERM)
        ended, status = os.waitpid(supervisor, os.WNOHANG)
        if ended:
            if status != 0:
                log.error("the supervisor ended with %s: ending the stack", status)
                end_leftovers(settings)
            return status


def supervise(settings: Settings) -> int:
    """Run guardian and supervisor in the foreground; return when the stack has ended."""
    lock = hold_lock(settings, seconds=5)
    if lock is None:
        log.error("a stack of %s runs already", settings.home)
        return 1
    own_signals_blocked()
    guardian = os.getpid()
    child = os.fork()
    if child:
        return 0 if guard(settings, child) == 0 else 1
    status = 1
    try:
        die_with_parent(guardian)
        Supervisor(settings, guardian).run()
        status = 0
    except Exception:
        log.exception("the supervisor failed")
    finally:
        os._exit(status)


def main() -> int:
    """Supervise the stack of `TMW_HOME`; with `--daemon` in the background."""
    settings = load_settings()
    os.umask(0o077)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    airflow_home(settings).mkdir(parents=True, exist_ok=True)
    if "--daemon" in sys.argv[1:] and os.fork():
        return 0
    return supervise(settings)


if __name__ == "__main__":
    sys.exit(main())
