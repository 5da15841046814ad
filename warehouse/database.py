"""Connections to the warehouse, one login for each duty."""

from __future__ import annotations

from enum import StrEnum

import psycopg
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from warehouse.errors import ServerError, UsageError
from warehouse.faults import NO_SPACE, disk_full, has_no_room
from warehouse.schema_state import require_current
from warehouse.secrets import secret
from warehouse.server import server_status
from warehouse.settings import Settings

WAREHOUSE_DATABASE = "warehouse"
AIRFLOW_DATABASE = "airflow"
_CONNECT_SECONDS = 15


class Role(StrEnum):
    """The logins of the warehouse; the value is the name of the database role."""

    admin = "postgres"
    loader = "tmw_loader"
    builder = "tmw_builder"
    publisher = "tmw_publisher"
    reader = "bi_reader"
    airflow = "tmw_airflow"


_DUTIES = frozenset({Role.loader, Role.builder, Role.publisher})


def secret_name(role: Role) -> str:
    """Return the name of the secret that holds this role's password."""
    return f"database_{role.value}"


def database_url(settings: Settings, role: Role, database: str | None = None) -> URL:
    """Return the URL of a role, with its password.

    The database is the warehouse (for `tmw_airflow`: Airflow's own) unless another is named.
    With `TMW_DATABASE_URL` the host, the port and the warehouse's name are taken from there.
    """
    if role is Role.airflow and database is None:
        database = AIRFLOW_DATABASE
    if settings.database_url is not None:
        return _external_url(settings, settings.database_url.get_secret_value(), role, database)
    address = server_status(settings)
    if address is None and has_no_room(settings):
        raise disk_full(settings, "The database is not running")
    if address is None:
        raise ServerError("The database is not running.", remedy="Start it with `tmw db start`.")
    return URL.create(
        "postgresql+psycopg",
        username=role.value,
        password=secret(settings, secret_name(role)),
        host=address.host,
        port=address.port,
        database=database or WAREHOUSE_DATABASE,
    )


def connect(
    settings: Settings, role: Role, *, database: str | None = None, autocommit: bool = False
) -> psycopg.Connection:
    """Open a connection; as a context manager it commits (or rolls back) and closes.

    Raises `ServerError` when the database cannot be reached or refuses the login,
    `DiskFullError` when even a login finds no room, and
    `MigrationError` when a duty is to be done on the schema of another version of the software.
    """
    connection = log_in(settings, role, database=database, autocommit=autocommit)
    if role in _DUTIES:
        try:
            require_current(settings, connection)
        except BaseException:
            connection.close()
            raise
    return connection


def log_in(
    settings: Settings, role: Role, *, database: str | None = None, autocommit: bool = False
) -> psycopg.Connection:
    """Open a connection to a database whatever its schema is."""
    return _open(settings, role, database_url(settings, role, database), autocommit)


def log_in_with(settings: Settings, role: Role, password: str) -> psycopg.Connection:
    """Open a connection with another password than the one in the secret file."""
    return _open(settings, role, database_url(settings, role).set(password=password), False)


def _open(settings: Settings, role: Role, url: URL, autocommit: bool) -> psycopg.Connection:
    try:
        return psycopg.connect(
            _conninfo(url),
            autocommit=autocommit,
            application_name=f"tmw {role.name}",
            options=f"-c timezone={settings.timezone}",
            connect_timeout=_CONNECT_SECONDS,
        )
    except psycopg.OperationalError as error:
        unusable = f"The database at {url.host}:{url.port} cannot be used as {url.username}"
        if NO_SPACE in str(error):  # a login may have to write the server's cache of its catalogue
            raise disk_full(settings, unusable) from error
        raise ServerError(
            f"{unusable}: {_first_line(error)}.",
            remedy="See `tmw status`; `tmw db start` and `tmw db migrate` set it up.",
        ) from error


def engine(settings: Settings, role: Role) -> Engine:
    """Return an SQLAlchemy engine of a role, with the settings' time zone."""
    return create_engine(
        database_url(settings, role),
        connect_args={
            "application_name": f"tmw {role.name}",
            "options": f"-c timezone={settings.timezone}",
            "connect_timeout": _CONNECT_SECONDS,
        },
    )


def _external_url(settings: Settings, text: str, role: Role, database: str | None) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise UsageError(
            "TMW_DATABASE_URL cannot be read.",
            remedy="Write it as postgresql://user:password@host:port/database.",
        ) from error
    if not url.drivername.startswith("postgres") or not url.database:
        raise UsageError(
            "TMW_DATABASE_URL names no PostgreSQL database.",
            remedy="Write it as postgresql://user:password@host:port/database.",
        )
    url = url.set(drivername="postgresql+psycopg", database=database or url.database)
    if role is Role.admin:
        return url
    return url.set(username=role.value, password=secret(settings, secret_name(role)))


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no answer"
