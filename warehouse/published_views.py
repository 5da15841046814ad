"""The views readers query: what each shows, now or as it stood at an instant, and who may read.

`tmw db migrate` makes them in `published`, `tmw as-of` once more in a schema of its own. A view
has the same columns in the same order in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import psycopg
from psycopg import sql

from warehouse.contracts import LEADING_COLUMNS, MartContract
from warehouse.in_force import in_force
from warehouse.published_view import PublishedView
from warehouse.release_calendar import calendar_view
from warehouse.release_view import explanations_view, release_view
from warehouse.revision_views import revision_views

READERS = ("bi_reader", "tmw_publisher")
_PUBLICATION_COMMENTS = {
    "publication_id": "The publication this row belongs to, e.g. 2009-11.r1.",
    "release_id": "The release that switched this month.",
}


def published_views(
    connection: psycopg.Connection, marts: Iterable[MartContract], at: datetime | None = None
) -> list[PublishedView]:
    """Return every published view, showing what was in force at an instant (without one: now)."""
    subjects = [subject_view(connection, mart, at) for mart in marts]
    return [*subjects, *ledger_views(timezone_of(connection), at)]


def ledger_views(timezone: str, at: datetime | None = None) -> list[PublishedView]:
    """Return the views that are no mart: releases, their calendar, revisions, explanations."""
    return [
        release_view(at),
        explanations_view(at),
        calendar_view(timezone, at),
        *revision_views(at),
    ]


def timezone_of(connection: psycopg.Connection) -> str:
    """Return the time zone of a connection, which is that of the settings."""
    return connection.info.parameter_status("TimeZone") or "UTC"


def subject_view(
    connection: psycopg.Connection, mart: MartContract, at: datetime | None = None
) -> PublishedView:
    """Return the view of one mart; an existing one keeps its order and grows at the end."""
    wanted = [*LEADING_COLUMNS, "publication_id", "release_id"]
    wanted += [name for name in mart.column_names if name not in wanted]
    present = list(columns_of(connection, "published", mart.subject))
    order = present + [name for name in wanted if name not in present]
    query = sql.SQL(
        "select {} from {} as released inner join {} as month_in_force"
        " on released.stat_month = month_in_force.stat_month"
        " and released.publication_id = month_in_force.publication_id"
    ).format(
        sql.SQL(", ").join(
            sql.Identifier("month_in_force" if name == "release_id" else "released", name)
            for name in order
        ),
        sql.Identifier("released", mart.subject),
        in_force(at),
    )
    comments = {column.name: column.description for column in mart.columns}
    return PublishedView(mart.subject, query, mart.description, comments | _PUBLICATION_COMMENTS)


def replace_view(connection: psycopg.Connection, schema: str, view: PublishedView) -> None:
    """Make or replace a view in a schema: owned by `view_owner`, read by readers."""
    name = sql.Identifier(schema, view.name)
    connection.execute(sql.SQL("create or replace view {} as {}").format(name, view.query))
    where = sql.Identifier(schema)
    connection.execute(sql.SQL("grant create on schema {} to view_owner").format(where))
    connection.execute(sql.SQL("alter view {} owner to view_owner").format(name))
    connection.execute(sql.SQL("revoke create on schema {} from view_owner").format(where))
    readers = sql.SQL(", ").join(map(sql.Identifier, READERS))
    connection.execute(sql.SQL("grant select on {} to {}").format(name, readers))
    comment_on(connection, "view", name, view.description)
    for column, text in view.comments.items():
        comment_on(connection, "column", sql.Identifier(schema, view.name, column), text)


def columns_of(connection: psycopg.Connection, schema: str, relation: str) -> dict[str, str]:
    """Return the columns of a relation in their order, with PostgreSQL's name of the type."""
    rows = connection.execute(
        "select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a"
        " inner join pg_class as c on a.attrelid = c.oid"
        " inner join pg_namespace as n on c.relnamespace = n.oid"
        " where n.nspname = %s and c.relname = %s and a.attnum > 0 and not a.attisdropped"
        " order by a.attnum",
        [schema, relation],
    ).fetchall()
    return dict(rows)


def comment_on(connection: psycopg.Connection, kind: str, name: sql.Composable, text: str) -> None:
    """Say what a table, view or column holds; without a text nothing is said."""
    if text:
        connection.execute(
            sql.SQL("comment on {} {} is {}").format(sql.SQL(kind), name, sql.Literal(text))
        )
