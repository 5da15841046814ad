"""Databases, passwords and who may connect: what a migration in SQL cannot hold."""

from __future__ import annotations

import psycopg
from psycopg import sql

from warehouse.database import AIRFLOW_DATABASE, Role, connect, database_url, log_in, secret_name
from warehouse.errors import MigrationError, ServerError
from warehouse.secrets import secret
from warehouse.settings import Settings

MINIMUM_SERVER_VERSION = 160000
_MAINTENANCE_DATABASE = "postgres"


def create_database(settings: Settings) -> bool:
    """Create the warehouse database where it is missing; return whether it was."""
    name = str(database_url(settings, Role.admin).database)
    if settings.database_url is not None:
        return False  # given by its operator: it exists, or connecting says so
    with connect(
        settings, Role.admin, database=_MAINTENANCE_DATABASE, autocommit=True
    ) as connection:
        if _exists(connection, name):
            return False
        for open_to_all in (_MAINTENANCE_DATABASE, "template1"):
            connection.execute(
                sql.SQL("revoke all on database {} from public").format(sql.Identifier(open_to_all))
            )
        connection.execute(
            sql.SQL("create database {} encoding 'UTF8' template template0").format(
                sql.Identifier(name)
            )
        )
    return True


def create_airflow_database(settings: Settings) -> bool:
    """Create Airflow's metadata database, owned by its role; return whether it was missing."""
    with connect(settings, Role.admin, autocommit=True) as connection:
        if _exists(connection, AIRFLOW_DATABASE):
            return False
        owner = sql.Identifier(Role.airflow.value)
        name = sql.Identifier(AIRFLOW_DATABASE)
        if connection.info.parameter_status("is_superuser") != "on":
            connection.execute(sql.SQL("grant {} to current_user").format(owner))
        try:
            connection.execute(
                sql.SQL("create database {} owner {} encoding 'UTF8' template template0").format(
                    name, owner
                )
            )
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return False
        connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    return True


def require_supported(connection: psycopg.Connection) -> None:
    """Refuse a server older than PostgreSQL 16 or a database that is not UTF-8."""
    version = connection.info.server_version
    if version < MINIMUM_SERVER_VERSION:
        raise MigrationError(
            f"The server is PostgreSQL {version // 10000}.", remedy="Use PostgreSQL 16 or newer."
        )
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise MigrationError(
            "The database is not encoded in UTF-8.", remedy="Create it with encoding 'UTF8'."
        )


def secure_database(connection: psycopg.Connection) -> None:
    """Let only our roles into the warehouse, and only writers make temporary tables."""
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    connection.execute(
        sql.SQL("grant connect on database {} to {}, {}, {}, {}").format(
            name,
            *(
                sql.Identifier(role.value)
                for role in (Role.loader, Role.builder, Role.publisher, Role.reader)
            ),
        )
    )
    connection.execute(
        sql.SQL("grant temporary on database {} to {}, {}, {}").format(
            name,
            *(sql.Identifier(role.value) for role in (Role.loader, Role.builder, Role.publisher)),
        )
    )


def set_passwords(settings: Settings) -> list[str]:
    """Give every login the password of its secret file; return the roles that were changed."""
    changed = []
    for role in Role:
        if role is Role.admin or _logs_in(settings, role):
            continue
        with connect(settings, Role.admin) as connection:
            set_password(connection, role, secret(settings, secret_name(role)))
        changed.append(role.value)
    return changed


def set_password(connection: psycopg.Connection, role: Role, password: str) -> None:
    """Give a login a password, hashed here: neither the server's log nor its history sees it."""
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.value.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL("alter role {} password {}").format(
            sql.Identifier(role.value), sql.Literal(hashed.decode())
        )
    )


def _logs_in(settings: Settings, role: Role) -> bool:
    try:
        log_in(settings, role).close()
    except ServerError:
        return False
    return True


def _exists(connection: psycopg.Connection, name: str) -> bool:
    row = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
    return row is not None
