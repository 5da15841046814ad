"""Which publication of each month is in force, now or at an instant: the one definition."""

from __future__ import annotations

from datetime import datetime

from psycopg import sql


def in_force(at: datetime | None = None) -> sql.Composable:
    """Return SQL of a relation with one row for each month that was in force at an instant.

    Its columns are `release_id, stat_month, publication_id, valid_from`; without an instant it
    is what readers see now. It can stand in a view: the instant is written into it.
    """
    condition: sql.Composable = sql.SQL("valid_to is null")
    if at is not None:
        condition = sql.SQL(
            "valid_from <= {at}::timestamptz and coalesce(valid_to, 'infinity') > {at}::timestamptz"
        ).format(at=sql.Literal(at.isoformat()))
    return sql.SQL(
        "(select release_id, stat_month, publication_id, valid_from"
        " from ops.release_month where {})"
    ).format(condition)
