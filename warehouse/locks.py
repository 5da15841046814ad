"""One writer at a time: advisory locks, each held on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

import psycopg

from warehouse.database import Role, connect
from warehouse.settings import Settings

Progress = Callable[[str], None]

_NAMESPACE = 20091  # keeps our locks apart from those of other software in the database


class Lock(IntEnum):
    """What may be done by one process at a time in one warehouse."""

    migrate = 1
    build = 2
    receive = 3
    release = 4
    decide = 5
    answer = 6


def silent(_message: str) -> None:
    """Report no progress."""


@contextmanager
def exclusive(
    settings: Settings, lock: Lock, role: Role, progress: Progress = silent
) -> Iterator[None]:
    """Hold a lock; wait for whoever holds it.

    The lock ends with its connection, also when this process is killed.
    """
    with connect(settings, role, autocommit=True) as connection:
        key = (_NAMESPACE, lock.value)
        row = connection.execute("select pg_try_advisory_lock(%s, %s)", key).fetchone()
        if row is None or not row[0]:
            progress(f"waiting for another {lock.name} to end")
            connection.execute("select pg_advisory_lock(%s, %s)", key)
        yield


def lock_until_commit(connection: psycopg.Connection, lock: Lock, *, shared: bool = False) -> None:
    """Take a lock that ends with the transaction of this connection; wait for whoever holds it.

    Many may share a lock; who takes it alone waits for all of them.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    connection.execute(f"select {function}(%s, %s)", (_NAMESPACE, lock.value))
