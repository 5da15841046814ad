"""What is known of a running stack: the lock its processes hold and the file they keep."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from cli.private_file import write_private
from cli.stack_processes import Process
from warehouse.errors import ServerError
from warehouse.settings import Settings


@dataclass
class ComponentRecord:
    """One component as its supervisor sees it; `session` is the pid of its last start."""

    name: str
    state: str = "starting"
    session: int | None = None
    restarts: int = 0


@dataclass
class StackRecord:
    """The state file: who supervises, and what."""

    guardian: Process
    supervisor: Process
    airflow_port: int
    components: list[ComponentRecord] = field(default_factory=list)

    @property
    def sessions(self) -> list[int]:
        """Return the sessions of the components."""
        return [part.session for part in self.components if part.session is not None]


def write_record(settings: Settings, record: StackRecord) -> None:
    """Replace the state file."""
    write_private(_record_path(settings), json.dumps(asdict(record), indent=1) + "\n")


def read_record(settings: Settings) -> StackRecord | None:
    """Return the last state file, or None where there is none; it may be out of date."""
    try:
        found = json.loads(_record_path(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return StackRecord(
        guardian=Process(**found["guardian"]),
        supervisor=Process(**found["supervisor"]),
        airflow_port=found["airflow_port"],
        components=[ComponentRecord(**part) for part in found["components"]],
    )


def remove_record(settings: Settings) -> None:
    """Remove the state file."""
    _record_path(settings).unlink(missing_ok=True)


def hold_lock(settings: Settings, seconds: float = 0.0) -> IO[str] | None:
    """Take the lock of a running stack; None when another stack of this home keeps it that long.

    The lock is free again when the last process that inherited it has ended. `is_running` takes
    it for a moment: a supervisor gives it some seconds.
    """
    stream = _open_lock(settings, "stack.lock")
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                stream.close()
                return None
            time.sleep(0.05)
        else:
            return stream


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Let one command at a time start or stop the stack of this home."""
    with _open_lock(settings, "stack-command.lock") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def is_running(settings: Settings) -> bool:
    """Tell whether a supervisor (or its guardian) of this home is alive."""
    if not (settings.run_dir / "stack.lock").exists():
        return False
    lock = hold_lock(settings)
    if lock is None:
        return True
    lock.close()
    return False


def _open_lock(settings: Settings, name: str) -> IO[str]:
    try:
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        return (settings.run_dir / name).open("w", encoding="ascii")
    except OSError as error:
        raise ServerError(
            f"{settings.run_dir} cannot be written: {error.strerror}.",
            remedy="Set TMW_HOME to a folder of your own.",
        ) from error


def _record_path(settings: Settings) -> Path:
    return settings.run_dir / "stack.json"
