"""docs/runbook.md, carried out line by line: what it says a command prints is what it prints."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from examples.build import build_returns
from examples.load import register_assignments, register_waivers, send_returns
from examples.returns import LIJIANG
from ingest.receive import receive_inbox
from tests.integration.runbook.spoken import says
from tests.torture.disk import fill, mounted
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.server import stop_server
from warehouse.settings import Settings
from warehouse.status import month_status

if TYPE_CHECKING:
    from tests.conftest import Clone
    from tests.integration.conftest import Guide

MONTH = Month(2009, 11)
# What the page writes, and the test replaces by what it means there.
FOLDER = "/srv/"  # a folder of its own
AN_INSTANT = "2026-11-20T09:00"  # the one before the withdrawal
WITHDRAWN = "R-46AFCF85F55D"  # the receipt of this return of Gucheng:
GUCHENG, POOR_VILLAGES = "530702000000", "FP-03"
NO_ROOM = "A disk is full"


class Desk:
    """Where the operator of the page works: a home, a second one restored from it, returns."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self.settings, self._environment = settings, environment
        self.folder = settings.home.parent
        self.restored = Settings(home=self.folder / "tmw-restored")
        self._before = datetime.now(ZoneInfo(settings.timezone))
        self._receipt = ""
        self._disk = ExitStack()
        self.left_out: set[str] = set()
        self._events: dict[str, Callable[[], None]] = {
            "A return is withdrawn": self._remember,
            NO_ROOM: self._fill_disk,
            "A component has died": self._kill_server,
            "The home is older than the software": self._make_older,
        }

    def prepare(self) -> None:
        """Send the first returns, all but one waiver, and let the month be built."""
        example = shutil.copytree(LIJIANG, self.folder / "example" / LIJIANG.name)
        head, _, *others = (example / "waivers.csv").read_text(encoding="utf-8").splitlines()
        (example / "waivers.csv").write_text("\n".join([head, *others]), encoding="utf-8")
        register_assignments(self.settings, example)
        register_waivers(self.settings, example)
        send_returns(self.settings, example, version=0)
        build_returns(LIJIANG, self.folder / "corrected", 1)
        receive_inbox(self.settings)
        build_month(self.settings, MONTH)
        (self._receipt,) = (
            filed.receipt_no
            for filed in month_status(self.settings, MONTH).returns
            if (filed.area_code, filed.form_code) == (GUCHENG, POOR_VILLAGES) and filed.receipt_no
        )

    def begin(self, chapter: str) -> None:
        """Let happen what a chapter is about."""
        self._disk.close()
        self._events.get(chapter, lambda: None)()

    def run(self, line: str) -> tuple[int, str]:
        """Run a line of the page as a shell would; return its exit code and what it printed."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = self._environment | {"PATH": path}
        if line.startswith("TMW_HOME="):  # the restored home has a server of its own
            environment.pop("TMW_DATABASE_URL", None)
        for written, meant in (
            (FOLDER, f"{self.folder}/"),
            (AN_INSTANT, self._before.isoformat()),
            (WITHDRAWN, self._receipt),
        ):
            line = line.replace(written, meant)
        done = subprocess.run(
            ["sh", "-c", line], env=environment, cwd=self.folder, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout.replace(f"{self.folder}/", FOLDER)

    def close(self) -> None:
        """Leave nothing running and nothing mounted."""
        self._disk.close()
        stop_server(self.restored)

    def _remember(self) -> None:
        self._before = datetime.now(ZoneInfo(self.settings.timezone))

    def _fill_disk(self) -> None:
        small = self.folder / "tmw-small"
        if self._disk.enter_context(mounted(small, 1)):
            fill(small)
        else:  # only root may mount
            self.left_out.add(NO_ROOM)

    def _kill_server(self) -> None:
        pid = (self.restored.database_dir / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(pid), signal.SIGKILL)

    def _make_older(self) -> None:
        with connect(self.restored, Role.admin) as admin:
            admin.execute("drop table ops.contact, ops.reminder")
            admin.execute("delete from ops.migration where name = '0010_house.sql'")


@pytest.fixture
def desk(
    template_database: Settings,
    clone_warehouse: Clone,
    environment_of: Callable[[Settings], dict[str, str]],
    tmp_path: Path,
) -> Iterator[Desk]:
    """Return a home in which the month of the page is built and about to be held."""
    with clone_warehouse(template_database, tmp_path / "tmw") as settings:
        desk = Desk(settings, environment_of(settings))
        try:
            desk.prepare()
            yield desk
        finally:
            desk.close()


def test_every_line_does_what_the_page_says(desk: Desk, guide: Callable[[str], Guide]) -> None:
    chapter = ""
    for step in guide("runbook.md").steps():
        if step.chapter != chapter:
            chapter = step.chapter
            desk.begin(chapter)
        if chapter in desk.left_out:
            continue
        code, printed = desk.run(step.line)
        as_said = code == step.exit_code and (step.printed is None or says(step.printed, printed))
        assert as_said, f"{chapter}: {step.line}\n{printed}exit {code}\nThe page: {step.printed}"
