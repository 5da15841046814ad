"""The Lijiang month, received and built once; each test judges its own copy of the database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql
from pydantic import SecretStr

from examples.lijiang.load import send_corrected_returns, send_first_returns
from ingest.receive import receive_inbox
from warehouse.builds import build_month
from warehouse.database import Role, connect, database_url
from warehouse.month import Month
from warehouse.roles import secure_database
from warehouse.settings import Settings

MONTH = Month(2009, 11)


@pytest.fixture(scope="package")
def built_example(
    template_database: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return a warehouse with all example returns, Huaping's corrections too, built."""
    home = tmp_path_factory.mktemp("judged") / "home"
    for settings in _copy(template_database, home):
        send_first_returns(settings)
        send_corrected_returns(settings)
        receive_inbox(settings)
        build_month(settings, MONTH)
        yield settings


@pytest.fixture
def example(built_example: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Return a copy of the built example that the test may spoil."""
    yield from _copy(built_example, tmp_path / "home")


def _copy(source: Settings, home: Path) -> Iterator[Settings]:
    home.mkdir(parents=True)
    shutil.copytree(source.secret_dir, home / "secrets")
    origin, name = database_url(source, Role.admin), f"test_{uuid4().hex[:12]}"
    with connect(source, Role.admin, database="postgres", autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(str(origin.database))
            )
        )
    url = origin.set(drivername="postgresql", database=name)
    settings = Settings(
        home=home, database_url=SecretStr(url.render_as_string(hide_password=False))
    )
    with connect(settings, Role.admin) as connection:
        secure_database(connection)
    try:
        yield settings
    finally:
        with connect(source, Role.admin, database="postgres", autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
