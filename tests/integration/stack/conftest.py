"""One real stack for all tests that ask for it: PostgreSQL, Airflow and their supervisor."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cli.airflow_api import ENDED, AirflowApi, DagRun
from cli.airflow_forms import WaitingForm, answer_form, waiting_forms
from cli.stack import StackStatus, stack_start, stack_status, stack_stop
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.status import month_status

MONTH_SECONDS = 240.0
LISTENING = "0A"
LOOPBACK = ("0100007F", "00000000000000000000000001000000")
T = TypeVar("T")
_PUBLICATIONS = "select publication_id from ops.publication"
_FIGURE = """
select issued_yuan_ytd::int from published.fund_by_source
where stat_month = %s and area_code = %s and programme_code = %s and fund_source_code = %s
"""


@dataclass(frozen=True)
class Stack:
    """The running stack, what the kernel knows of it, and ways to wait for its scheduler."""

    settings: Settings

    @property
    def api(self) -> AirflowApi:
        return AirflowApi(self.settings)

    def status(self) -> StackStatus:
        return stack_status(self.settings)

    def pid(self, name: str) -> int:
        found = {component.name: component.pid for component in self.status().components}[name]
        assert found is not None, name
        return found

    def month_state(self, month: Month) -> str:
        return month_status(self.settings, month).state

    def seen_runs(self, dag_id: str) -> set[str]:
        return {run.run_id for run in self.api.runs(dag_id)}

    def next_run(self, dag_id: str, seen: set[str]) -> DagRun:
        """Wait until every run that came after those seen has ended; return the last of them."""

        def ended() -> DagRun | None:
            new = [run for run in self.api.runs(dag_id) if run.run_id not in seen]
            return new[0] if new and all(run.state in ENDED for run in new) else None

        return self.wait_for(f"a run of {dag_id}", ended, MONTH_SECONDS)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with connect(self.settings, Role.admin) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def published_figure(self, month: Month, area: str, programme: str, source: str) -> list[int]:
        """Return the money issued this year as readers see it, in yuan."""
        with connect(self.settings, Role.reader) as connection:
            rows = connection.execute(
                _FIGURE, [month.first_day, area, programme, source]
            ).fetchall()
        return [value for (value,) in rows]

    def publications(self, month: Month) -> list[str]:
        """Return the publications of a month, the first one first."""
        where = " where stat_month = %s order by publication_id"
        return [row[0] for row in self.rows(_PUBLICATIONS + where, month.first_day)]

    def last_request(self) -> tuple[Any, ...]:
        """Return how the newest request for a signature ended, who answered, and the reason."""
        query = "select outcome, answered_by, reason from ops.signature_request"
        return self.rows(f"{query} order by request_id desc limit 1")[0]

    def waiting_form(self, month: Month, after: WaitingForm | None = None) -> WaitingForm:
        """Wait for the build in force of a month to be asked about, and return its form.

        `after` is the form of the build before, which stays until the newer one has begun.
        """

        def look() -> WaitingForm | None:
            (build_id,) = self.rows(
                "select build_id from ops.build where stat_month = %s and in_force",
                month.first_day,
            )[0]
            forms = waiting_forms(self.api, month)
            found = next((form for form in forms if f"build {build_id}，" in form.subject), None)
            return None if found and after and found.run_id == after.run_id else found

        return self.wait_for(f"a form of {month}", look, MONTH_SECONDS)

    def answer(
        self, month: Month, form: WaitingForm, login: str, *, approve: bool, reason: str
    ) -> None:
        """Answer a form and wait for the end of its run.

        As a person would, answer once more where the form asks again: an answer that comes before
        Airflow has noted that the form is open is lost (ADR 10, known limits).
        """
        api = AirflowApi(self.settings, login=login)

        def answered() -> DagRun | None:
            if any(each.run_id == form.run_id for each in waiting_forms(self.api, month)):
                answer_form(api, form, approve=approve, reason=reason)
            run = self.api.run("monthly_signature", form.run_id)
            return run if run.state in ENDED else None

        run = self.wait_for(f"the end of {form.run_id}", answered, MONTH_SECONDS)
        assert run.state == "success", self.api.task_states(run)

    def wait_for_publications(self, wanted: set[str]) -> None:
        """Wait until these publications are there."""
        self.wait_for(
            f"the publications {sorted(wanted)}",
            lambda: wanted <= {row[0] for row in self.rows(_PUBLICATIONS)} or None,
            MONTH_SECONDS,
        )

    def wait_until_idle(self, dag_id: str) -> None:
        """Wait until every run of a DAG has ended."""
        self.wait_for(
            f"the end of {dag_id}",
            lambda: all(run.state in ENDED for run in self.api.runs(dag_id)) or None,
            MONTH_SECONDS,
        )

    def wait_for(self, what: str, look: Callable[[], T | None], seconds: float) -> T:
        """Look once a second until there is something to see."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(1)
        raise AssertionError(f"{what}: not within {seconds:.0f} s")

    def processes(self) -> dict[int, str]:
        """Return each process that works in the home or was started for it, with its command."""
        home = self.settings.home
        wanted = f"TMW_HOME={home}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                folder = (entry / "cwd").readlink()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if wanted in environment or folder == home or home in folder.parents:
                found[int(entry.name)] = command
        return found

    def listening(self) -> set[str]:
        """Return where processes of the home listen: `loopback:<port>` or another address."""
        sockets: dict[str, str] = {}
        for table in ("tcp", "tcp6"):
            for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING:
                    address, _, port = fields[1].partition(":")
                    shown = "loopback" if address in LOOPBACK else address
                    sockets[f"socket:[{fields[9]}]"] = f"{shown}:{int(port, 16)}"
        found = set()
        for pid in self.processes():
            found |= {sockets[one] for one in _open_files(pid) if one in sockets}
        return found


def _open_files(pid: int) -> set[str]:
    """Return what a process has open; nothing of one that ended meanwhile."""
    found = set()
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                found.add(str(descriptor.readlink()))
    return found


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = Settings(home=tmp_path_factory.mktemp("stack"))
    try:
        stack_start(settings)
        yield Stack(settings)
    finally:
        stack_stop(settings)
        shutil.rmtree(settings.home, ignore_errors=True)
