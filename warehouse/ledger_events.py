"""Decisions that change what a month is made of: recorded with who, when and why, never changed.

A build remembers the last one it has seen. So that none is overlooked, a decision and its record
are one transaction under a shared lock, and a build takes that lock alone while it freezes its
input: what is not committed by then gets a higher number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Literal

import psycopg

from warehouse.database import Role, connect
from warehouse.locks import Lock, lock_until_commit
from warehouse.settings import Settings

Kind = Literal["withdrawn", "waived", "excused", "owed_again", "assigned", "explained"]


@dataclass(frozen=True)
class LedgerEvent:
    """One decision; `last` None means until further notice."""

    kind: Kind
    first: date
    last: date | None
    area_code: str | None = None
    form_code: str | None = None
    reason: str | None = None
    owner: str | None = None
    submission_id: int | None = None
    check_id: str | None = None


@contextmanager
def deciding(settings: Settings) -> Iterator[psycopg.Connection]:
    """Open the transaction of a decision, as the loader."""
    with connect(settings, Role.loader) as connection:
        lock_until_commit(connection, Lock.decide, shared=True)
        yield connection


def record_event(connection: psycopg.Connection, event: LedgerEvent) -> None:
    """Record a decision in the transaction of `deciding` that carries it out."""
    connection.execute(
        "insert into ops.ledger_event (kind, owner, reason, area_code, form_code, submission_id,"
        " check_id, first_month, last_month) values (%s, %s, %s, %s, %s, %s, %s,"
        " date_trunc('month', %s::date), date_trunc('month', %s::date))",
        [
            event.kind, event.owner, event.reason, event.area_code, event.form_code,
            event.submission_id, event.check_id, event.first, event.last,
        ],
    )  # fmt: skip


def last_event(connection: psycopg.Connection) -> int:
    """Return the number of the last decision; none is under way until the transaction ends."""
    lock_until_commit(connection, Lock.decide)
    row = connection.execute("select coalesce(max(event_id), 0) from ops.ledger_event").fetchone()
    return int(row[0]) if row else 0


def decisions_since(settings: Settings, event_id: int) -> tuple[int, bool]:
    """Return the last decision, and whether one after `event_id` concerns a month built before it.

    Cheap enough to be asked every few seconds: it reads the decisions after that one, no returns.
    """
    with connect(settings, Role.loader) as connection:
        row = connection.execute(_SINCE, [event_id]).fetchone()
    return (event_id, False) if row is None or row[0] is None else (int(row[0]), bool(row[1]))


_SINCE = """
select
    max(event.event_id),
    bool_or(
        exists (
            select from ops.build as build
            where
                build.in_force
                and build.seen_event_id < event.event_id
                and build.stat_month between event.first_month
                and coalesce(event.last_month, 'infinity')
        )
    )
from ops.ledger_event as event
where event.event_id > %s
"""
