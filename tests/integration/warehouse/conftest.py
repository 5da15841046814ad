"""Candidates made by hand, so that releases are tested without dbt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from warehouse.builds import BuildResult, finish_build, open_build
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

MONTH = Month(2009, 11)
LIJIANG = "530700000000"
_FILLERS = {"text": "-", "boolean": False, "date": MONTH.first_day}


class Lab:
    """A warehouse of its own, and what these tests do with it."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self.settings = settings
        self._environment = environment

    def candidate(self, figure: int, *, month: Month = MONTH, state: str = "ready") -> BuildResult:
        """Record a finished build with one figure, in the state the gate gave it."""
        build = open_build(self.settings, month)
        with connect(self.settings, Role.builder) as connection:
            _one_figure(connection, month, Decimal(figure))
        result = finish_build(self.settings, build)
        with connect(self.settings, Role.builder) as connection:
            connection.execute(
                "update ops.build set state = %s where build_id = %s", [state, result.build_id]
            )
        return result

    def submission(self, state: str, month: Month = MONTH) -> int:
        """Record a return of the city in a state; return its id."""
        with connect(self.settings, Role.loader) as connection:
            row = connection.execute(
                "insert into ops.submission (receipt_no, sha256, file_name, file_bytes,"
                " landing_path, form_code, area_code, stat_month, version, received_at, state)"
                " values (gen_random_uuid(), gen_random_uuid(), 'a.xlsx', 1, 'x', 'FP-02',"
                " '530700000000', %s, 0, now(), %s) returning submission_id",
                [month.first_day, state],
            ).fetchone()
        assert row is not None
        return int(row[0])

    def decide(self, submission: int, state: str) -> None:
        """Give a return another state."""
        with connect(self.settings, Role.loader) as connection:
            connection.execute(
                "update ops.submission set state = %s where submission_id = %s",
                [state, submission],
            )

    def hand_on(self, key: str, digest: str, month: Month = MONTH) -> None:
        """Let the build in force of a month have handed something on to other months."""
        with connect(self.settings, Role.builder) as connection:
            connection.execute(
                "update ops.build set handed_on = handed_on || jsonb_build_object(%s::text,"
                " %s::text) where stat_month = %s and in_force",
                [key, digest, month.first_day],
            )

    def published(self) -> list[tuple[str, str, int]]:
        """Return what a reader sees of the one figure: month, publication and value."""
        return self.rows(
            "select to_char(stat_month, 'YYYY-MM'), publication_id, issued_yuan_ytd::int"
            " from published.fund_by_source order by 1",
            role=Role.reader,
        )

    def rows(self, query: str, *, role: Role = Role.admin) -> list[Any]:
        """Return the rows of a query."""
        with connect(self.settings, role) as connection:
            return connection.execute(query.encode()).fetchall()

    @contextmanager
    def child(self, statement: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a statement of Python in a process group of its own; it is gone afterwards."""
        script = (
            "from warehouse.builds import build_month\n"
            "from warehouse.month import Month\n"
            "from warehouse.releases import publish\n"
            "from warehouse.settings import load_settings\n"
            f"settings = load_settings()\n{statement}\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script], env=self._environment, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @contextmanager
    def blocked(self, table: str) -> Iterator[None]:
        """Let every writer of a table wait; readers pass."""
        with connect(self.settings, Role.admin) as blocker:
            blocker.execute(f"lock table {table} in exclusive mode".encode())
            yield
            blocker.rollback()

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something becomes true; fail when it does not."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("waited too long")
            time.sleep(0.05)

    def waits_for_lock(self, application: str) -> bool:
        """Tell whether a connection of this name waits for a row or a table."""
        return bool(
            self.rows(
                "select pid from pg_stat_activity where datname = current_database()"
                f" and application_name = '{application}' and wait_event_type = 'Lock'"
            )
        )


@pytest.fixture
def lab(warehouse_home: Settings, environment_of: Callable[[Settings], dict[str, str]]) -> Lab:
    """Return an empty, migrated warehouse with its tools."""
    return Lab(warehouse_home, environment_of(warehouse_home))


def _one_figure(connection: psycopg.Connection, month: Month, figure: Decimal) -> None:
    partition = sql.Identifier("marts", f"mart_fund_by_source__{month.compact}")
    connection.execute(sql.SQL("drop table if exists {}").format(partition))
    connection.execute(
        sql.SQL("create table {} partition of marts.mart_fund_by_source for values in ({})").format(
            partition, sql.Literal(month.first_day)
        )
    )
    required = connection.execute(
        "select attname, format_type(atttypid, null) from pg_attribute"
        " where attrelid = 'marts.mart_fund_by_source'::regclass and attnum > 0 and attnotnull"
        " and not attisdropped"
    ).fetchall()
    values = {name: _FILLERS.get(kind, 0) for name, kind in required}
    values |= {"stat_month": month.first_day, "area_code": LIJIANG, "issued_yuan_ytd": figure}
    connection.execute(
        sql.SQL("insert into marts.mart_fund_by_source ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Literal, values.values())),
        )
    )
