"""Which server processes live on a data folder, told by facts and not by a pid file alone."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import ServerError

_PROC = Path("/proc")


@dataclass(frozen=True)
class PidFile:
    """What the server wrote into `postmaster.pid`."""

    pid: int
    port: int
    ready: bool


def read_pid_file(database_dir: Path) -> PidFile | None:
    """Return what `postmaster.pid` says, or None without a whole one."""
    try:
        lines = (database_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise ServerError(
            f"The data folder {database_dir} cannot be read.",
            remedy="Run as its owner, or set TMW_HOME to a folder of your own.",
        ) from error
    if len(lines) < 8 or not lines[0].isdigit() or not lines[3].isdigit():
        return None
    return PidFile(int(lines[0]), int(lines[3]), lines[7].strip() == "ready")


def serves(pid: int, database_dir: Path) -> bool:
    """Tell whether this process is a server on this data folder (each one works inside it)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    if not _PROC.is_dir():
        return True
    try:
        return _same(_PROC / str(pid) / "cwd", database_dir) and not _is_zombie(pid)
    except OSError:
        return False


def server_processes(database_dir: Path) -> list[int]:
    """Return every process working inside the data folder, e.g. left by a killed postmaster."""
    if not _PROC.is_dir():
        found = read_pid_file(database_dir)
        return [found.pid] if found and serves(found.pid, database_dir) else []
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in numbers if pid != os.getpid() and serves(pid, database_dir)]


def wait_until_gone(database_dir: Path, seconds: float) -> list[int]:
    """Wait for the processes on the data folder to end; return those still there."""
    deadline = time.monotonic() + seconds
    while (left := server_processes(database_dir)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def remove_leftovers(database_dir: Path) -> None:
    """End what a killed postmaster left behind, then remove its pid file.

    The backends notice the death of their postmaster by themselves; one that is busy with a
    statement is ended, because the folder may not be opened by two servers.
    """
    for pid in wait_until_gone(database_dir, 5):
        try:
            os.kill(pid, signal.SIGQUIT)
        except ProcessLookupError:
            continue
    for pid in wait_until_gone(database_dir, 10):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    left = wait_until_gone(database_dir, 10)
    if left:
        raise ServerError(
            f"Processes {left} still work in {database_dir}.", remedy="End them, then try again."
        )
    (database_dir / "postmaster.pid").unlink(missing_ok=True)


def _same(link: Path, folder: Path) -> bool:
    return link.readlink() == folder.resolve()


def _is_zombie(pid: int) -> bool:
    state = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    return state.rpartition(")")[2].split()[0] == "Z"
