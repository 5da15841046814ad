"""Files on their way in: the inbox where they arrive, the landing store where they stay.

A file is copied into `landing/<sha[:2]>/<sha>/<name>` and leaves the inbox only after the
ledger has recorded it, so a run killed anywhere is simply run again. It is copied and not
moved: whoever still holds the inbox file open cannot change the bytes we hashed.

The time of receipt of a file dropped into the inbox is its inode change time: the kernel sets
it when the file arrives on this disk. The modification time travels with the file (`cp -p`,
`scp -p`, unpacking) and would let a late return pass as punctual; the time of processing would
make a punctual township late when our machine was down.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from warehouse.errors import LandingError, UsageError
from warehouse.faults import fault_in
from warehouse.settings import Settings

SETTLE_SECONDS: Final = 1.0  # a dropped file this old, or unchanged for so long, is complete
_SUBMIT: Final = ".submit-"
_LANDING: Final = ".landing-"
_ABANDONED_SECONDS: Final = 86_400.0
_META_NAME: Final = ".meta.json"
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".meta.json")
_NO_RETURNS: Final = frozenset({"thumbs.db", "desktop.ini"})
_MAX_NAME_BYTES: Final = 180
_AREA_FOLDER: Final = re.compile(r"([0-9]{12})(?![0-9])")
_CHUNK: Final = 1 << 20


class NotTakenError(LandingError):
    """One file of the inbox cannot be read now; it stays there for the next run."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="It stays in the inbox and is tried again.")


@dataclass(frozen=True)
class Receipt:
    """The answer to a submitted file; the number depends on its bytes alone."""

    receipt_no: str
    sha256: str
    file_name: str


@dataclass(frozen=True)
class Arrival:
    """A complete file waiting in the inbox; `arrived_at` is when its bytes came to rest there.

    `folder` is the unit in whose folder (`inbox/<area_code>/`) it lay.
    """

    path: Path
    file_name: str
    arrived_at: datetime
    received_at: datetime
    received_at_given: bool
    folder: str | None = None


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing store; `landing_path` is relative to the store."""

    arrival: Arrival
    sha256: str
    receipt_no: str
    landing_path: str
    file_bytes: int


def receipt_number(sha256: str) -> str:
    """Return the receipt of these bytes: `R-` and 12 hexadecimal digits."""
    return f"R-{sha256[:12].upper()}"


def submit_file(settings: Settings, path: Path, received_at: datetime | None = None) -> Receipt:
    """Put a copy of a file into the inbox and return its receipt.

    `received_at` (with its time zone) is for operators who enter files that came on paper or
    by post; it is recorded as given. Submitting the same bytes twice is harmless.
    """
    if received_at is not None and received_at.tzinfo is None:
        raise UsageError("The time of receipt has no time zone.", remedy="Add one, e.g. +08:00.")
    if not path.is_file():
        raise UsageError(f"{path} is no file.", remedy="Name a workbook or a csv file.")
    name = safe_name(path.name)
    meta = {} if received_at is None else {"received_at": received_at.isoformat()}
    digest = put_whole(settings, name, lambda target: _copy(path.resolve(), target), meta)
    return Receipt(receipt_number(digest), digest, name)


def put_whole(
    settings: Settings, name: str, copy: Callable[[Path], str], meta: Mapping[str, object]
) -> str:
    """Put a file into the inbox whole and at once; return the sha256 that `copy` returned.

    `copy` writes the bytes to the path it is given. `meta` tells `received_at` (given: by an
    operator, unless `given` is false) and the `folder` the file came from.
    """
    settings.inbox_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_SUBMIT, dir=settings.inbox_dir))
        try:
            digest = copy(folder / name)
            if meta:
                _write_synced(folder / _META_NAME, json.dumps(meta).encode())
            _rename_folder(folder, settings.inbox_dir / receipt_number(digest))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise fault_in(settings, error, f"{name} was not submitted") or LandingError(
            f"{name} could not be put into {settings.inbox_dir}: {error.strerror}.",
            remedy="Check the permissions there.",
        ) from error
    return digest


def waiting_files(settings: Settings) -> list[Arrival]:
    """Return the complete files of the inbox in order of receipt.

    Hidden and temporary names, links and files that are still being written are left alone.
    """
    candidates = dict(_regular_files(settings.inbox_dir))
    if any(not _is_submitted(path) and _age(status) < SETTLE_SECONDS
           for path, status in candidates.items()):  # fmt: skip
        time.sleep(SETTLE_SECONDS)
        later = dict(_regular_files(settings.inbox_dir))
        candidates = {
            path: status
            for path, status in candidates.items()
            if path in later and _signature(later[path]) == _signature(status)
        }
    arrivals = [_arrival(settings.inbox_dir, path, status) for path, status in candidates.items()]
    return sorted(arrivals, key=lambda arrival: (arrival.received_at, arrival.path))


def land(settings: Settings, arrival: Arrival) -> LandedFile:
    """Copy a waiting file into the landing store; the file stays in the inbox until `clear`.

    Bytes that are there already are left as they are. Raises `NotTakenError` where this one
    file has to wait, `LandingError` where the store itself fails.
    """
    store = settings.landing_dir
    try:
        store.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=_LANDING, dir=store))
        try:
            before = _signature(arrival.path.lstat())
            digest = _copy(arrival.path, folder / arrival.file_name)
            if _signature(arrival.path.lstat()) != before:
                raise NotTakenError(f"{arrival.file_name} changed while it was read.")
            (folder / arrival.file_name).chmod(0o400)
            target = store / digest[:2] / digest
            target.parent.mkdir(exist_ok=True, mode=0o700)
            _rename_folder(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        landed = next(path for path in sorted(target.iterdir()))
        return LandedFile(
            arrival,
            digest,
            receipt_number(digest),
            str(landed.relative_to(store)),
            landed.stat().st_size,
        )
    except OSError as error:
        waits = f"{arrival.file_name} was not taken in and waits in the inbox"
        raise fault_in(settings, error, waits) or LandingError(
            f"{arrival.file_name} could not be taken into {store}: {error.strerror}.",
            remedy="Check the permissions there; the file is still in the inbox.",
        ) from error


def clear(settings: Settings, arrival: Arrival) -> None:
    """Remove a recorded file from the inbox, with the folder that `submit_file` made for it."""
    arrival.path.unlink(missing_ok=True)
    folder = arrival.path.parent
    if folder != settings.inbox_dir and _is_submitted(arrival.path):
        (folder / _META_NAME).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def clear_leftovers(settings: Settings) -> None:
    """Remove the half-made copies that killed runs left; for the one who holds the receiver's lock.

    Nobody else lands files. A copy on its way into the inbox, and an answer being composed, is left
    alone for a day.
    """
    for folder in settings.landing_dir.glob(f"{_LANDING}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (*settings.inbox_dir.glob(f"{_SUBMIT}*"), *settings.drafts_dir.glob("*")):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file's name as it may be stored: valid UTF-8, printable, not too long."""
    data = os.fsencode(name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:  # unpacked from an archive made on Chinese Windows
        text = data.decode("gb18030", errors="replace")
    text = "".join(char for char in text if char.isprintable() and char not in '/\\:*?"<>|')
    stem, dot, suffix = text.lstrip(". ").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = stem.encode()[: _MAX_NAME_BYTES - 20].decode(errors="ignore")
    suffix = suffix.encode()[:19].decode(errors="ignore")
    return f"{stem or 'return'}{dot}{suffix}"


def _regular_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(root, name)
            if name.startswith(".") or (is_unfinished(name) and not _is_submitted(path)):
                continue
            with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    yield path, status


def _is_submitted(path: Path) -> bool:
    """Return whether `submit_file` put it there, whole and at once."""
    return path.parent.name.startswith("R-")


def _arrival(inbox: Path, path: Path, status: os.stat_result) -> Arrival:
    arrived_at = datetime.fromtimestamp(status.st_ctime_ns // 1000 / 1e6, UTC)
    if not _is_submitted(path):
        folder = area_of(path.relative_to(inbox).parts[:-1])
        return Arrival(path, safe_name(path.name), arrived_at, arrived_at, False, folder)
    meta = path.parent / _META_NAME
    told = json.loads(meta.read_text(encoding="utf-8")) if meta.is_file() else {}
    received_at = arrived_at
    if "received_at" in told:
        received_at = datetime.fromisoformat(told["received_at"])
    given = "received_at" in told and told.get("given", True)
    return Arrival(path, safe_name(path.name), arrived_at, received_at, given, told.get("folder"))


def area_of(folders: Sequence[str]) -> str | None:
    """Return the unit whose folder is the first of these: its code, or its code and name."""
    match = _AREA_FOLDER.match(folders[0]) if folders else None
    return match[1] if match is not None else None


def is_unfinished(name: str) -> bool:
    """Return whether a name is hidden, that of a file still being written, or of no return."""
    lower = name.lower()
    return name.startswith((".", "~$")) or lower.endswith(_UNFINISHED) or lower in _NO_RETURNS


def _signature(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _age(status: os.stat_result) -> float:
    return time.time() - max(status.st_mtime, status.st_ctime)


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise NotTakenError(f"{source.name} cannot be read: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as writer:
        writer.write(data)
        writer.flush()
        os.fsync(writer.fileno())


def _rename_folder(folder: Path, target: Path) -> None:
    """Rename atomically; a target that holds the same bytes already wins."""
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    else:
        _sync_folder(target)
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
