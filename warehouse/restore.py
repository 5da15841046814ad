"""A backup becomes an empty home again, and proves it: `tmw restore`.

Until everything is checked the home carries a marker, so that no command works on half a restore.
Each step can be repeated: files are compared by hash, the database is filled in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from warehouse.backup_manifest import (
    AREAS,
    DUMP,
    LANDING,
    Manifest,
    copy_file,
    file_sha256,
    find_backup,
    verify_backup,
    writing,
)
from warehouse.content_hash import hash_candidate
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.dump import RESTORING, create_roles, restore_dump
from warehouse.errors import BackupError
from warehouse.locks import Progress, silent
from warehouse.migrate import migrate
from warehouse.month import Month
from warehouse.roles import create_database
from warehouse.schema_state import require_known, restore_marker
from warehouse.server import start_server, stop_server
from warehouse.settings import Settings

Submit = Callable[[Settings, Path, datetime], object]
# What may lie in an empty home: its backups, secrets put back first, and what commands leave.
_NOT_USED = frozenset({"backups", "secrets", "run", "logs"})


@dataclass(frozen=True)
class RestoreResult:
    """What came back, all of it checked; `waiting_signature` are months to be signed anew."""

    backup: str
    made_at: str
    publications: int
    landing_files: int
    waiting_files: int
    migrated: tuple[str, ...]
    waiting_signature: tuple[str, ...]
    damaged: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw restore --json` prints."""
        return asdict(self)


def restore_backup(
    settings: Settings, directory: Path, submit: Submit, progress: Progress = silent
) -> RestoreResult:
    """Restore a backup (or the newest of a folder) into an empty home and check every part.

    `submit` puts a file into the inbox with its time of receipt. Leaves the embedded server
    running. Raises `BackupError` when the backup is damaged or needs newer software, when the home
    is in use, or when what came back is not what was saved.
    """
    backup = find_backup(directory)
    progress("reading the backup")
    manifest = verify_backup(backup)
    require_known(manifest.migrations)
    with writing(f"The home {settings.home}"):
        _mark(settings, backup)
        progress(f"copying {len(manifest.landing)} landing files")
        _copy_landing(settings, backup, manifest)
        progress("restoring the database")
        _restore_database(settings, backup, manifest)
        migrated = migrate(settings, progress, restoring=True)
        progress("checking every publication")
        waiting = _check(settings, manifest)
        if (backup / AREAS).exists():
            copy_file(backup / AREAS, settings.areas_file)
        for file in manifest.waiting:
            submit(settings, backup / file.path, datetime.fromisoformat(file.received_at))
        restore_marker(settings).unlink()
    return RestoreResult(
        backup=str(backup),
        made_at=manifest.made_at,
        publications=len(manifest.publications),
        landing_files=len(manifest.landing),
        waiting_files=len(manifest.waiting),
        migrated=tuple(migrated),
        waiting_signature=tuple(waiting),
        damaged=tuple(manifest.damaged),
    )


def _mark(settings: Settings, backup: Path) -> None:
    """Refuse a used home; put the marker into an empty one, or go on with the same backup."""
    marker = restore_marker(settings)
    if marker.exists():
        if marker.read_text(encoding="utf-8").strip() != str(backup):
            raise BackupError(
                f"{settings.home} holds part of another backup.",
                remedy="Remove that folder (keep its secrets), then restore again.",
            )
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    used = sorted(path.name for path in settings.home.iterdir() if path.name not in _NOT_USED)
    if used:
        raise BackupError(
            f"{settings.home} is in use: it holds {', '.join(used)}.",
            remedy="Set TMW_HOME to a new folder; nothing was changed.",
        )
    if settings.database_url is not None and _is_filled(settings):
        raise BackupError(
            "The database of TMW_DATABASE_URL holds a warehouse.",
            remedy="Name an empty database; nothing was changed.",
        )
    marker.write_text(f"{backup}\n", encoding="utf-8")


def _copy_landing(settings: Settings, backup: Path, manifest: Manifest) -> None:
    store = backup.parent / LANDING
    settings.landing_dir.mkdir(exist_ok=True, mode=0o700)
    for stored in manifest.landing:
        target = settings.landing_dir / stored.path
        if not target.exists() or file_sha256(target) != stored.sha256:
            copy_file(store / stored.path, target)
            target.chmod(0o400)


def _restore_database(settings: Settings, backup: Path, manifest: Manifest) -> None:
    if settings.database_url is None:
        stop_server(settings)  # and with it what a killed restore may still be doing
        start_server(settings)
        create_database(settings)
    with connect(settings, Role.admin, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and application_name = %s",
            [RESTORING],
        )
        _require_able(connection, manifest)
        create_roles(connection, manifest.roles)
    if not _is_filled(settings):
        restore_dump(settings, backup / DUMP)


def _require_able(connection: psycopg.Connection, manifest: Manifest) -> None:
    """Refuse a server that is too old, or an administrator who cannot give objects to others."""
    if connection.info.server_version // 10000 < manifest.server_version // 10000:
        raise BackupError(
            f"The backup comes from PostgreSQL {manifest.server_version // 10000}, the server is"
            f" PostgreSQL {connection.info.server_version // 10000}.",
            remedy="Use a server of that version or a newer one.",
        )
    if connection.info.parameter_status("is_superuser") != "on":
        raise BackupError(
            f"{connection.info.user} is no superuser and cannot restore what belongs to others.",
            remedy="Give TMW_DATABASE_URL the server's administrator for the restore.",
        )
    if connection.info.user != manifest.admin:
        raise BackupError(
            f"The backup belongs to the role {manifest.admin}, TMW_DATABASE_URL names"
            f" {connection.info.user}.",
            remedy=f"Make a superuser {manifest.admin} on that server and name it there.",
        )


def _is_filled(settings: Settings) -> bool:
    with connect(settings, Role.admin) as connection:
        row = connection.execute("select to_regclass('ops.submission') is not null").fetchone()
    return bool(row and row[0])


def _check(settings: Settings, manifest: Manifest) -> list[str]:
    """Compare publications and landing files with the manifest; return the months to be signed."""
    marts = mart_contracts(settings)
    with connect(settings, Role.admin) as connection:
        for publication, known in manifest.publications.items():
            found = hash_candidate(
                connection,
                marts,
                schema="released",
                month=Month.parse(known["stat_month"]).first_day,
                publication_id=publication,
            )
            if found.total != known["candidate_hash"]:
                raise BackupError(
                    f"Publication {publication} came back with other figures.",
                    remedy="Do not use this home; restore another backup and report this.",
                )
        rows = connection.execute(
            "select publication_id from ops.publication except select unnest(%s::text[]) limit 1",
            [list(manifest.publications)],
        ).fetchall()
        submissions = connection.execute(
            "select landing_path, sha256 from ops.submission"
        ).fetchall()
        waiting = connection.execute(
            "select stat_month from ops.build where in_force and state = 'waiting_signature'"
            " order by stat_month"
        ).fetchall()
    damaged = set(manifest.damaged)
    for path, sha256 in submissions:
        if path not in damaged and file_sha256(settings.landing_dir / path) != sha256:
            raise BackupError(
                f"The landing file {path} came back with other bytes.",
                remedy="Restore another backup and report this.",
            )
    if rows:
        raise BackupError(
            f"Publication {rows[0][0]} is not in the manifest.",
            remedy="Restore another backup and report this.",
        )
    return [str(Month.of(row[0])) for row in waiting]
