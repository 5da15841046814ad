"""The embedded server: under any account, on any free port, without a process left behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from warehouse.database import Role, connect, database_url
from warehouse.errors import ServerError
from warehouse.server import server_status, start_server, stop_server
from warehouse.server.account import Account, server_account
from warehouse.server.cluster import binary
from warehouse.server.process import read_pid_file, server_processes, wait_until_gone
from warehouse.settings import Settings

_NAMELESS_ID = 54321
# Python itself may live in a folder that only root may enter, so everything is loaded as root by
# one whole round before the process becomes an ordinary user.
_AS_ORDINARY_USER = """
import os
import sys
from pathlib import Path
from warehouse.database import Role, connect
from warehouse.server import server_status, start_server, stop_server
from warehouse.server.process import server_processes
from warehouse.settings import Settings

def round(home):
    settings = Settings(home=Path(home))
    start_server(settings)
    with connect(settings, Role.admin, database="postgres") as connection:
        print(connection.execute("select current_user").fetchone()[0])
    stop_server(settings)
    assert server_status(settings) is None
    assert server_processes(settings.database_dir) == []

round(sys.argv[1])
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[3]))
round(sys.argv[2])
"""


@pytest.fixture
def closed_home(tmp_path: Path) -> Iterator[Settings]:
    """Return a home below a folder that only its owner may enter."""
    parent = tmp_path / "closed"
    parent.mkdir(mode=0o700)
    settings = Settings(home=parent / "home")
    yield settings
    stop_server(settings)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that other users may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="tmw-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_start_is_idempotent_and_stop_leaves_no_process(closed_home: Settings) -> None:
    address = start_server(closed_home)
    assert start_server(closed_home) == address == server_status(closed_home)
    assert server_processes(closed_home.database_dir)
    stop_server(closed_home)
    assert server_status(closed_home) is None
    assert server_processes(closed_home.database_dir) == []
    stop_server(closed_home)  # stopping twice is no error


def test_it_listens_on_loopback_alone_and_asks_for_a_password(closed_home: Settings) -> None:
    address = start_server(closed_home)
    assert address.host == "127.0.0.1"
    with connect(closed_home, Role.admin, database="postgres") as connection:
        rows = connection.execute(
            "select name, setting from pg_settings where name = any(%s)",
            [["listen_addresses", "unix_socket_directories", "fsync", "jit", "TimeZone"]],
        ).fetchall()
        methods = connection.execute("select auth_method from pg_hba_file_rules").fetchall()
        locale = connection.execute(
            "select datlocprovider::text, datlocale from pg_database where datname = 'postgres'"
        ).fetchone()
    assert dict(rows) == {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "on",
        "jit": "off",
        "TimeZone": "Asia/Shanghai",
    }
    assert methods == [("scram-sha-256",)]
    assert locale == ("b", "C.UTF-8")
    url = database_url(closed_home, Role.admin, "postgres").set(drivername="postgresql")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.set(password="wrong").render_as_string(hide_password=False))


def test_a_taken_port_is_replaced_and_a_free_one_kept(closed_home: Settings) -> None:
    first = start_server(closed_home)
    stop_server(closed_home)
    assert start_server(closed_home) == first
    stop_server(closed_home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.port))
        other.listen()
        second = start_server(closed_home)
    assert second.port != first.port


def test_two_homes_side_by_side(closed_home: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other")
    try:
        assert start_server(closed_home).port != start_server(other).port
        stop_server(closed_home)
        assert server_status(other) is not None
    finally:
        stop_server(other)


def test_a_killed_server_starts_again_with_its_data(closed_home: Settings) -> None:
    start_server(closed_home)
    with connect(closed_home, Role.admin, database="postgres") as connection:
        connection.execute("create table kept as select 7 as figure")
    found = read_pid_file(closed_home.database_dir)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    wait_until_gone(closed_home.database_dir, 10)
    assert (closed_home.database_dir / "postmaster.pid").exists()
    assert server_status(closed_home) is None
    start_server(closed_home)
    with connect(closed_home, Role.admin, database="postgres") as connection:
        assert connection.execute("select figure from kept").fetchone() == (7,)


def test_a_pid_file_naming_a_stranger_is_stale(closed_home: Settings) -> None:
    start_server(closed_home)
    stop_server(closed_home)
    lines = [str(os.getpid()), str(closed_home.database_dir), "0", "5432", "", "", "0 0", "ready"]
    pid_file = closed_home.database_dir / "postmaster.pid"
    pid_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert server_status(closed_home) is None
    start_server(closed_home)
    found = read_pid_file(closed_home.database_dir)
    assert found is not None
    assert found.pid != os.getpid()


def test_a_newer_data_folder_is_refused(closed_home: Settings) -> None:
    start_server(closed_home)
    stop_server(closed_home)
    version = closed_home.database_dir / "PG_VERSION"
    version.write_text("99\n", encoding="ascii")
    with pytest.raises(ServerError, match=r"made by PostgreSQL 99.*newer version"):
        start_server(closed_home)


def test_connecting_to_a_stopped_server_says_what_to_do(closed_home: Settings) -> None:
    with pytest.raises(ServerError, match="tmw db start"):
        connect(closed_home, Role.reader)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("user", [pwd.getpwnam("nobody").pw_uid, _NAMELESS_ID])
def test_an_ordinary_user(open_folder: Path, user: int) -> None:
    _skip_where_out_of_reach()
    home = open_folder / "theirs" / "home"
    home.parent.mkdir(mode=0o700)
    os.chown(home.parent, user, user)
    done = subprocess.run(
        [sys.executable, "-c", _AS_ORDINARY_USER, open_folder / "mine", home, str(user)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["postgres"] * 2), done.stderr
    assert (home / "database").stat().st_uid == user


@pytest.mark.skipif(os.geteuid() != 0, reason="only root falls back to setuid")
def test_without_user_namespaces_root_becomes_another_user(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _skip_where_out_of_reach()
    monkeypatch.setattr("warehouse.server.account.shutil.which", lambda _name: None)
    account = server_account(open_folder / "none")
    assert account.uid not in (None, 0)
    closed = Settings(home=open_folder / "closed" / "home")
    closed.home.parent.mkdir(mode=0o700)
    with pytest.raises(ServerError, match=r"cannot enter .*closed.*TMW_HOME"):
        start_server(closed)
    settings = Settings(home=open_folder / "open")
    try:
        start_server(settings)
        assert settings.database_dir.stat().st_uid == account.uid
        with connect(settings, Role.admin, database="postgres") as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        stop_server(settings)
    assert server_processes(settings.database_dir) == []


def _skip_where_out_of_reach() -> None:
    """A checkout below a closed folder cannot serve another user: the product says so, too."""
    account = Account("an ordinary user", uid=_NAMELESS_ID, gid=_NAMELESS_ID)
    try:
        account.require_reach(binary("postgres").parent, remedy="")
    except ServerError as error:
        pytest.skip(str(error))
