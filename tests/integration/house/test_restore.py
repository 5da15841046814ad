"""An empty home becomes the one that was backed up: the same figures, traces, owners, rights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.cell_text import read_cell_texts
from ingest.landing import submit_file, waiting_files
from warehouse import restore as restoring
from warehouse.backup import make_backup
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.errors import BackupError, MigrationError
from warehouse.migrate import migrate
from warehouse.month import Month
from warehouse.restore import restore_backup
from warehouse.schema_state import restore_marker
from warehouse.settings import Settings
from warehouse.trace import trace

TMW = str(Path(sys.executable).with_name("tmw"))
LAST_MIGRATION = "0010_house.sql"
CITY = {"stat_month": "2009-11", "area_code": "530700000000"}
FIGURES: list[tuple[str, dict[str, str], str]] = [
    ("fund_by_source", {"programme_code": "03", "fund_source_code": "12"}, "issued_yuan_ytd"),
    ("fund_by_source", {"programme_code": "02", "fund_source_code": "12"}, "issued_yuan_ytd"),
]
RESTORE = (
    "import sys; from pathlib import Path; from warehouse.settings import load_settings;"
    "from ingest.landing import submit_file; from warehouse.restore import restore_backup;"
    "restore_backup(load_settings(), Path(sys.argv[1]), submit_file)"
)
# Who owns what and who may do what, everywhere in the warehouse.
RIGHTS = """
select 'relation', n.nspname || '.' || c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
    array(select a::text from unnest(c.relacl) as a order by 1)
from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname !~ '^(pg_|information_schema)'
union all
select 'schema', nspname, '', pg_get_userbyid(nspowner),
    array(select a::text from unnest(nspacl) as a order by 1)
from pg_namespace
where nspname !~ '^(pg_|information_schema)'
union all
select 'function', n.nspname || '.' || p.proname, '', pg_get_userbyid(p.proowner),
    array(select a::text from unnest(p.proacl) as a order by 1)
from pg_proc as p inner join pg_namespace as n on p.pronamespace = n.oid
where n.nspname !~ '^(pg_|information_schema)'
union all
select 'default', n.nspname, d.defaclobjtype::text, pg_get_userbyid(d.defaclrole),
    array(select a::text from unnest(d.defaclacl) as a order by 1)
from pg_default_acl as d inner join pg_namespace as n on d.defaclnamespace = n.oid
order by 1, 2, 3, 4
"""


def rows(settings: Settings, query: str, role: Role = Role.admin) -> list[Any]:
    with connect(settings, role) as connection:
        return connection.execute(query.encode()).fetchall()


def traces(settings: Settings) -> list[dict[str, Any]]:
    read = read_cell_texts(settings)
    return [
        trace(settings, table, CITY | keys, measure, read_text=read).as_json()
        for table, keys, measure in FIGURES
    ]


@pytest.fixture(scope="module")
def backup(busy_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Back up a home that is one migration behind this software."""
    with connect(busy_home, Role.admin) as admin:
        admin.execute("drop table ops.contact, ops.reminder")
        admin.execute("delete from ops.migration where name = %s", [LAST_MIGRATION])
    directory = tmp_path_factory.mktemp("backups")
    made = make_backup(busy_home, directory, waiting_files(busy_home))
    assert migrate(busy_home) == [LAST_MIGRATION]
    return Path(made.folder)


@pytest.fixture(scope="module")
def restored(
    backup: Path, empty_home: Settings, environment_of: Callable[[Settings], dict[str, str]]
) -> dict[str, Any]:
    """Restore; the first attempt is killed while the database is filled, then it is run again."""
    process = subprocess.Popen(
        [sys.executable, "-c", RESTORE, str(backup)], env=environment_of(empty_home)
    )
    deadline = time.monotonic() + 90
    while not _is_being_filled(empty_home):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(MigrationError, match="Run again: tmw restore"):
        migrate(empty_home)
    done = subprocess.run(
        [TMW, "restore", str(backup.parent), "--json"],
        env=environment_of(empty_home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record: dict[str, Any] = json.loads(done.stdout)
    assert record["backup"] == str(backup)
    return record


def _is_being_filled(settings: Settings) -> bool:
    try:
        query = "select 1 from pg_stat_activity where application_name = 'tmw restore'"
        return bool(rows(settings, query))
    except Exception:  # noqa: BLE001 (no server yet, or no database)
        return False


def test_figures_traces_and_rights_are_the_same(
    busy_home: Settings, empty_home: Settings, restored: dict[str, Any]
) -> None:
    assert (restored["publications"], restored["waiting_files"]) == (2, 2)
    assert LAST_MIGRATION in restored["migrated"]
    for view in ("fund_by_source", "fund_progress", "project_status", "reporting", "release"):
        query = f"select to_jsonb(v)::text from published.{view} as v order by 1"
        assert rows(empty_home, query, Role.reader) == rows(busy_home, query, Role.reader)
    found = traces(empty_home)
    assert all(trace["cells"] for trace in found)
    assert found == traces(busy_home)
    assert rows(empty_home, RIGHTS) == rows(busy_home, RIGHTS)
    membership = (
        "select pg_get_userbyid(roleid), pg_get_userbyid(member) from pg_auth_members"
        " where roleid > 16000 order by 1, 2"
    )
    assert rows(empty_home, membership) == rows(busy_home, membership)
    assert rows(empty_home, "show statement_timeout", Role.reader) == [("2min",)]


def test_files_and_their_time_of_receipt_are_back(
    busy_home: Settings, empty_home: Settings, restored: dict[str, Any]
) -> None:
    def landed(settings: Settings) -> dict[str, bytes]:
        store = settings.landing_dir
        files = (path for path in store.rglob("*") if path.is_file())
        return {str(path.relative_to(store)): path.read_bytes() for path in files}

    def waiting(settings: Settings) -> list[tuple[str, datetime, bytes]]:
        return [(a.file_name, a.received_at, a.path.read_bytes()) for a in waiting_files(settings)]

    assert len(landed(empty_home)) == restored["landing_files"]
    assert landed(empty_home) == landed(busy_home)
    assert waiting(empty_home) == waiting(busy_home)
    assert not restore_marker(empty_home).exists()


def test_a_used_home_is_refused(
    backup: Path, empty_home: Settings, busy_home: Settings, restored: dict[str, Any]
) -> None:
    assert restored["publications"]
    for home in (empty_home, busy_home):
        with pytest.raises(BackupError, match="is in use"):
            restore_backup(home, backup, submit_file)


def test_a_backup_of_newer_software_or_server_is_refused(
    backup: Path, busy_home: Settings, tmp_path: Path
) -> None:
    nowhere = Settings(home=tmp_path / "nowhere")
    made = restoring.verify_backup(backup)
    newer = replace(made, migrations={**made.migrations, "9999_later.sql": "0" * 64})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restoring, "verify_backup", lambda _: newer)
        with pytest.raises(MigrationError, match=r"newer than this software.*9999_later"):
            restore_backup(nowhere, backup, submit_file)
    assert not nowhere.home.exists()
    with (
        connect(busy_home, Role.admin) as connection,
        pytest.raises(BackupError, match="comes from PostgreSQL 99"),
    ):
        restoring._require_able(connection, replace(made, server_version=990000))


def test_altered_figures_are_noticed(
    backup: Path, empty_home: Settings, restored: dict[str, Any]
) -> None:
    assert restored["publications"]
    made = restoring.verify_backup(backup)
    assert restoring._check(empty_home, made) == []
    known = made.publications["2009-11.r1"] | {"candidate_hash": "0" * 64}
    wrong = replace(made, publications=made.publications | {"2009-11.r1": known})
    with pytest.raises(BackupError, match=r"2009-11\.r1 came back with other figures"):
        restoring._check(empty_home, wrong)


def test_the_next_month_is_built_there(empty_home: Settings, restored: dict[str, Any]) -> None:
    assert restored["publications"]
    assert build_month(empty_home, Month(2009, 12)).state == "built"
