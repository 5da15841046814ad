"""The third part: no room left, on the disk of the home or in the tablespace of the database.

Every step of a month is tried on the full disk first: it ends as exit 4 with one line that says
what to do, and nothing is half published. After room is made the same command does its work.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.torture.home import Ended, Home
from tests.torture.invariants import Known, differences_in_rows, violations
from tests.torture.report import console
from tests.torture.run import FINE, BrokenInvariantError, live_undisturbed
from tests.torture.story import Step, Story
from warehouse.settings import Settings

HOME_MEGABYTES, TABLESPACE_MEGABYTES = 700, 160
COULD_NOT = 4
_REFILL_SECONDS = 0.02
_SEGMENT = "select pg_logical_emit_message(true, 'torture', repeat('x', 1024 * 1024 * 15))"


def fill_disks(folder: Path) -> str:
    """Try both kinds of a full disk; return in a sentence what came of it."""
    folder.mkdir(parents=True)
    with mounted(folder / "probe", 1) as allowed:
        if not allowed:
            return "skipped: a file system of limited size cannot be mounted here (needs root)"
    story = Story(folder / "story", 1)
    calm = Home(folder / "calm")
    done = []
    try:
        calm.prepare(story)
        live_undisturbed(Settings(home=calm.folder), calm, story, 1)
        for kind in (_full_home, _full_tablespace):
            refused = kind(folder / kind.__name__, story, calm)
            done.append(f"{kind.__name__.removeprefix('_full_')} full: {refused} commands refused")
    finally:
        calm.stop()
    return "; ".join(done) + "; afterwards byte-identical"


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[bool]:
    """Mount a small file system there; gives False where that is not permitted."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    allowed = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield allowed
    finally:
        if allowed:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _full_home(folder: Path, story: Story, calm: Home) -> int:
    with mounted(folder, HOME_MEGABYTES):
        home = Home(folder / "home")
        try:
            home.prepare(story)
            refused = _through(home, story, folder, {"submit", "receive", "build", "publish"})
            _panic_and_return(home, folder)
            _require([], differences_in_rows(home, calm), "the home's disk was full")
        finally:
            home.stop()
    return refused


def _full_tablespace(folder: Path, story: Story, calm: Home) -> int:
    """The database stands in a tablespace of its own; the files have room."""
    with mounted(folder / "disk", TABLESPACE_MEGABYTES):
        home = Home(folder / "home")
        try:
            home.prepare(story)
            place = folder / "disk" / "tablespace"
            place.mkdir(mode=0o700)
            _move_database(home, place)
            refused = _through(home, story, folder / "disk", {"receive", "build", "publish"})
            _require([], differences_in_rows(home, calm), "the tablespace was full")
        finally:
            home.stop()
    return refused


def _through(home: Home, story: Story, disk: Path, must_fail: set[str]) -> int:
    """Take the first round through; each step is tried on the full disk first."""
    known, refused = Known(), 0
    for step in story.round(0):
        for sent in step.files:
            known.add(sent)
        with full(disk):
            ended = home.run(*home.arguments(step))
        if ended.code == COULD_NOT or step.command in must_fail:
            refused += 1
            _judge(step, ended)
        else:
            home.note(step, ended)
        home.must("db", "start")
        home.wait_for_server()
        _require([], violations(home, known, inbox_taken=False), f"{step} met a full disk")
        ended = home.run(*home.arguments(step))
        if ended.code not in FINE.get(step.command, (0,)):
            raise BrokenInvariantError(f"{step} ended {ended.code} with room: {ended.errors}")
        home.note(step, ended)
        taken = step.command == "receive"
        _require([], violations(home, known, inbox_taken=taken), f"{step} was run again")
    return refused


def _judge(step: Step, ended: Ended) -> None:
    said = ended.errors.strip()
    console.print(f"{step}: exit {ended.code}: {said}", highlight=False, markup=False)
    lines = [line for line in said.splitlines() if line.startswith("tmw:")]
    if ended.code != COULD_NOT or len(lines) != 1 or "disk" not in said or "Traceback" in said:
        raise BrokenInvariantError(f"{step} on a full disk ended {ended.code}: {said[-2000:]}")


def _panic_and_return(home: Home, disk: Path) -> None:
    """Leave the server no room for its log: it stops, and comes back once there is room."""
    with full(disk):
        try:
            for _ in range(100):
                home.query(_SEGMENT)
            raise BrokenInvariantError("the server never ran out of room for its log")
        except (psycopg.Error, OSError):
            started = home.run("db", "start")
        if started.code not in (0, COULD_NOT) or "Traceback" in started.errors:
            raise BrokenInvariantError(f"db start on a full disk: {started.errors}") from None
        console.print(f"db start: exit {started.code}: {started.errors.strip()}", highlight=False)
    home.must("db", "start")
    home.wait_for_server()


def _move_database(home: Home, place: Path) -> None:
    """Give the warehouse a tablespace on the small disk."""
    with psycopg.connect(home.conninfo, dbname="postgres", autocommit=True) as own:
        own.execute(f"create tablespace small location '{place}'")
        own.execute("alter database warehouse set tablespace small")


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Keep a disk full: what the server gives back meanwhile (an old cache) is taken, too."""
    ended = threading.Event()

    def refill() -> None:
        while not ended.wait(_REFILL_SECONDS):
            fill(disk)

    fill(disk)
    filler = threading.Thread(target=refill)
    filler.start()
    try:
        yield
    finally:
        ended.set()
        filler.join()
        (disk / "ballast").unlink()


def fill(disk: Path) -> None:
    """Take up all room of a disk, to its last block."""
    with (disk / "ballast").open("ab", buffering=0) as ballast:
        for size in (2**20, 2**12, 1):
            _write_while_room(lambda size=size: ballast.write(b"\0" * size))


def _write_while_room(write: Callable[[], object]) -> None:
    try:
        while write():
            pass
    except OSError:
        return


def _require(wanted: list[str], found: list[str], when: str) -> None:
    if found != wanted:
        raise BrokenInvariantError(f"after {when}:\n" + "\n".join(found))
