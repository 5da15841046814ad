"""A backup is whole or none; it holds the home of one instant, whatever goes on meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.landing import waiting_files
from warehouse import backup as backups
from warehouse.backup import BackupResult, make_backup, remove_old_backups
from warehouse.backup_manifest import LANDING, find_backup, list_backups, verify_backup
from warehouse.database import Role, connect
from warehouse.dump import require_dump_program
from warehouse.errors import BackupError
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.secrets import load_secrets, save_secrets
from warehouse.settings import Settings

MONTH = Month(2009, 11)
TMW = str(Path(sys.executable).with_name("tmw"))
BACKUP = (
    "import sys; from pathlib import Path; from warehouse.settings import load_settings;"
    "from warehouse.backup import make_backup; make_backup(load_settings(), Path(sys.argv[1]), [])"
)


def backed_up(settings: Settings, directory: Path) -> BackupResult:
    return make_backup(settings, directory, waiting_files(settings))


def test_the_second_backup_copies_only_what_is_new(busy_home: Settings, tmp_path: Path) -> None:
    first = backed_up(busy_home, tmp_path)
    second = backed_up(busy_home, tmp_path)
    assert first.landing_files == first.copied_files > 20
    assert (second.landing_files, second.copied_files) == (first.landing_files, 0)
    assert (first.publications, first.waiting_files, first.damaged) == (2, 2, ())
    assert [str(path) for path in list_backups(tmp_path)] == [first.folder, second.folder]
    assert find_backup(tmp_path) == Path(second.folder)
    manifest = verify_backup(Path(second.folder))
    assert {role.name for role in manifest.roles} >= {"view_owner", "bi_reader", "tmw_airflow"}
    assert sorted(manifest.publications) == ["2009-11.r1", "2009-11.r2"]


def test_secrets_are_kept_apart(busy_home: Settings, tmp_path: Path) -> None:
    made = Path(backed_up(busy_home, tmp_path / "backups").folder)
    passwords = [path.read_bytes().strip() for path in busy_home.secret_dir.iterdir()]
    assert len(passwords) >= 5
    for path in (tmp_path / "backups").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(password in content for password in passwords), path
            assert path.stat().st_mode & 0o077 == 0 or path.name == ".lock", path
    kept = tmp_path / "passwords.json"
    save_secrets(busy_home, kept, apart_from=made)
    assert kept.stat().st_mode & 0o777 == 0o600
    other = Settings(home=tmp_path / "other")
    load_secrets(other, kept)
    assert sorted(path.read_bytes().strip() for path in other.secret_dir.iterdir()) == sorted(
        passwords
    )


@pytest.mark.parametrize("part", ["warehouse.dump", "inbox", "landing"])
def test_a_damaged_backup_is_found_and_mended(
    busy_home: Settings, tmp_path: Path, part: str
) -> None:
    made = Path(backed_up(busy_home, tmp_path).folder)
    folder = tmp_path / LANDING if part == LANDING else made / part
    victim = next(p for p in sorted([folder, *folder.rglob("*")]) if p.is_file())
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(BackupError, match=f"{victim.name}.*damaged"):
        verify_backup(made)
    if part == LANDING:
        assert backed_up(busy_home, tmp_path).copied_files == 1
        verify_backup(made)


def test_a_damaged_landing_file_keeps_nothing_else_from_being_saved(
    busy_home: Settings, tmp_path: Path
) -> None:
    victim = next(path for path in sorted(busy_home.landing_dir.rglob("*")) if path.is_file())
    kept = victim.read_bytes()
    victim.chmod(0o600)
    victim.write_bytes(b"other bytes")
    try:
        made = backed_up(busy_home, tmp_path)
    finally:
        victim.write_bytes(kept)
    assert made.damaged == (str(victim.relative_to(busy_home.landing_dir)),)
    assert len(verify_backup(Path(made.folder)).landing) == made.landing_files


def test_a_file_taken_in_meanwhile_is_not_lost(busy_home: Settings, tmp_path: Path) -> None:
    """It had left the inbox when its turn came to be copied: the ledger has it then."""
    arrivals = waiting_files(busy_home)
    gone = arrivals[0].path.rename(tmp_path / "gone")
    try:
        made = make_backup(busy_home, tmp_path / "backups", arrivals)
    finally:
        gone.rename(arrivals[0].path)
    assert made.waiting_files == len(arrivals) - 1


def test_a_month_is_published_while_the_database_is_dumped(
    busy_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backups.dump_database

    def dump_while_publishing(settings: Settings, snapshot: str, target: Path) -> None:
        with connect(settings, Role.admin) as admin:
            admin.execute("update ops.release_month set valid_to = now() where valid_to is null")
        real(settings, snapshot, target)

    monkeypatch.setattr(backups, "dump_database", dump_while_publishing)
    made = backed_up(busy_home, tmp_path)
    assert publish(busy_home, [MONTH]).release_id is not None
    assert made.publications == len(verify_backup(Path(made.folder)).publications) == 2


def test_killed_in_the_middle_it_is_no_backup(
    busy_home: Settings, tmp_path: Path, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    with connect(busy_home, Role.admin) as holder:
        holder.execute("lock table ops.finding in access exclusive mode")  # pg_dump waits here
        process = subprocess.Popen(
            [sys.executable, "-c", BACKUP, str(tmp_path)], env=environment_of(busy_home)
        )
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".new-*/warehouse.dump")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert list(tmp_path.glob(".new-*"))
    assert list_backups(tmp_path) == []
    with pytest.raises(BackupError, match="holds no backup"):
        find_backup(tmp_path)
    made = backed_up(busy_home, tmp_path)
    assert [str(path) for path in list_backups(tmp_path)] == [made.folder]
    assert not list(tmp_path.glob(".new-*"))


def test_a_full_disk_is_said_and_leaves_nothing(
    busy_home: Settings, tmp_path: Path, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    """A limit on the size of a file stands for the disk: pg_dump cannot write on."""
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 16; exec "$0" "$@"', TMW, "backup",
         str(tmp_path / "full")],
        # the limit would also cut the files in which Python keeps compiled modules
        env=environment_of(busy_home) | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4, done
    assert "Traceback" not in done.stderr
    assert "Check free space" in done.stderr
    assert list_backups(tmp_path / "full") == []
    assert not list((tmp_path / "full").glob(".new-*"))


def test_only_the_newest_are_kept(busy_home: Settings, tmp_path: Path) -> None:
    made = [Path(backed_up(busy_home, tmp_path).folder).name for _ in range(3)]
    assert remove_old_backups(tmp_path, keep=2) == made[:1]
    assert [path.name for path in list_backups(tmp_path)] == made[1:]
    verify_backup(find_backup(tmp_path))


def test_a_newer_server_than_our_pg_dump_is_refused() -> None:
    require_dump_program(180000)
    with pytest.raises(BackupError, match="PostgreSQL 99, newer than our pg_dump"):
        require_dump_program(990001)


def test_a_manifest_cannot_name_files_outside(busy_home: Settings, tmp_path: Path) -> None:
    made = Path(backed_up(busy_home, tmp_path).folder)
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][0]["path"] = "../../passwd"
    (made / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BackupError, match="names a file outside"):
        verify_backup(made)
    shutil.rmtree(made)
