"""dbt as one subprocess: its environment, its own folders, and what went wrong in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from warehouse.database import Role, database_url
from warehouse.errors import BuildError
from warehouse.settings import Settings

_KEPT_FROM_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START")
_SHOWN_FAILURES = 3


def run_dbt(
    settings: Settings, *commands: Sequence[str], run: Mapping[str, object] | None = None
) -> None:
    """Run dbt commands as the builder, one after the other in one subprocess, and wait.

    `run` names month and build (`STAT_MONTH`, `BUILD_ID`, `BUILD_TOKEN`) for the macros of
    `run_month.sql`; as environment and not as vars, which would void dbt's partial parsing.

    The password goes through the environment, never through the arguments. The child is killed
    when this process ends. Raises `BuildError` with the essential message of dbt.
    """
    target = settings.run_dir / "dbt"
    logs = settings.log_dir / "dbt"
    for folder in (target, logs):
        folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "warehouse.dbt_child",
            str(os.getpid()),
            json.dumps([["--no-use-colors", "--quiet", *command] for command in commands]),
        ],
        env=_environment(settings, target, logs, run or {}),
        cwd=settings.dbt_project_dir,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        reasons = _failures(done.stdout) or _lines(done.stdout + done.stderr)
        raise BuildError(
            f"dbt failed: {'; '.join(reasons) or f'exit code {done.returncode}'}",
            remedy=f"The whole story stands in {logs / 'dbt.log'}.",
        )


def _environment(
    settings: Settings, target: Path, logs: Path, run: Mapping[str, object]
) -> dict[str, str]:
    url = database_url(settings, Role.builder)
    kept = {name: os.environ[name] for name in _KEPT_FROM_ENVIRONMENT if name in os.environ}
    return {
        **kept,
        "PYTHONUTF8": "1",
        "DBT_PROJECT_DIR": str(settings.dbt_project_dir),
        "DBT_PROFILES_DIR": str(settings.dbt_project_dir),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(logs),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "1",
        "TMW_DBT_HOST": str(url.host),
        "TMW_DBT_PORT": str(url.port or 5432),
        "TMW_DBT_USER": str(url.username),
        "TMW_DBT_DATABASE": str(url.database),
        "DBT_ENV_SECRET_TMW_PASSWORD": str(url.password),
        "PGOPTIONS": f"-c timezone={settings.timezone}",
        **{f"TMW_RUN_{name}": str(value) for name, value in run.items()},
    }


def _failures(output: str) -> list[str]:
    """Return what failed, as the child tells it in one line."""
    told = [line for line in output.splitlines() if line.startswith('{"failed": ')]
    failed: list[str] = json.loads(told[-1])["failed"] if told else []
    shown = failed[:_SHOWN_FAILURES]
    if len(failed) > _SHOWN_FAILURES:
        shown.append(f"and {len(failed) - _SHOWN_FAILURES} more")
    return shown


def _lines(output: str) -> list[str]:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-_SHOWN_FAILURES:]
