"""Schemas that show every published view as it stood at an instant: `tmw as-of`.

Such a schema holds views alone: what was in force at its instant is read from the history, so
it costs no rows. Its comment says that it is ours and which instant it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import ServerError, UsageError
from warehouse.locks import Lock, lock_until_commit
from warehouse.published_views import READERS, published_views, replace_view
from warehouse.settings import Settings

_NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_MARK = "tmw as-of "
# A reader of the schema may keep a view busy; a person waits for an answer.
_LOCK_TIMEOUT = "10s"


@dataclass(frozen=True)
class AsOfSchema:
    """A schema, the instant it shows, and its views."""

    schema: str
    shows: datetime
    views: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw as-of --json` prints, the instant as ISO text."""
        return {**asdict(self), "shows": self.shows.isoformat()}


def parse_instant(settings: Settings, text: str) -> datetime:
    """Read an ISO timestamp; without an offset it is of the settings' time zone.

    Raises `UsageError` for anything else.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no timestamp.", remedy="Write it as 2009-12-20T08:00:00 or with +08:00."
        ) from error
    zone = ZoneInfo(settings.timezone)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def show_as_of(settings: Settings, at: datetime, schema: str) -> AsOfSchema:
    """Make a schema whose views show what readers saw at an instant; `bi_reader` may read it.

    A schema made before is led to this instant, all views at once. Raises `UsageError` for a
    name that cannot be used, a schema of somebody else's making, or an instant to come.
    """
    _require_name(schema)
    with _changing(settings, schema) as connection:
        # Whoever is publishing has fixed an instant that may lie before this one: wait for the
        # commit, so that what the views show never changes afterwards.
        lock_until_commit(connection, Lock.release)
        row = connection.execute("select clock_timestamp()").fetchone()
        if row is None or at > row[0]:
            raise UsageError(
                f"{at.isoformat()} has not come yet.", remedy="Name an instant that has passed."
            )
        if _mark_of(connection, schema) is None:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        _fill(connection, schema, at, mart_contracts(settings))
        return AsOfSchema(schema, at, _views(connection, schema))


def list_as_of(settings: Settings) -> list[AsOfSchema]:
    """Return the schemas made by `show_as_of`, by name."""
    with connect(settings, Role.publisher) as connection:
        return [
            AsOfSchema(schema, _instant(settings, mark), _views(connection, schema))
            for schema, mark in _ours(connection)
        ]


def drop_as_of(settings: Settings, schema: str) -> AsOfSchema:
    """Remove a schema made by `show_as_of`, and return what it was.

    Raises `UsageError` where it is not of our making, or where somebody has put something into
    it or built upon it: that is not ours to remove.
    """
    with _changing(settings, schema) as connection:
        mark = _mark_of(connection, schema)
        if mark is None:
            raise UsageError(
                f"There is no schema {schema}.",
                remedy="See `tmw as-of --list` for those there are.",
            )
        dropped = AsOfSchema(schema, _instant(settings, mark), _views(connection, schema))
        try:
            for view in dropped.views:
                connection.execute(sql.SQL("drop view {}").format(sql.Identifier(schema, view)))
            connection.execute(sql.SQL("drop schema {}").format(sql.Identifier(schema)))
        except psycopg.errors.DependentObjectsStillExist as error:
            raise UsageError(
                f"Something else lies in {schema} or is built upon it:"
                f" {' '.join((error.diag.message_detail or '').split())}",
                remedy="Remove that first; nothing has been dropped.",
            ) from error
        return dropped


def refresh_as_of(settings: Settings) -> None:
    """Give the schemas there are the columns and views that `published` has gained."""
    marts = mart_contracts(settings)
    with connect(settings, Role.admin) as connection:
        schemas = _ours(connection)
    for schema, mark in schemas:
        with _changing(settings, schema) as connection:
            _fill(connection, schema, _instant(settings, mark), marts)


@contextmanager
def _changing(settings: Settings, schema: str) -> Iterator[psycopg.Connection]:
    try:
        with connect(settings, Role.admin) as connection:
            connection.execute(sql.SQL("set local lock_timeout = {}").format(_LOCK_TIMEOUT))
            yield connection
    except psycopg.errors.LockNotAvailable as error:
        raise ServerError(
            f"Schema {schema} is in use, or a release is being made: nothing was changed.",
            remedy="Run the command again; see pg_stat_activity for the session in the way.",
        ) from error


def _fill(
    connection: psycopg.Connection, schema: str, at: datetime, marts: tuple[MartContract, ...]
) -> None:
    name = sql.Identifier(schema)
    for view in published_views(connection, marts, at):
        replace_view(connection, schema, view)
    readers = sql.SQL(", ").join(map(sql.Identifier, READERS))
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(name, readers))
    connection.execute(
        sql.SQL("comment on schema {} is {}").format(name, sql.Literal(_MARK + at.isoformat()))
    )


def _mark_of(connection: psycopg.Connection, schema: str) -> str | None:
    """Return the mark of a schema of ours, None where there is none of that name."""
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
        [schema],
    ).fetchone()
    if row is None:
        return None
    if not str(row[0] or "").startswith(_MARK):
        raise UsageError(
            f"Schema {schema} was not made by `tmw as-of`; it is left alone.",
            remedy="Name another with --schema.",
        )
    return str(row[0])


def _ours(connection: psycopg.Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace"
        " where starts_with(obj_description(oid, 'pg_namespace'), %s) order by 1",
        [_MARK],
    ).fetchall()


def _instant(settings: Settings, mark: str) -> datetime:
    return parse_instant(settings, mark.removeprefix(_MARK))


def _views(connection: psycopg.Connection, schema: str) -> tuple[str, ...]:
    """Return the views we made in a schema; a view of somebody else has another owner."""
    rows = connection.execute(
        "select viewname from pg_views where schemaname = %s and viewowner = 'view_owner'"
        " order by 1",
        [schema],
    ).fetchall()
    return tuple(row[0] for row in rows)


def _require_name(schema: str) -> None:
    if not _NAME.fullmatch(schema):
        raise UsageError(
            f"{schema!r} cannot be the name of a schema.",
            remedy="Write small letters, digits and '_', a letter first, e.g. y2009_as_published.",
        )
