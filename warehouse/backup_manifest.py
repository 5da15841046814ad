"""What a backup is: a folder with a manifest, written last, and the landing files beside it.

`DIR/<timestamp>/` holds the dump, the inbox, the imported areas and `manifest.json`;
`DIR/landing/` holds each received file once, whichever backup it belongs to.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from warehouse.dump import DatabaseRole, check_dump
from warehouse.errors import BackupError

MANIFEST: Final = "manifest.json"
DUMP: Final = "warehouse.dump"
AREAS: Final = "areas.csv"
INBOX: Final = "inbox"
LANDING: Final = "landing"
FORMAT: Final = 1
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file of a backup: its path below the backup (or the landing store), bytes and hash."""

    path: str
    sha256: str
    file_bytes: int


@dataclass(frozen=True)
class WaitingFile:
    """A file that lay in the inbox; `received_at` is ISO text with its offset."""

    path: str
    file_name: str
    received_at: str


@dataclass(frozen=True)
class Manifest:
    """Everything needed to check a backup and to know whether it can be restored here.

    `publications` maps a publication to its month and content hash; `damaged` names landing files
    that were missing or altered when the backup was made.
    """

    made_at: str
    software: str
    server_version: int
    admin: str
    migrations: dict[str, str]
    roles: list[DatabaseRole]
    publications: dict[str, dict[str, str]]
    files: list[StoredFile]
    landing: list[StoredFile]
    waiting: list[WaitingFile]
    damaged: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the record that is written."""
        return {"format": FORMAT, **asdict(self)}


def list_backups(directory: Path) -> list[Path]:
    """Return the whole backups of a folder, oldest first; what is half made is none."""
    if not directory.is_dir():
        return []
    names = [p for p in directory.iterdir() if not p.name.startswith(".") and p.name != LANDING]
    return sorted(path for path in names if (path / MANIFEST).is_file())


def find_backup(directory: Path) -> Path:
    """Return a backup named itself, or the newest of the folder that holds several."""
    directory = directory.absolute()
    if (directory / MANIFEST).is_file():
        return directory
    if backups := list_backups(directory):
        return backups[-1]
    raise BackupError(
        f"{directory} holds no backup.",
        remedy="Name the folder that `tmw backup` wrote to, or one backup in it.",
    )


def read_manifest(backup: Path) -> Manifest:
    """Return the manifest of a backup; refuse one that is damaged or of a later format."""
    path = backup / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise BackupError(
                f"{path} is of a later format.", remedy="Restore it with newer software."
            )
        manifest = Manifest(
            **found
            | {
                "roles": [DatabaseRole.from_json(role) for role in found["roles"]],
                "files": [StoredFile(**record) for record in found["files"]],
                "landing": [StoredFile(**record) for record in found["landing"]],
                "waiting": [WaitingFile(**record) for record in found["waiting"]],
            }
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{path} cannot be read: {error}.", remedy=_USE_ANOTHER) from error
    for stored in [*manifest.files, *manifest.landing]:
        parts = PurePosixPath(stored.path)
        if parts.is_absolute() or ".." in parts.parts:
            raise BackupError(f"{path} names a file outside it.", remedy=_USE_ANOTHER)
    return manifest


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write the manifest through to the disk: with it the folder becomes a backup."""
    text = json.dumps(manifest.as_json(), ensure_ascii=False, indent=1)
    with (backup / MANIFEST).open("x", encoding="utf-8") as stream:
        (backup / MANIFEST).chmod(0o600)
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    sync(backup)


def verify_backup(backup: Path) -> Manifest:
    """Read every file of a backup and compare it with the manifest, which is returned."""
    manifest = read_manifest(backup)
    for folder, stored in _places(backup, manifest):
        path = folder / stored.path
        try:
            found = file_sha256(path)
        except OSError as error:
            raise BackupError(
                f"{path} of the backup cannot be read: {error.strerror}.", remedy=_USE_ANOTHER
            ) from error
        if found != stored.sha256:
            raise BackupError(f"{path} of the backup is damaged.", remedy=_USE_ANOTHER)
    check_dump(backup / DUMP)
    return manifest


def require_undamaged(manifest: Manifest) -> None:
    """Refuse to be silent about landing files that were missing or altered at the backup."""
    if manifest.damaged:
        raise BackupError(
            f"The backup is whole but for {len(manifest.damaged)} landing files that are missing"
            f" or altered at home: {', '.join(manifest.damaged[:3])}.",
            remedy="Put them back from the landing folder of an earlier backup.",
        )


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_file(source: Path, target: Path) -> StoredFile:
    """Copy a file whole or not at all, through to the disk; return what was copied.

    The path of the result is the target's name. Raises `OSError`.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".new-{os.getpid()}-{target.name}"[:200])
    total, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as reader, draft.open("wb") as writer:
            draft.chmod(0o600)
            while chunk := reader.read(_CHUNK):
                total.update(chunk)
                size += len(chunk)
                writer.write(chunk)
            writer.flush()
            os.fsync(writer.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return StoredFile(target.name, total.hexdigest(), size)


def sync(path: Path) -> None:
    """Write a file, or the entries of a folder, through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn a full disk or a missing permission into a sentence."""
    try:
        yield
    except OSError as error:
        raise BackupError(
            f"{what} could not be written: {error.strerror or error} ({error.filename}).",
            remedy="Check free space and permissions there, then run the command again.",
        ) from error


def _places(backup: Path, manifest: Manifest) -> Iterable[tuple[Path, StoredFile]]:
    for stored in manifest.files:
        yield backup, stored
    for stored in manifest.landing:
        yield backup.parent / LANDING, stored


_USE_ANOTHER = "Use another backup, or make a new one."
