"""Processes of the stack: started in sessions of their own, ended with all they started.

Airflow gives each task a process group of its own, so a process group does not hold a whole
component; a session does, and it outlives its leader.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_OWN_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


@dataclass(frozen=True)
class Process:
    """One process, told apart from a later one of the same number by when it started."""

    pid: int
    started: int

    def is_alive(self) -> bool:
        """Tell whether this very process still runs (a zombie does not)."""
        found = _stat(self.pid)
        return found is not None and found.started == self.started and found.state != "Z"


@dataclass(frozen=True)
class _Stat:
    state: str
    session: int
    started: int


def identify(pid: int) -> Process:
    """Return the identity of a running process."""
    found = _stat(pid)
    return Process(pid, found.started if found else 0)


def own_signals_blocked() -> None:
    """Keep the signals that a supervisor waits for from interrupting it anywhere else."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _OWN_SIGNALS)


def wait_for_signal(seconds: float) -> int | None:
    """Wait for a request to stop or for the end of a child; return the signal's number."""
    received = signal.sigtimedwait(_OWN_SIGNALS, seconds)
    return received.si_signo if received else None


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends, whatever ends the parent."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:  # it ended before the request was made
            os.kill(os.getpid(), signal.SIGTERM)


def start_component(
    command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path
) -> subprocess.Popen[bytes]:
    """Start a component in its own session, with its output at the end of a log file."""
    parent = os.getpid()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        die_with_parent(parent)

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 (the supervisor has one thread)
        )


def limit_log(log: Path, most_bytes: int = 20_000_000) -> None:
    """Move what stands in a long log to `<name>.1`; its writers go on at the new start."""
    if log.exists() and log.stat().st_size > most_bytes:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def session_members(sessions: Iterable[int]) -> list[int]:
    """Return the processes of these sessions, zombies left out."""
    wanted = set(sessions)
    return [
        pid
        for pid in _pids()
        if (found := _stat(pid)) is not None and found.session in wanted and found.state != "Z"
    ]


def end_sessions(sessions: Iterable[int], grace_seconds: float) -> None:
    """Ask the leaders of these sessions to end; then kill whatever of them is left."""
    wanted = tuple(sessions)
    for leader in wanted:
        _signal(leader, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while session_members(wanted) and time.monotonic() < deadline:
        _reap(wanted)
        time.sleep(0.1)
    while left := session_members(wanted):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        _reap(wanted)
        time.sleep(0.05)
    _reap(wanted)


def processes_with(name: str, value: str) -> list[int]:
    """Return the processes, other than this one, whose environment has this variable."""
    wanted = f"{name}={value}".encode()
    found = []
    for pid in _pids():
        try:
            environment = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        state = _stat(pid)
        if wanted in environment and pid != os.getpid() and state and state.state != "Z":
            found.append(pid)
    return found


def kill_processes_with(name: str, value: str) -> None:
    """Kill every process whose environment has this variable, and wait until they are gone."""
    while left := processes_with(name, value):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _reap(children: Iterable[int]) -> None:
    """Collect the exit states of children, where they are children of this process."""
    for pid in children:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue


def _pids() -> list[int]:
    if not _PROC.is_dir():
        return []
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return _Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))
