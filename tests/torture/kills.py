"""Where and whom to kill: drawn from a seed, struck while the victim runs, written down."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import psutil
import psycopg

from tests.torture.home import PATIENCE, Ended, Home, end_group

Victim = Literal[
    "process", "group", "child", "backend", "postmaster", "task", "scheduler"
]  # fmt: skip
SERVER: tuple[Victim, ...] = ("backend", "postmaster")
AIMED_SHARE = 0.5  # of the kills wait until the command has begun to work: it starts slowly
# How long that work takes, as a share of the command's whole duration.
WORK = {"submit": 0.05, "receive": 0.5, "build": 0.7, "gate": 0.3, "publish": 0.15}
GONE_SECONDS = 20.0
_LOOK = """
select a.pid, a.state, a.wait_event_type,
    left(regexp_replace(regexp_replace(a.query, '/[*].*?[*]/', ''), '\\s+', ' ', 'g'), 120),
    a.xact_start is not null, substring(a.query from '"node_id": "([^"]+)"'),
    (
        select string_agg(distinct c.relnamespace::regnamespace || '.' || c.relname, ', ')
        from pg_locks as l inner join pg_class as c on l.relation = c.oid
        where l.pid = a.pid and l.granted and c.relkind in ('r', 'p')
            and l.mode in (
                'RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
            )
    )
from pg_stat_activity as a
where a.datname = 'warehouse' and a.application_name like 'tmw %'
order by a.xact_start, a.state, a.pid
"""


@dataclass
class Kill:
    """One planned kill and, once it was struck, what it hit."""

    command: str
    victim: Victim
    share: float  # of the command's usual duration; where aimed, of its work
    aimed: bool = False
    number: int = 0
    step: str = ""
    elapsed_share: float = 0.0
    point: dict[str, Any] = field(default_factory=dict)
    counted: bool = False
    exit_code: int | None = None
    said: str = ""
    family: list[psutil.Process] = field(default_factory=list, repr=False)

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "family"}


def plan_kills(chance: random.Random, quota: dict[str, dict[Victim, int]]) -> list[Kill]:
    """Draw the kills of a run: so many of each command and victim, in any order."""
    kills = [
        Kill(command, victim, chance.random(), aimed=chance.random() < AIMED_SHARE)
        for command, victims in quota.items()
        for victim, count in victims.items()
        for _ in range(count)
    ]
    chance.shuffle(kills)
    return kills


def strike(
    home: Home, arguments: list[str], kill: Kill, usual: float, chance: random.Random
) -> Ended:
    """Run a command, kill as planned, and wait for its end; `kill.counted` if it still ran."""
    began = time.monotonic()
    process = home.start(*arguments)
    wait = kill.share * usual
    if kill.aimed:
        _wait_for_work(home, process, kill.command)
        wait *= WORK[kill.command]
    try:
        output, errors = process.communicate(timeout=max(wait, 0.001))
    except subprocess.TimeoutExpired:
        kill.elapsed_share = round((time.monotonic() - began) / usual, 3)
        if kill.victim in SERVER:
            _strike_server(home, process, kill, chance)
        else:
            _strike_command(home, process, kill, chance)
        try:
            output, errors = process.communicate(timeout=PATIENCE)
        finally:
            end_group(process)
    kill.exit_code = process.returncode
    kill.said = " ".join(errors.split())[:1000]
    return Ended(process.returncode, output, errors, time.monotonic() - began)


def _wait_for_work(home: Home, process: subprocess.Popen[str], command: str) -> None:
    """Wait until a command has opened a session (`tmw submit`: begun a copy), or has ended."""
    with contextlib.suppress(psycopg.Error, OSError), home.snapshot() as own:
        own.rollback()
        own.autocommit = True
        while process.poll() is None:
            if command == "submit":
                begun = any((home.folder / "inbox").glob(".submit-*"))
            else:
                begun = own.execute(_LOOK).fetchone() is not None
            if begun:
                return
            time.sleep(0.003)


def _strike_command(
    home: Home, process: subprocess.Popen[str], kill: Kill, chance: random.Random
) -> None:
    """Freeze the command, look where it stands, and kill it there."""
    kill.family = family = family_of(process)
    try:
        os.killpg(process.pid, signal.SIGSTOP)
    except ProcessLookupError:
        return
    kill.point = look(home, process)
    target = process.pid
    children = [member for member in family[1:] if _runs(member)]
    if kill.victim == "child":
        if not children:
            kill.victim = "group"
        else:
            target = chance.choice(children).pid
            kill.point["killed"] = _name_of(target)
    kill.counted = process.poll() is None and _runs(family[0])
    try:
        if kill.victim == "group":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(target, signal.SIGKILL)
    except ProcessLookupError:  # it ended by itself; a reader of files was not even frozen
        kill.counted = False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)


def _strike_server(
    home: Home, process: subprocess.Popen[str], kill: Kill, chance: random.Random
) -> None:
    kill.family = family_of(process)
    kill.point = look(home, process)
    pids = [session["pid"] for session in kill.point.get("sessions", [])]
    target = home.postmaster
    if kill.victim == "backend":
        if not pids:  # any process of the server: a writer, a worker, the reader of statistics
            # the collector of the log touches no data and is left alone
            pids = [pid for pid in _children(target) if _name_of(pid) not in ("logger", "gone")]
        if not pids:
            return
        target = chance.choice(pids)
    kill.point["killed"] = _name_of(target)
    kill.counted = process.poll() is None
    if kill.counted:
        try:
            os.kill(target, signal.SIGKILL)
        except ProcessLookupError:
            kill.counted = False


def look(home: Home, process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return where a command stands, as far as can be told from outside."""
    family = family_of(process)
    since = family[0].create_time() if family else time.time()
    return {
        "children": [_name_of(member.pid) for member in family[1:]],
        "files": [
            path.name.partition("-")[0]
            for folder in ("inbox", "landing")
            for path in (home.folder / folder).glob(".*-*")
            if path.stat().st_mtime > since
        ],
        **look_at_server(home),
    }


def look_at_server(home: Home) -> dict[str, Any]:
    """Return the sessions of our programs with their statements and locks, and the last build."""
    try:
        rows = home.query(_LOOK)
        ledger = home.query("select build_id, state from ops.build order by build_id desc limit 1")
    except (psycopg.Error, OSError, IndexError) as error:
        return {"sessions": [], "unseen": type(error).__name__}
    sessions = [
        {
            "pid": pid, "state": state, "waits": waits, "query": query,
            "in_transaction": inside, "model": model, "locks": locks,
        }
        for pid, state, waits, query, inside, model, locks in rows
    ]  # fmt: skip
    return {"sessions": sessions, "last_build": list(ledger[0]) if ledger else None}


def name_of_point(kill: Kill) -> str:
    """Return the point of a kill in a few words, so that equal points count as one."""
    sessions = kill.point.get("sessions") or []
    writing = [one for one in sessions if one["locks"]]
    inside = [one for one in sessions if one["in_transaction"]]
    children = [name for name in kill.point.get("children", []) if "." in name]
    if writing and writing[0]["model"]:
        place = writing[0]["model"].rpartition(".")[2]
    elif writing:
        place = f"writing {writing[0]['locks'].split(', ')[0]}"
    elif inside:
        place = inside[0]["model"] or " ".join(inside[0]["query"].split()[:4])
    elif kill.point.get("files"):
        place = f"copying, {kill.point['files'][0]}"
    elif children:
        place = f"{children[0]} runs"
    elif sessions:
        place = "between transactions"
    else:
        place = "starting" if kill.elapsed_share < 0.5 else "without a session"
    return f"{kill.command}: {place}"


def wait_until_gone(home: Home, family: list[psutil.Process]) -> list[str]:
    """Wait for a killed command's processes and sessions to go; return what stays."""
    _, alive = psutil.wait_procs(family, timeout=GONE_SECONDS)
    left = [f"process {member.pid}" for member in alive if _runs(member)]
    deadline = time.monotonic() + GONE_SECONDS
    while sessions := [f"session {row[0]}: {row[3]}" for row in home.query(_LOOK)]:
        if time.monotonic() > deadline:
            return left + sessions
        time.sleep(0.05)
    return left


def family_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return a command's process and all its descendants; none when it has gone."""
    try:
        head = psutil.Process(process.pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.NoSuchProcess:
        return []


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _name_of(pid: int) -> str:
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return "gone"
    text = " ".join(words)
    if text.startswith("postgres:"):
        return " ".join(text.split()[1:4])
    for known in ("warehouse.dbt_child", "ingest.read.child", "postgres"):
        if known in text:
            return known
    return words[0].rpartition("/")[2] if words else "gone"
