"""A database without room: every writer says so, nothing is half done, and with room it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from expectations.gate import gate_month
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from tests.torture.disk import fill, full, mounted
from warehouse.builds import build_month
from warehouse.database import Role, connect, database_url
from warehouse.faults import DiskFullError, fault_in
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

Counts = tuple[int, ...]
MONTH = Month(2009, 11)
MEGABYTES = 120
ROWS_OF_SONGPING = 3


@pytest.fixture
def small(
    built_example: Settings, clone_warehouse: Clone, tmp_path: Path
) -> Iterator[tuple[Settings, Path]]:
    """Return the built example with its database on a small disk of its own, and that disk."""
    disk = tmp_path / "disk"
    with mounted(disk, MEGABYTES) as allowed:
        if not allowed:
            pytest.skip("a file system of limited size cannot be mounted here (needs root)")
        (disk / "tablespace").mkdir(mode=0o700)
        with clone_warehouse(built_example, tmp_path / "home") as settings:
            gate_month(settings, MONTH)
            name = sql.Identifier(str(database_url(settings, Role.admin).database))
            with connect(settings, Role.admin, database="postgres", autocommit=True) as admin:
                admin.execute(
                    sql.SQL("create tablespace small location {}").format(
                        sql.Literal(str(disk / "tablespace"))
                    )
                )
                admin.execute(sql.SQL("alter database {} set tablespace small").format(name))
            with connect(settings, Role.admin) as admin:  # the next row needs a new page
                admin.execute("alter table ops.submission set (fillfactor = 10)")
            yield settings, disk
        with connect(built_example, Role.admin, database="postgres", autocommit=True) as admin:
            admin.execute("drop tablespace small")


def test_a_full_disk_stops_every_writer_and_loses_nothing(
    small: tuple[Settings, Path], songping_revised: Callable[[Settings], Path]
) -> None:
    settings, disk = small
    receipt = submit_file(settings, songping_revised(settings))
    with connect(settings, Role.admin, autocommit=True) as watch:  # a login may need room, too
        before = counts(watch)
        with full(disk):
            for writes in (
                lambda: receive_inbox(settings),
                lambda: publish(settings, [MONTH]),
                lambda: build_month(settings, MONTH),
            ):
                with pytest.raises(Exception) as caught:
                    writes()
                fault = fault_in(settings, caught.value, "it was not done")
                assert isinstance(fault, DiskFullError), caught.value
                assert "a disk of the database server" in str(fault)
                # a return may have found room for itself and none for what comes after it
                assert counts(watch) in (before, with_one_more(before, ROWS_OF_SONGPING))
            with pytest.raises(DiskFullError, match="a disk of the database server"):
                log_in_for_the_first_time(settings, disk)
        assert [s.receipt_no for s in receive_inbox(settings).submissions] == [receipt.receipt_no]
        assert counts(watch) == with_one_more(before, ROWS_OF_SONGPING)
    build_month(settings, MONTH)
    assert gate_month(settings, MONTH).state == "ready"
    assert publish(settings, [MONTH]).publication_ids == ("2009-11.r1",)


def log_in_for_the_first_time(settings: Settings, disk: Path) -> None:
    """Log in where the server must write its cache of the catalogue (a build makes it stale)."""
    for cache in disk.rglob("pg_internal.init"):
        cache.unlink()
    fill(disk)
    connect(settings, Role.loader)


def with_one_more(counted: Counts, rows: int) -> Counts:
    """Return the counts with one submission more, whole."""
    submissions, raw, *released = counted
    return (submissions + 1, raw + rows, *released)


def counts(watch: psycopg.Connection) -> Counts:
    """Return how much there is of what must come whole or not at all."""
    counted = watch.execute(
        "select (select count(*) from ops.submission), (select count(*) from raw.fp02),"
        " (select count(*) from ops.publication), (select count(*) from ops.release),"
        " (select count(*) from released.fund_by_source),"
        " (select count(*) from ops.release_month)"
    ).fetchone()
    assert counted is not None
    return counted
