"""Faults of the machine, told from faults of the data: a full disk, a database that went away.

Whatever library meets them first, the user reads one sentence that names the disk or the server
and says what to do. Nothing is half done afterwards: the same command is run again.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import psycopg

from warehouse.errors import ServerError, WarehouseError
from warehouse.settings import Settings

NO_SPACE = "No space left on device"  # as the kernel, PostgreSQL and dbt all say it
_GONE = (  # as dbt and Great Expectations hand it on
    "Connection refused",
    "server closed the connection",
    "terminating connection",
    "the database system is in recovery mode",
    "the database system is not yet accepting connections",
)
_LOG_SEGMENT = 16 * 2**20  # bytes; PostgreSQL stops where it cannot write the next one
_FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFullError(WarehouseError):
    """There is no room left where something had to be written."""


def fault_in(settings: Settings, error: BaseException, doing: str) -> WarehouseError | None:
    """Return a fault of the machine as our error, None for an error of any other kind.

    The causes of the error are looked at, too (SQLAlchemy and dbt wrap those of the database).
    `doing` says what was not done, e.g. "2009-11 was not published".
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return disk_full(settings, doing, Path(cause.filename or settings.home))
        if isinstance(cause, psycopg.errors.DiskFull) or NO_SPACE in str(cause):
            return disk_full(settings, doing)
        if _lost(cause):
            return ServerError(
                f"{doing}: the database went away meanwhile ({_first_line(cause)}).",
                remedy="A running stack starts it again by itself, else do it with `tmw db start`;"
                " then run the same command again.",
            )
    return None


def disk_full(settings: Settings, doing: str, path: Path | None = None) -> DiskFullError:
    """Return the error of a full disk: the one of the path, without it the database's."""
    folder = path or settings.database_dir
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    where = f"the disk of {folder} ({free // 2**20} MB free)"
    if path is None and (settings.database_url is not None or free > _LOG_SEGMENT):
        where = "a disk of the database server, perhaps that of a tablespace,"
    return DiskFullError(
        f"{doing}: {where} is full.",
        remedy="Make room there, start the database with `tmw db start` where it has stopped,"
        " and run the same command again.",
    )


def has_no_room(settings: Settings) -> bool:
    """Tell whether the embedded server has too little room even for one segment of its log."""
    folder = settings.database_dir
    return folder.is_dir() and shutil.disk_usage(folder).free < _LOG_SEGMENT


def _lost(error: BaseException) -> bool:
    """Tell a lost connection from an error of a statement, which carries an SQL state."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        state = error.sqlstate
        return state is None or state.startswith(("57P", "08"))
    return any(words in str(error) for words in _GONE)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
