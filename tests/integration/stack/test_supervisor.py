"""The supervisor's parts, tried on small processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.airflow_config import airflow_environment, choose_port
from cli.pulse import SILENT_SECONDS, Pulse
from cli.stack_processes import (
    end_sessions,
    identify,
    limit_log,
    session_members,
    start_component,
)
from cli.stack_state import hold_lock, is_running
from cli.supervisor import LONGEST_PAUSE, STEADY_SECONDS, Supervisor
from warehouse.settings import Settings

# A component that, like Airflow, gives its child a process group of its own and ignores SIGTERM.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
print("ready", flush=True)
time.sleep(600)
"""


def wait_until(done: object, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def start_stubborn(folder: Path) -> subprocess.Popen[bytes]:
    log = folder / "component.log"
    process = start_component([sys.executable, "-c", STUBBORN], os.environ, log, folder)
    assert wait_until(lambda: log.read_bytes().count(b"ready") == 2)
    return process


def test_a_component_ends_with_every_process_group_it_made(tmp_path: Path) -> None:
    process = start_stubborn(tmp_path)
    members = session_members([process.pid])
    assert len(members) == 2
    assert len({os.getpgid(pid) for pid in members}) == 2
    end_sessions([process.pid], 0.2)
    assert session_members([process.pid]) == []


def test_what_a_dead_component_left_is_ended_too(tmp_path: Path) -> None:
    process = start_stubborn(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(session_members([process.pid])) == 1
    end_sessions([process.pid], 0)
    assert session_members([process.pid]) == []


def test_a_component_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    starter = f"""
import os, sys, time
from pathlib import Path
from cli.stack_processes import start_component
folder = Path({str(tmp_path)!r})
process = start_component(["sleep", "600"], os.environ, folder / "log", folder)
print(process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        component = identify(int(supervisor.stdout.readline()))
        assert component.is_alive()
        supervisor.kill()
        assert wait_until(lambda: not component.is_alive())


def test_one_that_keeps_falling_waits_ever_longer(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(home=tmp_path), os.getpid())
    component = supervisor.components[0]
    pauses = []
    for _ in range(8):
        process = subprocess.Popen(["false"], start_new_session=True)
        process.wait()
        component.process, component.started_at = process, 100.0
        supervisor.fell(component, process, 101.0)
        pauses.append(component.start_at - 101.0)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, LONGEST_PAUSE]
    assert (component.record.state, component.record.restarts) == ("restarting", 8)

    process = subprocess.Popen(["false"], start_new_session=True)
    process.wait()
    supervisor.fell(component, process, 100.0 + STEADY_SECONDS + 1)
    assert component.start_at == 100.0 + STEADY_SECONDS + 2, "after a steady time: at once again"


def test_one_that_lives_and_does_not_work_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(home=tmp_path), os.getpid())
    part = next(part for part in supervisor.components if part.record.name == "scheduler")
    part.process, part.started_at = start_stubborn(tmp_path), 100.0
    health = {"metadatabase": "healthy", "scheduler": "unhealthy", "triggerer": "healthy"}
    supervisor.pulse = Pulse(lambda: health | {"dag_processor": "healthy"})
    for now in (100.0, 100.0 + SILENT_SECONDS - 1):
        supervisor.pulse.feel(now)
        supervisor.end_without_pulse(part, now)
        assert part.process.poll() is None
    supervisor.end_without_pulse(part, 100.0 + SILENT_SECONDS)
    assert part.process.poll() is not None
    assert session_members([part.process.pid]) == []


def test_two_stacks_of_one_home_are_not_possible(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert not is_running(settings)
    lock = hold_lock(settings)
    assert lock is not None
    assert is_running(settings)
    assert hold_lock(settings) is None
    lock.close()
    assert not is_running(settings)


def test_a_home_keeps_its_port_and_gives_way_where_it_is_taken(tmp_path: Path) -> None:
    first, second = Settings(home=tmp_path / "a"), Settings(home=tmp_path / "b")
    port = choose_port(first)
    assert choose_port(first) == port
    (second.run_dir).mkdir(parents=True)
    listener = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import socket,time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
            "print(s.getsockname()[1], flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert listener.stdout is not None
        taken = int(listener.stdout.readline())
        (second.run_dir / "airflow.port").write_text(str(taken))
        assert choose_port(second) != taken
    finally:
        listener.kill()
        listener.wait()


def test_a_long_log_is_moved_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "scheduler.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 90)
        limit_log(log, most_bytes=100)
        assert not (tmp_path / "scheduler.log.1").exists()
        writer.write(b"b" * 20)
        limit_log(log, most_bytes=100)
        writer.write(b"c")
    assert (tmp_path / "scheduler.log.1").read_bytes() == b"a" * 90 + b"b" * 20
    assert log.read_bytes() == b"c"


def test_airflow_is_configured_by_us_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.setenv("AIRFLOW__SENTRY__SENTRY_DSN", "https://elsewhere.example")
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "http://elsewhere.example")
    settings = Settings(
        home=tmp_path, database_url=SecretStr("postgresql://admin:x@127.0.0.1:5432/warehouse")
    )
    environment = airflow_environment(settings, 8080)
    assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert not [name for name, value in environment.items() if "elsewhere" in f"{name}{value}"]
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    for folder in ("AIRFLOW_HOME", "AIRFLOW__LOGGING__BASE_LOG_FOLDER"):
        assert environment[folder].startswith(str(tmp_path))
    assert airflow_environment(settings, 8080) == environment, "keys of a home stay the same"
    other = airflow_environment(settings.model_copy(update={"home": tmp_path / "other"}), 8080)
    for name in ("CORE__FERNET_KEY", "API__SECRET_KEY", "API_AUTH__JWT_SECRET"):
        assert environment[f"AIRFLOW__{name}"] != other[f"AIRFLOW__{name}"]
