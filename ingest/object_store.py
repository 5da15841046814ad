"""Returns that arrive in an S3-style object store: copied into the inbox, then moved aside.

An object is moved to `received/<receipt>/` only after the ledger has its bytes, so a run killed
anywhere is simply run again: what was copied is there already (the inbox knows bytes by their
sha256), what was recorded is known by hash and time of receipt. That time is `LastModified`, when
the store had the whole object. An object that was written over since it was read is left for the
next run; between that last look and the removal an object could still be written over, so a
correction is best sent under a new name or to a bucket that keeps versions.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from fsspec.core import url_to_fs

from ingest.landing import area_of, is_unfinished, put_whole, receipt_number, safe_name
from ingest.load.ledger import submissions_by_sha
from warehouse.errors import ObjectStoreError
from warehouse.secrets import given_secret
from warehouse.settings import Settings

SECRET: Final = "object_store_secret"  # noqa: S105 (the name of the secret's file)
RECEIVED: Final = "received"
_CHUNK: Final = 1 << 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredObject:
    """An object that waits: its path in the store, and below the URL of the settings."""

    path: str
    name: str
    size: int
    etag: str
    modified_at: datetime

    @property
    def folder(self) -> str | None:
        """Return the unit in whose folder it lies."""
        return area_of(PurePosixPath(self.name).parts[:-1])


class ObjectStore:
    """The object store of the settings; every error of it is an `ObjectStoreError`."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._limit = settings.max_file_bytes
        self._url = url
        with self._told("opened"):
            options = _s3_options(settings) if url.startswith("s3://") else {}
            self._files, self._root = url_to_fs(url, **options)
            self._root = self._root.rstrip("/")

    def waiting(self) -> list[StoredObject]:
        """Return the objects that wait, the oldest first; hidden and temporary names stay."""
        with self._told("listed"):
            self._files.invalidate_cache()
            found = self._files.find(self._root, detail=True)
        objects = [
            _stored(path, self._root, facts)
            for path, facts in found.items()
            # Asked for an empty folder it may answer with the folder itself.
            if facts.get("type") == "file"
        ]
        return sorted(
            (o for o in objects if _is_return(o.name)), key=lambda o: (o.modified_at, o.path)
        )

    def download(self, stored: StoredObject, target: Path) -> str:
        """Write an object to a new file and return its sha256; it must be what was listed."""
        digest = hashlib.sha256()
        doing = f"asked for {stored.name}"
        with self._told(doing):
            reader = self._files.open(stored.path, "rb")
        with reader, target.open("xb") as writer:
            while chunk := self._read(reader, doing):
                digest.update(chunk)
                writer.write(chunk)
            writer.flush()
            os.fsync(writer.fileno())
        with self._told(doing):
            if target.stat().st_size != stored.size or not self._unchanged(stored):
                raise OSError(0, "it was written over meanwhile")
        return digest.hexdigest()

    def move_aside(self, stored: StoredObject, sha256: str) -> None:
        """Move a recorded object to `received/`, unless it was written over since."""
        target = f"{self._root}/{RECEIVED}/{receipt_number(sha256)}/{stored.name}"
        with self._told(f"asked to move {stored.name}"):
            if self._unchanged(stored):
                self._files.copy(stored.path, target)
            if self._unchanged(stored):
                self._files.rm_file(stored.path)

    def is_too_large(self, stored: StoredObject) -> bool:
        """Return whether an object is larger than any return may be."""
        return stored.size > self._limit

    def _read(self, reader: Any, doing: str) -> bytes:
        with self._told(doing):
            return bytes(reader.read(_CHUNK))

    def _unchanged(self, stored: StoredObject) -> bool:
        self._files.invalidate_cache()
        try:
            facts = self._files.info(stored.path)
        except FileNotFoundError:
            return False
        return _etag(facts) == stored.etag

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (OSError, BotoCoreError, ClientError) as error:
            raise ObjectStoreError(
                f"The object store {self._url} could not be {doing}: {_reason(error)}.",
                remedy="Check its address, the network and the key; the next run tries again.",
            ) from error


@contextmanager
def from_object_store(
    settings: Settings, connection: psycopg.Connection, trouble: list[str]
) -> Iterator[None]:
    """Copy what waits in the object store into the inbox; afterwards move what was recorded.

    Does nothing without a URL. Trouble with the store must not keep the inbox from being taken
    in: it is added to `trouble`, a sentence each.
    """
    copied: list[tuple[StoredObject, str]] = []
    store = None
    try:
        if settings.object_store_url:
            store = ObjectStore(settings, settings.object_store_url)
            for stored in store.waiting():
                copied += _copy_to_inbox(settings, connection, store, stored, trouble)
    except ObjectStoreError as error:
        trouble.append(str(error))
    yield
    known = submissions_by_sha(connection, [sha256 for _, sha256 in copied])
    for stored, sha256 in copied:
        if store is not None and sha256 in known:
            try:
                store.move_aside(stored, sha256)
            except ObjectStoreError as error:
                trouble.append(str(error))


def waiting_in_store(settings: Settings) -> frozenset[tuple[str, int, int]]:
    """Return name, size and time of each object that waits; none without a URL."""
    if not settings.object_store_url:
        return frozenset()
    store = ObjectStore(settings, settings.object_store_url)
    return frozenset(
        (stored.path, stored.size, int(stored.modified_at.timestamp() * 1e9))
        for stored in store.waiting()
        if not store.is_too_large(stored)
    )


def _copy_to_inbox(
    settings: Settings,
    connection: psycopg.Connection,
    store: ObjectStore,
    stored: StoredObject,
    trouble: list[str],
) -> Sequence[tuple[StoredObject, str]]:
    """Copy one object, and return it with its sha256; nothing where it stays in the store."""
    if store.is_too_large(stored):
        trouble.append(
            f"{stored.name} has {stored.size} bytes, more than a return may have, and stays in the"
            " object store. Ask its sender for the form alone, and remove it there."
        )
        return ()
    name = safe_name(PurePosixPath(stored.name).name)
    meta = {
        "received_at": stored.modified_at.isoformat(),
        "given": False,
        "folder": stored.folder,
    }
    digest = ""

    def copy(target: Path) -> str:
        nonlocal digest
        digest = store.download(stored, target)
        known = submissions_by_sha(connection, [digest]).get(digest)
        if known and known.received_at == stored.modified_at and known.file_name == name:
            raise _RecordedError
        return digest

    try:
        put_whole(settings, name, copy, meta)
    except _RecordedError:  # by a run that was killed before it moved the object
        log.info("%s was recorded before", stored.name)
    except ObjectStoreError as error:
        trouble.append(str(error))
        return ()
    return ((stored, digest),)


class _RecordedError(Exception):
    """This very object is in the ledger already: nothing is to be put into the inbox."""


def _is_return(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] != RECEIVED and not any(is_unfinished(part) for part in parts)


def _stored(path: str, root: str, facts: dict[str, Any]) -> StoredObject:
    modified = facts.get("LastModified") or facts.get("created") or facts.get("mtime")
    if isinstance(modified, int | float):
        modified = datetime.fromtimestamp(modified, UTC)
    if not isinstance(modified, datetime):
        raise ObjectStoreError(
            f"The object store does not tell when {path} arrived.",
            remedy="Use an S3-style store.",
        )
    if modified.tzinfo is None:
        modified = modified.replace(tzinfo=UTC)
    return StoredObject(
        path,
        path.removeprefix(root).lstrip("/"),
        int(facts.get("size") or 0),
        _etag(facts),
        modified.astimezone(UTC),
    )


def _etag(facts: dict[str, Any]) -> str:
    """Return what changes with an object: its ETag, else its size and time."""
    return str(facts.get("ETag") or (facts.get("size"), facts.get("created") or facts.get("mtime")))


def _s3_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "skip_instance_cache": True,
        "use_listings_cache": False,
        "config_kwargs": {
            "connect_timeout": 10,
            "read_timeout": 60,
            "retries": {"max_attempts": 2},
        },
    }
    if settings.object_store_endpoint:
        options["client_kwargs"] = {"endpoint_url": settings.object_store_endpoint}
    if settings.object_store_key:
        given = settings.object_store_secret
        options["key"] = settings.object_store_key
        options["secret"] = given.get_secret_value() if given else given_secret(settings, SECRET)
    return options


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).rstrip(".")
