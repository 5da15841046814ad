"""A home of another version of the software says what to do, before anything is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.backup import make_backup
from warehouse.database import Role, connect
from warehouse.errors import MigrationError
from warehouse.migrate import migrate
from warehouse.month import Month
from warehouse.schema_state import RAW_TABLES, restore_marker
from warehouse.settings import Settings
from warehouse.status import month_status

MONTH = Month(2009, 11)
TMW = str(Path(sys.executable).with_name("tmw"))


@pytest.mark.parametrize("step", ["0010_house.sql", RAW_TABLES])
def test_an_older_home_names_the_command(warehouse_home: Settings, step: str) -> None:
    with connect(warehouse_home, Role.admin) as admin:
        admin.execute("drop table ops.contact, ops.reminder")
        admin.execute("delete from ops.migration where name = '0010_house.sql'")
        admin.execute("delete from ops.migration where name = %s", [step])
    with pytest.raises(MigrationError, match=r"older than the software.*Run: tmw db migrate"):
        month_status(warehouse_home, MONTH)
    assert "0010_house.sql" in migrate(warehouse_home)
    assert month_status(warehouse_home, MONTH).state == "open"


def test_a_changed_definition_is_an_older_schema(warehouse_home: Settings) -> None:
    with connect(warehouse_home, Role.admin) as admin:
        admin.execute("update ops.migration set sha256 = 'x' where name = %s", [RAW_TABLES])
    with pytest.raises(MigrationError, match=r"definitions of the raw tables.*tmw db migrate"):
        month_status(warehouse_home, MONTH)


def test_a_newer_home_is_refused(
    warehouse_home: Settings, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    with connect(warehouse_home, Role.admin) as admin:
        admin.execute("insert into ops.migration (name, sha256) values ('9999_later.sql', 'x')")
    for command in (["build", "--month", "2009-11"], ["db", "migrate"]):
        done = subprocess.run(
            [TMW, *command], env=environment_of(warehouse_home),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 4, done
        assert "newer than this software, which does not know 9999_later.sql" in done.stderr
    with connect(warehouse_home, Role.admin) as admin:
        assert admin.execute("select count(*) from ops.build").fetchone() == (0,)


def test_half_a_restore_does_no_work(warehouse_home: Settings, tmp_path: Path) -> None:
    month_status(warehouse_home, MONTH)
    restore_marker(warehouse_home).write_text("/backups/20260101T000000\n", encoding="utf-8")
    remedy = "Run again: tmw restore /backups/20260101T000000"
    with pytest.raises(MigrationError, match=remedy):
        month_status(warehouse_home, MONTH)
    with pytest.raises(MigrationError, match=remedy):
        migrate(warehouse_home)
    with pytest.raises(MigrationError, match=remedy):
        make_backup(warehouse_home, tmp_path / "backups", [])
