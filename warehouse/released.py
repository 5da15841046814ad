"""`released` tables and `published` views, kept in step with the marts' contracts.

A new column is added to both (null for what was released before); removing or retyping one is
refused, because every figure ever published must stay readable as it was.

Readers are connected meanwhile. A view and its table are changed in one short transaction that
takes the view's lock first, as readers do, and waits for it while it holds nothing: so it is in
no deadlock, and it gives up and tries again before readers queue behind it for long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

import psycopg
from psycopg import sql

from warehouse.contracts import MartContract
from warehouse.database import Role, connect
from warehouse.errors import MigrationError
from warehouse.locks import Progress, silent
from warehouse.published_views import (
    columns_of,
    comment_on,
    ledger_views,
    replace_view,
    subject_view,
    timezone_of,
)
from warehouse.settings import Settings

# Readers queue behind a waiting change no longer than this; the second wait, in which the view's
# lock is held, is far below PostgreSQL's deadlock_timeout (1 s), so a reader is never its victim.
_VIEW_LOCK_TIMEOUT = "1s"
_TABLE_LOCK_TIMEOUT = "200ms"
# Longer than a reader may idle in a transaction (10 minutes, migration 0001).
_PATIENCE_SECONDS = 900.0
_PAUSE_SECONDS = (0.1, 2.0)


def sync_subjects(
    settings: Settings, marts: Iterable[MartContract], progress: Progress = silent
) -> None:
    """Bring table and view of every mart up to date, and the views of the ledger; readers go on.

    Each is a transaction of its own.
    Raises `MigrationError` where a column would be lost or a reader holds a view for too long.
    """
    for mart in marts:
        _between_readers(settings, mart.subject, partial(sync_subject, mart=mart), progress)
    with connect(settings, Role.admin) as connection:
        views = ledger_views(timezone_of(connection))
    for view in views:
        show = partial(replace_view, schema="published", view=view)
        _between_readers(settings, view.name, show, progress)


def require_kept(connection: psycopg.Connection, marts: Iterable[MartContract]) -> None:
    """Raise `MigrationError` where a published column has left its mart or changed its type."""
    for mart in marts:
        present = columns_of(connection, "released", mart.subject)
        if present:
            _require_kept(connection, mart, present)


def sync_subject(connection: psycopg.Connection, mart: MartContract) -> None:
    """Make or extend the table and the view of one mart, in the transaction of the caller."""
    present = columns_of(connection, "released", mart.subject)
    if present:
        _require_kept(connection, mart, present)
        _lock(connection, mart)
        _extend_table(connection, mart, present)
    else:
        _create_table(connection, mart)
    replace_view(connection, "published", subject_view(connection, mart))


def _between_readers(
    settings: Settings,
    view: str,
    change: Callable[[psycopg.Connection], None],
    progress: Progress,
) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause, longest = _PAUSE_SECONDS
    while True:
        try:
            with connect(settings, Role.admin) as connection:
                connection.execute(
                    sql.SQL("set local lock_timeout = {}").format(_VIEW_LOCK_TIMEOUT)
                )
                change(connection)
        except psycopg.errors.LockNotAvailable as error:
            if time.monotonic() > deadline:
                raise MigrationError(
                    f"A reader has held published.{view} for {_PATIENCE_SECONDS / 60:.0f} minutes.",
                    remedy="End that session (see pg_stat_activity), then migrate again.",
                ) from error
            progress(f"waiting for a reader of published.{view} to end")
            time.sleep(pause)
            pause = min(pause * 2, longest)
        else:
            return


def _lock(connection: psycopg.Connection, mart: MartContract) -> None:
    """Lock the view, then the table: readers meet the view first and hold it as long.

    A view cannot be locked by `lock table` without everything below it, the ledger included;
    giving it the owner it has takes its lock alone.
    """
    if columns_of(connection, "published", mart.subject):
        connection.execute(
            sql.SQL("alter view {} owner to view_owner").format(
                sql.Identifier("published", mart.subject)
            )
        )
    connection.execute(sql.SQL("set local lock_timeout = {}").format(_TABLE_LOCK_TIMEOUT))
    connection.execute(
        sql.SQL("lock table {} in access exclusive mode").format(
            sql.Identifier("released", mart.subject)
        )
    )


def _create_table(connection: psycopg.Connection, mart: MartContract) -> None:
    columns: list[sql.Composable] = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(column.sql_type),
            sql.SQL(" not null" if column.name in mart.key else ""),
        )
        for column in mart.columns
    ]
    columns.insert(1, sql.SQL("publication_id text not null"))
    key = ["stat_month", "publication_id", *(name for name in mart.key if name != "stat_month")]
    table = sql.Identifier("released", mart.subject)
    connection.execute(
        sql.SQL("create table {} ({}, primary key ({}))").format(
            table, sql.SQL(", ").join(columns), sql.SQL(", ").join(map(sql.Identifier, key))
        )
    )
    connection.execute(sql.SQL("create index on {} (area_code, stat_month)").format(table))
    comment_on(connection, "table", table, f"Every release of {mart.name}, append-only.")


def _require_kept(
    connection: psycopg.Connection, mart: MartContract, present: dict[str, str]
) -> None:
    gone = [n for n in present if n not in mart.column_names and n != "publication_id"]
    if gone:
        raise MigrationError(
            f"Columns {', '.join(gone)} have left {mart.name}, but they have been published.",
            remedy="Keep them in the mart (null from now on): what was published stays readable.",
        )
    for column in mart.columns:
        wanted = _canonical_type(connection, column.sql_type)
        if present.get(column.name, wanted) != wanted:
            raise MigrationError(
                f"{mart.name}.{column.name} was published as {present[column.name]}"
                f" and is now {wanted}.",
                remedy="Give the new type a new column and keep the old one.",
            )


def _extend_table(
    connection: psycopg.Connection, mart: MartContract, present: dict[str, str]
) -> None:
    """Add the new columns, null for what was released before: no row is rewritten."""
    for column in mart.columns:
        if column.name not in present:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    sql.Identifier("released", mart.subject),
                    sql.Identifier(column.name),
                    sql.SQL(column.sql_type),
                )
            )


def _canonical_type(connection: psycopg.Connection, sql_type: str) -> str:
    """Return a type as PostgreSQL prints it (`decimal(16, 2)` is `numeric(16,2)`)."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("select null::{}").format(sql.SQL(sql_type)))
        description = (cursor.description or [])[0]
        cursor.execute("select format_type(%s, %s)", [description.type_code, description._fmod])
        row = cursor.fetchone()
    return str(row[0]) if row else sql_type
