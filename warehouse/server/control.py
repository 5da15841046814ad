"""Start, stop and find the embedded PostgreSQL server of one `TMW_HOME`."""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import ServerError, WarehouseError
from warehouse.faults import NO_SPACE, disk_full
from warehouse.server.account import Account, server_account
from warehouse.server.cluster import HOST, binary, log_folder, prepare_cluster
from warehouse.server.process import (
    read_pid_file,
    remove_leftovers,
    server_processes,
    serves,
    wait_until_gone,
)
from warehouse.settings import Settings

_START_SECONDS = 300  # recovery after a crash may take a while
_STOP_SECONDS = 60
_PORT_ATTEMPTS = 5


@dataclass(frozen=True)
class ServerAddress:
    """Where the server listens."""

    host: str
    port: int


def server_status(settings: Settings) -> ServerAddress | None:
    """Return the address of the running server of this home, or None."""
    found = read_pid_file(settings.database_dir)
    if found is None or not found.ready or not serves(found.pid, settings.database_dir):
        return None
    return ServerAddress(HOST, found.port)


def start_server(settings: Settings) -> ServerAddress:
    """Start the server, or find it running; return its address.

    The port of the last start is used again unless somebody else has taken it. Raises
    `ServerError` with what to do when the server cannot run here.
    """
    if settings.database_url is not None:
        raise ServerError(
            "TMW_DATABASE_URL is set, so the embedded server is not used.",
            remedy="Unset it to use the embedded server.",
        )
    with _lock(settings):
        try:
            return _start(settings)
        except OSError as error:
            raise ServerError(
                f"The database server cannot be set up in {settings.home}: {error}.",
                remedy="Check free space and permissions of that folder.",
            ) from error


def stop_server(settings: Settings) -> None:
    """Stop the server and wait until its last process has gone; nothing to do when stopped."""
    if not settings.database_dir.exists():
        return
    with _lock(settings):
        found = read_pid_file(settings.database_dir)
        if found is not None and serves(found.pid, settings.database_dir):
            account = server_account(settings.database_dir)
            for mode in ("fast", "immediate"):
                account.run(_pg_ctl(settings, "stop", f"--mode={mode}", _STOP_SECONDS))
                if not wait_until_gone(settings.database_dir, 5):
                    break
        if server_processes(settings.database_dir) or found is not None:
            remove_leftovers(settings.database_dir)


def _start(settings: Settings) -> ServerAddress:
    running = server_status(settings)
    if running is not None and _answers(running):
        return running
    account = server_account(settings.database_dir)
    if settings.database_dir.exists():
        _finish_or_clear(settings)
    message = ""
    for _ in range(_PORT_ATTEMPTS):
        port = _choose_port(settings)
        prepare_cluster(settings, account, port)
        message = _launch(settings, account)
        running = server_status(settings)
        if running is not None:
            return running
        remove_leftovers(settings.database_dir)
        if _is_free(port):
            break  # the port was not the trouble
        _port_file(settings).unlink(missing_ok=True)
    if NO_SPACE in message:
        raise disk_full(settings, "The database server did not start")
    raise ServerError(
        f"The database server did not start: {message}",
        remedy=f"The reason stands in {log_folder(settings)}.",
    )


def _launch(settings: Settings, account: Account) -> str:
    """Run `pg_ctl start` and return what the server said when it did not come up."""
    start_log = log_folder(settings) / "start.log"
    start_log.unlink(missing_ok=True)
    done = account.run(_pg_ctl(settings, "start", f"--log={start_log}", _START_SECONDS))
    if done.returncode == 0:
        return ""
    logged = start_log.read_text(encoding="utf-8", errors="replace") if start_log.exists() else ""
    lines = [line for line in (logged or done.stderr).splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "could not" in line]
    return (fatal or lines or ["no message"])[0].strip()


def _pg_ctl(settings: Settings, action: str, option: str, seconds: int) -> list[str]:
    folder = f"--pgdata={settings.database_dir}"
    return [str(binary("pg_ctl")), action, folder, "--wait", f"--timeout={seconds}", option]


def _finish_or_clear(settings: Settings) -> None:
    """Deal with a server that is just starting or stopping, and with a stale pid file."""
    found = read_pid_file(settings.database_dir)
    if found is not None and serves(found.pid, settings.database_dir):
        account = server_account(settings.database_dir)
        account.run(_pg_ctl(settings, "stop", "--mode=fast", _STOP_SECONDS))
    remove_leftovers(settings.database_dir)


def _choose_port(settings: Settings) -> int:
    """Return the remembered port if it is free, else any free one, and remember it."""
    path = _port_file(settings)
    try:
        port = int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        port = 0
    if not (0 < port < 65536 and _is_free(port)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        draft = path.with_suffix(".new")
        draft.write_text(f"{port}\n", encoding="ascii")
        draft.replace(path)
    return port


def _answers(address: ServerAddress) -> bool:
    try:
        socket.create_connection((address.host, address.port), timeout=5).close()
    except OSError:
        return False
    return True


def _port_file(settings: Settings) -> Path:
    return settings.run_dir / "postgres.port"


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    """Let one process at a time start or stop the server of this home."""
    try:
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        stream = (settings.run_dir / "postgres.lock").open("w")
    except OSError as error:
        raise WarehouseError(
            f"{settings.run_dir} cannot be written: {error.strerror}.",
            remedy="Set TMW_HOME to a folder of your own.",
        ) from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
