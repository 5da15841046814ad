"""One consistent backup of a home: `tmw backup`.

The order matters. The inbox is copied first, so that a file taken in meanwhile is in the copy or
in the snapshot; the snapshot is dumped and its ledger names the landing files, which are there
before the ledger names them; the manifest is written last and the folder gets its name after it.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import psycopg

from warehouse.backup_manifest import (
    AREAS,
    DUMP,
    INBOX,
    LANDING,
    Manifest,
    StoredFile,
    WaitingFile,
    copy_file,
    file_sha256,
    list_backups,
    sync,
    write_manifest,
    writing,
)
from warehouse.database import Role, connect
from warehouse.dump import dump_database, require_dump_program, roles_in_use
from warehouse.locks import Lock, Progress, exclusive, silent
from warehouse.month import Month
from warehouse.schema_state import require_whole
from warehouse.settings import Settings

_DRAFT = ".new-"
_OLD = ".old-"


class Arrival(Protocol):
    """A complete file waiting in the inbox."""

    @property
    def path(self) -> Path:
        """Return where it lies."""

    @property
    def file_name(self) -> str:
        """Return its name."""

    @property
    def received_at(self) -> datetime:
        """Return when it was received."""


@dataclass(frozen=True)
class BackupResult:
    """A whole backup: its folder, how much it holds, how many landing files were new.

    `damaged` names landing files that are missing or altered both here and in the backup.
    """

    folder: str
    publications: int
    landing_files: int
    copied_files: int
    waiting_files: int
    dump_bytes: int
    damaged: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw backup --json` prints."""
        return asdict(self)


def make_backup(
    settings: Settings, directory: Path, waiting: Iterable[Arrival], progress: Progress = silent
) -> BackupResult:
    """Back the home up into a new folder of `directory`; `waiting` is what lies in the inbox.

    The stack may run: builds and migrations wait while the database is dumped, publishing does
    not. Raises `BackupError` when a part cannot be written; nothing that looks like a backup is
    left then. A damaged landing file does not keep the rest from being saved.
    """
    require_whole(settings)
    directory = directory.absolute()
    with writing(f"The backup in {directory}"), _only_writer(directory):
        stamp = _stamp(settings, directory)
        draft = directory / f"{_DRAFT}{stamp}"
        draft.mkdir(mode=0o700)
        try:
            made, copied = _fill(settings, directory, draft, waiting, progress)
            write_manifest(draft, made)
            draft.rename(directory / stamp)
            sync(directory)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return BackupResult(
        folder=str(directory / stamp),
        publications=len(made.publications),
        landing_files=len(made.landing),
        copied_files=copied,
        waiting_files=len(made.waiting),
        dump_bytes=next(file.file_bytes for file in made.files if file.path == DUMP),
        damaged=tuple(made.damaged),
    )


def remove_old_backups(directory: Path, keep: int) -> list[str]:
    """Remove all but the newest backups; return the names of those removed.

    Landing files stay: they are never removed at home either, so each backup has all earlier ones.
    """
    with writing(f"The backup in {directory}"), _only_writer(directory):
        old = list_backups(directory)[: -max(keep, 1)]
        for backup in old:
            hidden = backup.rename(backup.with_name(_OLD + backup.name))
            shutil.rmtree(hidden)
    return [backup.name for backup in old]


def _fill(
    settings: Settings, directory: Path, draft: Path, waiting: Iterable[Arrival], progress: Progress
) -> tuple[Manifest, int]:
    """Copy everything but the manifest, which is returned with the number of new landing files."""
    progress("copying the inbox")
    inbox = list(_copy_inbox(draft / INBOX, waiting))
    files = []
    if settings.areas_file.exists():
        files.append(copy_file(settings.areas_file, draft / AREAS))
    progress("waiting for builds to end")
    with (
        exclusive(settings, Lock.migrate, Role.admin, progress),
        exclusive(settings, Lock.build, Role.admin, progress),
        connect(settings, Role.admin) as connection,
    ):
        require_dump_program(connection.info.server_version)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("select pg_export_snapshot(), current_user").fetchone()
        snapshot, admin = row or ("", "")
        progress("dumping the database")
        dump_database(settings, snapshot, draft / DUMP)
        landing = _landing_files(connection)
        manifest = Manifest(
            made_at=datetime.now(ZoneInfo(settings.timezone)).isoformat(timespec="seconds"),
            software=version("township-monitoring-warehouse"),
            server_version=connection.info.server_version,
            admin=admin,
            migrations=_migrations(connection),
            roles=roles_in_use(connection),
            publications=_publications(connection),
            files=[],
            landing=[],
            waiting=[],
        )
    (draft / DUMP).chmod(0o600)
    sync(draft / DUMP)
    files.append(StoredFile(DUMP, file_sha256(draft / DUMP), (draft / DUMP).stat().st_size))
    progress(f"checking {len(landing)} landing files")
    copied, damaged = _store_landing(settings.landing_dir, directory / LANDING, landing)
    known = {stored.sha256 for stored in landing}
    kept = [(stored, file) for stored, file in inbox if stored.sha256 not in known]
    manifest = replace(
        manifest,
        files=[*files, *(stored for stored, _ in kept)],
        landing=[stored for stored in landing if stored.path not in damaged],
        waiting=[file for _, file in kept],
        damaged=damaged,
    )
    return manifest, copied


def _copy_inbox(
    target: Path, waiting: Iterable[Arrival]
) -> Iterator[tuple[StoredFile, WaitingFile]]:
    for number, arrival in enumerate(waiting, start=1):
        path = Path(f"{number:06d}") / arrival.file_name
        try:
            stored = copy_file(arrival.path, target / path)
        except FileNotFoundError:  # taken in meanwhile: the snapshot has it
            continue
        relative = str(Path(INBOX) / path)
        yield (
            replace(stored, path=relative),
            WaitingFile(relative, arrival.file_name, arrival.received_at.isoformat()),
        )


def _store_landing(home: Path, store: Path, landing: Iterable[StoredFile]) -> tuple[int, list[str]]:
    """Bring each landing file into the store, by its hash; a damaged copy there is replaced."""
    copied, damaged = 0, []
    for stored in landing:
        target = store / stored.path
        if target.exists() and file_sha256(target) == stored.sha256:
            continue
        try:
            made = copy_file(home / stored.path, target)
        except FileNotFoundError:
            made = None
        if made is None or made.sha256 != stored.sha256:
            target.unlink(missing_ok=True)
            damaged.append(stored.path)
        else:
            copied += 1
    return copied, damaged


def _landing_files(connection: psycopg.Connection) -> list[StoredFile]:
    rows = connection.execute(
        "select landing_path, sha256, file_bytes from ops.submission order by submission_id"
    ).fetchall()
    return [StoredFile(*row) for row in rows]


def _migrations(connection: psycopg.Connection) -> dict[str, str]:
    rows = connection.execute("select name, sha256 from ops.migration order by name").fetchall()
    return dict(rows)


def _publications(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select publication_id, stat_month, candidate_hash from ops.publication"
        " order by publication_id"
    ).fetchall()
    return {
        publication: {"stat_month": str(Month.of(month)), "candidate_hash": content}
        for publication, month, content in rows
    }


def _stamp(settings: Settings, directory: Path) -> str:
    """Return a name that no backup has: the time, and a number where one second saw two."""
    now = f"{datetime.now(ZoneInfo(settings.timezone)):%Y%m%dT%H%M%S}"
    number = 1
    while (directory / (stamp := now if number == 1 else f"{now}-{number}")).exists():
        number += 1
    return stamp


@contextmanager
def _only_writer(directory: Path) -> Iterator[None]:
    """Let one process at a time write to a folder of backups; clear what a killed one left."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory / ".lock").open("w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        for left in directory.iterdir():
            if left.name.startswith((_DRAFT, _OLD)):
                shutil.rmtree(left)
        yield
