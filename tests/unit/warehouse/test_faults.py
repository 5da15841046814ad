"""A full disk or a database that went away is told as such, whatever library met it."""

from __future__ import annotations

import errno
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from warehouse.errors import BuildError, ServerError
from warehouse.faults import DiskFullError, fault_in
from warehouse.settings import Settings

ELSEWHERE = SecretStr("postgresql://somebody@elsewhere/warehouse")


def wrapped(error: Exception) -> Exception:
    try:
        raise RuntimeError("the library says: no") from error
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.DiskFull("could not extend file"),
        wrapped(psycopg.errors.DiskFull("could not extend file")),
        BuildError("dbt failed: could not write: No space left on device", remedy="See dbt.log."),
    ],
)
def test_a_full_disk_is_told_whoever_met_it(error: Exception, tmp_path: Path) -> None:
    fault = fault_in(Settings(home=tmp_path), error, "The build of 2009-11 failed")
    assert isinstance(fault, DiskFullError)
    assert fault.exit_code == 4
    assert fault.message.startswith("The build of 2009-11 failed: a disk of the database server")
    assert "Make room" in fault.remedy


def test_the_disk_is_that_of_the_file_or_of_the_other_server(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "inbox" / "a.csv"))
    fault = fault_in(Settings(home=tmp_path), full, "x")
    assert f"the disk of {tmp_path} (" in str(fault)
    assert "MB free) is full" in str(fault)
    settings = Settings(home=tmp_path, database_url=ELSEWHERE)
    fault = fault_in(settings, psycopg.errors.DiskFull("could not extend"), "x")
    assert "a disk of the database server" in str(fault)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.errors.AdminShutdown("terminating connection"),
        BuildError("dbt failed: FATAL: the database system is in recovery mode", remedy="See."),
        wrapped(psycopg.errors.CrashShutdown("terminating connection because of crash")),
    ],
)
def test_a_lost_database_says_how_it_comes_back(error: Exception, tmp_path: Path) -> None:
    fault = fault_in(Settings(home=tmp_path), error, "2009-11 may not have been published")
    assert isinstance(fault, ServerError)
    assert "went away" in fault.message
    assert "run the same command again" in fault.remedy


@pytest.mark.parametrize(
    "error", [psycopg.errors.UniqueViolation("key"), ValueError("no"), OSError(errno.EACCES, "no")]
)
def test_any_other_error_is_none_of_them(error: Exception, tmp_path: Path) -> None:
    assert fault_in(Settings(home=tmp_path), error, "x") is None
