"""The second part: the stack takes arrivals through while its parts are killed.

The supervisor brings the scheduler and the database back, Airflow its tasks; nobody starts
anything by hand. What waits for a signature is signed with `tmw publish`, as a person would.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg

from cli.airflow_api import ENDED, AirflowApi, AirflowError
from cli.stack import stack_start, stack_status, stack_stop
from tests.torture.home import WAITS, Home
from tests.torture.invariants import Known, differences_in_rows, violations
from tests.torture.kills import Kill, look_at_server
from tests.torture.report import Report, console
from tests.torture.run import BrokenInvariantError, live_undisturbed
from tests.torture.story import SIGNER, Step, Story
from warehouse.errors import WarehouseError
from warehouse.settings import Settings

MONTHS = 3
MOST_AT_ONCE = 3  # kills while one round is taken through
VICTIMS = ("task", "scheduler", "postmaster")
SETTLE_SECONDS = 600.0
BUSY_SECONDS = 40.0  # a month takes about so long through the scheduler
DAGS = ("receive_submissions", "monthly_revision")
_UNSETTLED = """
select s.stat_month from ops.submission as s
where s.state in ('accepted', 'accepted_with_warnings') and not exists (
    select from ops.build as b inner join ops.build_input as i using (build_id)
    where b.in_force and b.state = 'published' and i.submission_id = s.submission_id
)
"""


def torture_scheduler(folder: Path, kills: int, chance: random.Random, report: Report) -> None:
    """Send rounds of returns to a running stack and kill a part of it so often."""
    folder.mkdir(parents=True)
    story = Story(folder / "story", MONTHS)
    tortured, calm = Home(folder / "tortured"), Home(folder / "calm")
    settings = Settings(home=tortured.folder)
    known, planned = Known(), [VICTIMS[n % len(VICTIMS)] for n in range(kills)]
    number = 0
    try:
        stack_start(settings)
        tortured.prepare(story)
        while planned or number < 2:
            _round(tortured, settings, story.round(number), known, planned, chance, report)
            number += 1
        calm.prepare(story)
        live_undisturbed(Settings(home=calm.folder), calm, story, number)
        found = differences_in_rows(tortured, calm)
    finally:
        stack_stop(settings)
        calm.stop()
    if found:
        raise BrokenInvariantError(
            "mixed: the end through the scheduler differs:\n" + "\n".join(found)
        )
    report.note(scheduler_kills=kills, scheduler_rounds=number, scheduler_end="byte-identical")


def _round(
    home: Home,
    settings: Settings,
    steps: tuple[Step, ...],
    known: Known,
    planned: list[str],
    chance: random.Random,
    report: Report,
) -> None:
    for step in steps:
        if step.command == "submit":
            for sent in step.files:
                known.add(sent)
            home.note(step, home.must(*step.arguments))
    for _ in range(min(len(planned), chance.randint(1, MOST_AT_ONCE))):
        time.sleep(chance.uniform(1, BUSY_SECONDS))
        kill = Kill("scheduler", planned[0], 0.0)
        _strike(home, settings, kill)
        if not kill.counted:
            continue
        planned.pop(0)
        home.wait_for_server()
        report.struck(kill)
        _check(home, known, kill.step, inbox_taken=False)
    _wait(f"the end of a round ({len(steps)} steps)", lambda: _settled(home, settings))
    _check(home, known, "a settled round", inbox_taken=True)


def _strike(home: Home, settings: Settings, kill: Kill) -> None:
    """Kill the process of a running task, the scheduler, or the database."""
    kill.point = look_at_server(home)
    if kill.victim == "task":
        found: list[psutil.Process] = []
        _wait(
            "a running task",
            lambda: bool(found.extend(_tasks(home)) or found) or _settled(home, settings),
        )
        if not found:
            return
        kill.point = look_at_server(home)
        target = found[0].pid
        kill.step = "a running task"
    elif kill.victim == "scheduler":
        parts = {part.name: part.pid for part in stack_status(settings).components}
        target, kill.step = parts["scheduler"] or 0, "scheduler"
    else:
        target, kill.step = home.postmaster, "database"
    try:
        os.kill(target, signal.SIGKILL)
        kill.counted = True
    except ProcessLookupError:
        kill.counted = False
    console.print(f"killed {kill.step}", highlight=False)


def _tasks(home: Home) -> list[psutil.Process]:
    """Return the processes that run a task of ours now: those with a session of our database."""
    sessions = home.query(
        "select client_port from pg_stat_activity where datname = 'warehouse'"
        " and application_name like 'tmw %' and application_name <> 'tmw dbt'"
    )
    ports = {port for (port,) in sessions}
    found = []
    for process in psutil.process_iter():
        try:
            if "airflow" not in " ".join(process.cmdline()):
                continue
            if any(c.laddr and c.laddr.port in ports for c in process.net_connections("tcp")):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def _settled(home: Home, settings: Settings) -> bool:
    """Tell whether all that arrived is published and nothing runs; sign what waits for it."""
    try:
        if list((home.folder / "inbox").glob("R-*")):
            return False
        api = AirflowApi(settings)
        if any(run.state not in ENDED for dag in DAGS for run in api.runs(dag)):
            return False
        if not home.query(_UNSETTLED):
            return True
        for month, state in home.query(
            "select stat_month, state from ops.build"
            " where in_force and state in ('waiting_signature', 'ready') order by 1"
        ):  # a month that is ready waits where another of its release does
            signature = ("--sign", SIGNER, "--reason", "核实无误 verified")
            signed = signature if state == "waiting_signature" else ()
            ended = home.run("publish", "--month", f"{month:%Y-%m}", *signed)
            if ended.code not in (0, WAITS):
                raise BrokenInvariantError(f"{month:%Y-%m} could not be signed: {ended.errors}")
    except (AirflowError, WarehouseError, psycopg.Error, OSError, IndexError):
        return False  # it is just coming back
    return False


def _check(home: Home, known: Known, where: str, *, inbox_taken: bool) -> None:
    found = violations(home, known, inbox_taken=inbox_taken)
    if found:
        raise BrokenInvariantError(f"through the scheduler, after {where}:\n" + "\n".join(found))


def _wait(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise BrokenInvariantError(f"waited {SETTLE_SECONDS:.0f} s for {what}")
        time.sleep(0.5)
