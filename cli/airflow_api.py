"""A small client of Airflow's REST API (an `airflow` command costs 4 to 6 seconds of CPU)."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli.airflow_accounts import ADMIN, password
from cli.airflow_config import airflow_url
from cli.stack_state import read_record
from warehouse.errors import ServerError
from warehouse.settings import Settings

HEALTH_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
ENDED = ("success", "failed")
_SECONDS = 30.0


class AirflowError(ServerError):
    """Airflow does not answer, or refuses what it was asked."""


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    partition_key: str | None


class AirflowApi:
    """The REST API of the running stack of one home; logs in on first use."""

    def __init__(
        self,
        settings: Settings,
        port: int | None = None,
        login: str = ADMIN,
        *,
        seconds: float = _SECONDS,
    ) -> None:
        self._settings = settings
        self._login = login
        self._seconds = seconds
        if port is None:
            record = read_record(settings)
            if record is None:
                raise AirflowError("Airflow is not running.", remedy="Start it: tmw stack start")
            port = record.airflow_port
        self.url = airflow_url(port)
        self._token = ""
        # loopback only: never by a proxy that the environment names
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def health(self) -> dict[str, str]:
        """Return the state of each part, `healthy` or not; empty when Airflow does not answer."""
        try:
            answer = self.send("GET", "/api/v2/monitor/health", login=False)
        except AirflowError:
            return {}
        return {part: str((answer.get(part) or {}).get("status")) for part in HEALTH_PARTS}

    def dag_ids(self) -> list[str]:
        """Return the DAGs that Airflow has read, sorted."""
        answer = self.send("GET", "/api/v2/dags?limit=100")
        return sorted(dag["dag_id"] for dag in answer["dags"])

    def import_errors(self) -> list[str]:
        """Return what went wrong when the DAG files were read."""
        answer = self.send("GET", "/api/v2/importErrors?limit=100")
        return [error["stack_trace"] for error in answer["import_errors"]]

    def trigger(self, dag_id: str, month: str | None = None) -> DagRun:
        """Start a run now, of this month where the DAG works by month."""
        body = {"logical_date": None, "partition_key": month}
        return _run(self.send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body))

    def runs(self, dag_id: str, month: str | None = None) -> list[DagRun]:
        """Return the runs of a DAG, newest first, where given of one month."""
        answer = self.send("GET", f"/api/v2/dags/{dag_id}/dagRuns?order_by=-run_after&limit=100")
        found = [_run(item) for item in answer["dag_runs"]]
        return [run for run in found if month is None or run.partition_key == month]

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """Return one run as it is now."""
        name = urllib.parse.quote(run_id, safe="")
        return _run(self.send("GET", f"/api/v2/dags/{dag_id}/dagRuns/{name}"))

    def unfinished_since(self) -> datetime | None:
        """Return when the oldest run that has not ended was started, of any DAG."""
        path = "/api/v2/dags/~/dagRuns?state=running&order_by=start_date&limit=1"
        runs = self.send("GET", path)["dag_runs"]
        return datetime.fromisoformat(runs[0]["start_date"]) if runs else None

    def task_states(self, run: DagRun) -> dict[str, str]:
        """Return the state of each task of a run."""
        name = urllib.parse.quote(run.run_id, safe="")
        answer = self.send("GET", f"/api/v2/dags/{run.dag_id}/dagRuns/{name}/taskInstances")
        return {item["task_id"]: str(item["state"]) for item in answer["task_instances"]}

    def wait_for_run(self, run: DagRun, seconds: float) -> DagRun:
        """Wait until a run has ended, well or not; raise `AirflowError` after that long."""
        deadline = time.monotonic() + seconds
        while (found := self.run(run.dag_id, run.run_id)).state not in ENDED:
            if time.monotonic() > deadline:
                raise AirflowError(
                    f"{run.dag_id} is still {found.state} after {seconds:.0f} s.",
                    remedy=f"Look at {self.url} and at {self._settings.log_dir}.",
                )
            time.sleep(1)
        return found

    def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, login: bool = True
    ) -> dict[str, Any]:
        """Ask for a path; raise `AirflowError` when Airflow refuses or does not answer."""
        if login and not self._token:
            account = {
                "username": self._login,
                "password": password(self._settings, self._login),
            }
            answer = self.send("POST", "/auth/token", account, login=False)
            self._token = answer["access_token"]
        request = urllib.request.Request(  # noqa: S310 (http to loopback)
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {self._token}"} if login else {}),
        )
        try:
            with self._opener.open(request, timeout=self._seconds) as answer_stream:
                answer = json.load(answer_stream)
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")[:300]
            raise AirflowError(
                f"Airflow answered {error.code} to {method} {path}: {detail}",
                remedy=f"Look at {self._settings.log_dir}.",
            ) from error
        except (OSError, ValueError) as error:
            raise AirflowError(
                f"Airflow does not answer at {self.url} ({error}).",
                remedy="See `tmw stack status`; start it: tmw stack start",
            ) from error
        found: dict[str, Any] = answer
        return found


def _run(item: dict[str, Any]) -> DagRun:
    return DagRun(
        dag_id=item["dag_id"],
        run_id=item["dag_run_id"],
        state=str(item["state"]),
        partition_key=item.get("partition_key"),
    )
