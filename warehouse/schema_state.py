"""Does a database have the schema of this version of the software? What a schema derives from.

Asked once by every process of each database it works on, so that an older home answers with the
command to run and not with an SQL error, and a newer one is never written to by older software.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import psycopg

from warehouse.errors import MigrationError
from warehouse.settings import Settings

MIGRATIONS_DIR = Path(__file__).resolve().parent / "migrations"
RAW_TABLES, RELEASED = "raw tables", "released"
_SAID = {RAW_TABLES: "the raw tables", RELEASED: "the marts and their published views"}
_PUBLISHED_BY = (
    "released.py", "published_views.py", "in_force.py", "release_view.py", "release_plan.py",
    "release_calendar.py", "revision_views.py",
)  # fmt: skip
_OID: Final = "select oid from pg_database where datname = current_database()"
_fitting: set[tuple[str, int, int | None, Path]] = set()  # by server, database and definitions


def numbered_files(folder: Path = MIGRATIONS_DIR) -> list[Path]:
    """Return the numbered SQL files in the order in which they are applied."""
    return sorted(folder.glob("[0-9]*.sql"))


def derived_sources(settings: Settings) -> dict[str, list[Path]]:
    """Return what raw and released tables derive from, by the name of the step."""
    marts = settings.dbt_project_dir / "models" / "marts"
    return {
        RAW_TABLES: [MIGRATIONS_DIR / "generated" / "raw.sql"],
        RELEASED: [
            *sorted(marts.rglob("*.yml")),
            *(Path(__file__).with_name(name) for name in _PUBLISHED_BY),
        ],
    }


def digest(paths: Iterable[Path]) -> str:
    """Return the sha256 over names and contents of some files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def restore_marker(settings: Settings) -> Path:
    """Return the file that stands in a home while a backup is being restored into it."""
    return settings.home / "restoring"


def require_whole(settings: Settings) -> None:
    """Refuse a home into which a backup was restored only in part."""
    marker = restore_marker(settings)
    if marker.exists():
        raise MigrationError(
            f"{settings.home} is being restored, or its restore was ended before it was done.",
            remedy=f"Run again: tmw restore {marker.read_text(encoding='utf-8').strip()}",
        )


def require_known(applied: Iterable[str]) -> None:
    """Refuse a database, or a backup of one, that newer software has migrated."""
    known = {path.name for path in numbered_files()}
    if unknown := sorted(name for name in applied if name[:1].isdigit() and name not in known):
        raise MigrationError(
            f"The schema is newer than this software, which does not know {unknown[0]}.",
            remedy="Use the version of the software that made it, or a newer one.",
        )


def require_current(settings: Settings, connection: psycopg.Connection) -> None:
    """Refuse a schema of another version than this software's; cheap after the first call."""
    require_whole(settings)
    with connection.transaction():
        oid = connection.execute(_OID).fetchone()  # a restored database bears the same name
    key = (
        connection.info.host,
        connection.info.port,
        oid[0] if oid else None,
        settings.dbt_project_dir,
    )
    if key in _fitting:
        return
    try:
        with connection.transaction():
            rows = connection.execute("select name, sha256 from ops.migration").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        rows = []
    applied: dict[str, str] = dict(rows)
    require_known(applied)
    if missing := _not_applied(settings, applied):
        raise MigrationError(
            f"The schema of this database is older than the software ({missing}).",
            remedy="Run: tmw db migrate",
        )
    _fitting.add(key)


def _not_applied(settings: Settings, applied: Mapping[str, str]) -> str | None:
    for path in numbered_files():
        if path.name not in applied:
            return f"{path.name} is not applied"
    for name, sources in derived_sources(settings).items():
        if applied.get(name) != digest(sources):
            return f"the definitions of {_SAID[name]} have changed"
    return None
