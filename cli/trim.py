"""What of Airflow's own records and of the logs may go: old, and of nothing that still runs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cli.airflow_api import AirflowApi
from cli.airflow_config import airflow_environment, airflow_home
from cli.stack_state import read_record
from warehouse.errors import ServerError
from warehouse.settings import Settings

# Neither `trigger` (it would end the watch of the inbox) nor `dag` (it would forget a pause).
TABLES = (
    "asset_event", "callback", "dag_run", "dag_version", "deadline", "import_error", "job", "log",
    "partitioned_asset_key_log", "revoked_token", "task_instance", "task_instance_history",
    "task_reschedule", "xcom",
)  # fmt: skip


@dataclass(frozen=True)
class Trimmed:
    """Before when records were removed, and how many log files."""

    before: str
    log_files: int

    def as_json(self) -> dict[str, object]:
        """Return the record."""
        return asdict(self)


def trim(settings: Settings, now: datetime) -> Trimmed:
    """Remove what is older than `trim_days` of Airflow's metadata and of the logs.

    A run that has not ended, such as one that waits for a signature, keeps everything since its
    start. The stack must run. Raises `ServerError` when Airflow's own clean-up fails.
    """
    before = now - timedelta(days=settings.trim_days)
    unfinished = AirflowApi(settings).unfinished_since()
    if unfinished is not None:
        before = min(before, unfinished - timedelta(seconds=1))
    _clean_metadata(settings, before)
    return Trimmed(before.isoformat(timespec="seconds"), trim_logs(settings.log_dir, before))


def trim_logs(folder: Path, before: datetime) -> int:
    """Remove log files not written to since then, and folders left empty; return how many files.

    Logs that a server holds open and writes to seldom are left: those at the top and PostgreSQL's.
    """
    removed = 0
    for root, folders, names in os.walk(folder, topdown=False):
        here = Path(root)
        relative = here.relative_to(folder)
        if relative.parts[:1] == ("postgres",):
            continue
        for name in names:
            path = here / name
            is_open = not relative.parts and not name.startswith("error-")
            with contextlib.suppress(FileNotFoundError):
                if not is_open and path.lstat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        if len(relative.parts) > 1 and (names or folders):
            with contextlib.suppress(OSError):  # not empty
                here.rmdir()
    return removed


def _clean_metadata(settings: Settings, before: datetime) -> None:
    """Run Airflow's own clean-up in a process of its own: a task may not touch its database."""
    record = read_record(settings)
    port = record.airflow_port if record else 1
    done = subprocess.run(
        [
            sys.executable, "-P", "-m", "airflow", "db", "clean", "--yes", "--skip-archive",
            "--error-on-cleanup-failure", "--tables", ",".join(TABLES),
            "--clean-before-timestamp", before.isoformat(),
        ],
        env=airflow_environment(settings, port),
        cwd=airflow_home(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ServerError(
            f"Airflow's records could not be trimmed: {(lines or ['no message'])[-1]}",
            remedy="Nothing else is touched by this; it is tried again tomorrow.",
        )
