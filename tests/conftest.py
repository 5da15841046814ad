"""One PostgreSQL server for the whole test session; each test gets its own home and database.

`embedded_server` starts the server, `template_database` migrates one database, and
`warehouse_home` clones it: a migrated warehouse costs a test a fraction of a second.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from warehouse.database import Role, connect, database_url
from warehouse.migrate import migrate
from warehouse.roles import secure_database
from warehouse.server import start_server, stop_server
from warehouse.settings import Settings

MAINTENANCE_DATABASE = "postgres"
# Folders whose files share what is dear to make: the real stack, ten releases of a year.
STORIES = ("tests/integration/stack/", "tests/integration/history/")
_parsed: dict[tuple[int | None, str], bytes] = {}  # by port and name of the database
Clone = Callable[[Settings, Path], AbstractContextManager[Settings]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long story of the real scheduler, so that all workers end together."""
    items.sort(key=lambda item: item.get_closest_marker("scheduler") is None)


class _OneWorkerForAStory(LoadFileScheduling):
    """Gives each file to one worker, and the files of a story together."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((story for story in STORIES if file.startswith(story)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _OneWorkerForAStory | None:
    """Replace the scheduling by files."""
    by_file = config.getoption("dist") == "loadfile"
    return _OneWorkerForAStory(config, log) if by_file else None


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Tests never touch the home or the database of whoever runs them."""
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("TMW_")]:
        patch.delenv(name)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Return the settings of a home whose server runs for the whole session."""
    settings = Settings(home=tmp_path_factory.mktemp("session"))
    start_server(settings)
    with connect(settings, Role.admin, database=MAINTENANCE_DATABASE, autocommit=True) as admin:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here is kept
            admin.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(name)))
        admin.execute("select pg_reload_conf()")
    yield settings
    stop_server(settings)


@pytest.fixture(scope="session")
def template_database(embedded_server: Settings) -> Settings:
    """Return the settings of a migrated warehouse that is cloned and never written to."""
    migrate(embedded_server)
    return embedded_server


@pytest.fixture
def warehouse_home(template_database: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Return the settings of an own home with an own, migrated, empty warehouse."""
    with cloned_warehouse(template_database, tmp_path / "home") as settings:
        yield settings


@pytest.fixture(scope="module")
def module_warehouse_home(
    template_database: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return the same as `warehouse_home`, shared by the tests of a module."""
    with cloned_warehouse(template_database, tmp_path_factory.mktemp("module") / "home") as shared:
        yield shared


@pytest.fixture(scope="session")
def clone_warehouse() -> Clone:
    """Return `cloned_warehouse`, for fixtures that copy a warehouse they have filled."""
    return cloned_warehouse


@pytest.fixture(scope="session")
def environment_of() -> Callable[[Settings], dict[str, str]]:
    """Return a function that gives a subprocess the environment of some settings."""

    def environment(settings: Settings) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("TMW_")}
        own["TMW_HOME"] = str(settings.home)
        if settings.database_url is not None:
            own["TMW_DATABASE_URL"] = settings.database_url.get_secret_value()
        return own

    return environment


@contextmanager
def cloned_warehouse(template: Settings, home: Path) -> Iterator[Settings]:
    """Clone a warehouse nobody is connected to: its database, its secrets and its files."""
    shutil.copytree(template.home, home, ignore=shutil.ignore_patterns("database", "run", "logs"))
    origin = database_url(template, Role.admin).set(drivername="postgresql")
    with connect(template, Role.admin, database=MAINTENANCE_DATABASE, autocommit=True) as admin:
        name = _free_name(admin)
        identifier = sql.Identifier(name)
        admin.execute(
            sql.SQL("create database {} template {}").format(
                identifier, sql.Identifier(str(origin.database))
            )
        )
    url = origin.set(database=name).render_as_string(hide_password=False)
    settings = Settings(home=home, database_url=SecretStr(url))
    with connect(settings, Role.admin) as connection:  # grants on a database are not cloned
        secure_database(connection)
    with _parsed_before(settings, name):
        try:
            yield settings
        finally:
            with connect(
                template, Role.admin, database=MAINTENANCE_DATABASE, autocommit=True
            ) as admin:
                admin.execute(sql.SQL("drop database {} with (force)").format(identifier))


def _free_name(admin: psycopg.Connection) -> str:
    """Return the first name no database has; names come back, so that dbt knows them."""
    taken = {row[0] for row in admin.execute("select datname from pg_database")}
    return next(name for name in map("test_{}".format, count(1)) if name not in taken)


@contextmanager
def _parsed_before(settings: Settings, name: str) -> Iterator[None]:
    """Keep what dbt remembers of its parse for the next database of this name and server.

    A parse takes seconds, and dbt repeats it for every other address of the database.
    """
    address = database_url(settings, Role.admin).port, name
    own = settings.run_dir / "dbt" / "partial_parse.msgpack"
    if address in _parsed:
        own.parent.mkdir(parents=True)
        own.write_bytes(_parsed[address])
    yield
    if own.exists():
        _parsed[address] = own.read_bytes()
