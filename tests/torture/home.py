"""One installation under torture: the real commands in processes of their own, and its server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.torture.story import SIGNER, Step, Story

ROOT = Path(__file__).resolve().parents[2]
TMW = ROOT / ".venv" / "bin" / "tmw"
PATIENCE = 600.0
WAITS = 3  # exit code of a month that is held or waits for a signature
SETUP = (("db", "start"), ("db", "migrate"))


@dataclass
class Ended:
    """How a command ended: exit code (negative: the signal), its output, how long it took."""

    code: int
    output: str
    errors: str
    seconds: float


@dataclass
class Home:
    """A `TMW_HOME` with its own server; `receipts` are those that `tmw submit` has printed."""

    folder: Path
    receipts: dict[str, Path] = field(default_factory=dict)
    url: str | None = None  # of a database on another server, where there is one

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("TMW_")}
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        address = {"TMW_DATABASE_URL": self.url} if self.url else {}
        return own | {"TMW_HOME": str(self.folder)} | address

    def prepare(self, story: Story) -> None:
        """Start and migrate the server, record who owes what and who may sign."""
        for arguments in SETUP if self.url is None else ():
            self.must(*arguments)
        self.must("assign", str(story.assignments))
        if self.query("select to_regclass('ops.signer')")[0][0] is not None:
            self.must("signers", "add", SIGNER)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a session (and process group) of its own."""
        return subprocess.Popen(
            [TMW, *arguments],
            env=self.environment,
            cwd=self.folder.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def run(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        began = time.monotonic()
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=PATIENCE)
        return Ended(process.returncode, output, errors, time.monotonic() - began)

    def must(self, *arguments: str) -> Ended:
        """Run a command that has to end well."""
        ended = self.run(*arguments)
        if ended.code != 0:
            raise AssertionError(f"tmw {' '.join(arguments)} ended {ended.code}: {ended.errors}")
        return ended

    def arguments(self, step: Step) -> list[str]:
        """Return the arguments of a step; a month that waits for a signature gets one."""
        signature = ["--sign", SIGNER, "--reason", "核实无误 verified"]
        waits = step.command == "publish" and self.state(step) == "waiting_signature"
        return [*step.arguments, *(signature if waits else [])]

    def state(self, step: Step) -> str:
        """Return the state of the build in force of a step's month."""
        rows = self.query(
            "select state from ops.build where in_force and stat_month = %s",
            [f"{step.month}-01"],
        )
        return rows[0][0] if rows else "never built"

    def note(self, step: Step, ended: Ended) -> None:
        """Remember what a command that ended well has acknowledged."""
        if step.command == "submit" and ended.code == 0:
            named = {sent.path.name: sent.path for sent in step.files}
            for record in json.loads(ended.output):
                self.receipts[record["receipt_no"]] = named[record["file"]]

    @contextmanager
    def snapshot(self) -> Iterator[psycopg.Connection]:
        """Give one REPEATABLE READ transaction of the administrator, past the product's code."""
        with psycopg.connect(self.conninfo, connect_timeout=15, application_name="torture") as own:
            own.execute("set transaction isolation level repeatable read, read only")
            yield own

    def query(self, sql: str, values: Any = None) -> list[Any]:
        """Run one query as the administrator."""
        with psycopg.connect(self.conninfo, connect_timeout=15, application_name="torture") as own:
            return own.execute(sql, values).fetchall()

    @property
    def conninfo(self) -> str:
        """Return how to connect as the administrator, past the product's code."""
        if self.url is not None:
            return self.url
        password = (self.folder / "secrets" / "database_postgres").read_text().strip()
        port = (self.folder / "database" / "postmaster.pid").read_text().splitlines()[3]
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1", port=port, user="postgres", password=password, dbname="warehouse"
        )

    @property
    def postmaster(self) -> int:
        return int((self.folder / "database" / "postmaster.pid").read_text().split()[0])

    def wait_for_server(self) -> None:
        """Wait until the server accepts connections again, as it does by itself after a crash."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.query("select 1")
            except (psycopg.OperationalError, OSError, IndexError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop the server, where it is this home's."""
        if self.url is None:
            self.run("db", "stop")


def end_group(process: subprocess.Popen[str]) -> None:
    """End a process and its group, whatever state they are in."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
