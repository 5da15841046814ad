"""pg_dump and pg_restore of the warehouse database, with the wheel's programs.

Roles belong to the server and not to the database: what a dump needs of them is kept beside it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL

from warehouse.database import Role, database_url
from warehouse.errors import BackupError
from warehouse.server.cluster import binary
from warehouse.settings import Settings

RESTORING = "tmw restore"  # how the server knows the session of pg_restore


@dataclass(frozen=True)
class DatabaseRole:
    """A role that owns or may use something in the database, without its password."""

    name: str
    login: bool
    settings: tuple[str, ...]
    member_of: tuple[str, ...]

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> DatabaseRole:
        """Return the role that `as_json` gave."""
        settings, groups = tuple(record["settings"]), tuple(record["member_of"])
        return cls(record["name"], record["login"], settings, groups)

    def as_json(self) -> dict[str, Any]:
        """Return the record kept in a manifest."""
        return asdict(self)


def require_dump_program(server_version: int) -> None:
    """Refuse a server newer than our pg_dump (`server_version` as libpq gives it, e.g. 180003)."""
    answer = _run([binary("pg_dump"), "--version"], {}).stdout.split()
    program = answer[-1] if answer else "unknown"
    if not program[:1].isdigit() or int(program.partition(".")[0]) < server_version // 10000:
        raise BackupError(
            f"The server is PostgreSQL {server_version // 10000}, newer than our pg_dump"
            f" ({program}).",
            remedy="Install a version of this software that brings a newer PostgreSQL.",
        )


def dump_database(settings: Settings, snapshot: str, target: Path) -> None:
    """Dump the warehouse as one exported snapshot shows it, in pg_dump's custom format."""
    options = ["--format=custom", f"--snapshot={snapshot}", f"--file={target}", "--no-password"]
    _require_done(_tool(settings, "pg_dump", options, "tmw backup"), "The database dump failed")


def check_dump(path: Path) -> None:
    """Refuse a dump whose table of contents cannot be read."""
    done = _run([binary("pg_restore"), "--list", str(path)], {})
    _require_done(done, f"The dump {path} cannot be read")


def restore_dump(settings: Settings, path: Path) -> None:
    """Fill the empty warehouse database from a dump: all of it, or nothing."""
    options = ["--single-transaction", "--exit-on-error", "--no-password", str(path)]
    done = _tool(settings, "pg_restore", options, RESTORING)
    _require_done(done, "The database could not be restored")


def roles_in_use(connection: psycopg.Connection) -> list[DatabaseRole]:
    """Return our logins and every role that the database's objects name, but not ourselves."""
    ours = [role.value for role in Role]
    rows = connection.execute(_ROLES, [ours]).fetchall()
    return [DatabaseRole(name, login, tuple(s), tuple(groups)) for name, login, s, groups in rows]


def create_roles(connection: psycopg.Connection, roles: Iterable[DatabaseRole]) -> None:
    """Make the roles that are missing on this server; those that exist stay as they are."""
    roles = list(roles)
    rows = connection.execute("select rolname from pg_roles").fetchall()
    existing = {row[0] for row in rows}
    for role in roles:
        if role.name in existing:
            continue
        name = sql.Identifier(role.name)
        kind = sql.SQL("login" if role.login else "nologin")
        connection.execute(sql.SQL("create role {} {}").format(name, kind))
        for setting in role.settings:
            option, _, value = setting.partition("=")
            connection.execute(
                sql.SQL("alter role {} set {} = {}").format(
                    name, sql.Identifier(option), sql.Literal(value)
                )
            )
    for role in roles:
        for group in role.member_of:
            if role.name not in existing:
                connection.execute(
                    sql.SQL("grant {} to {}").format(
                        sql.Identifier(group), sql.Identifier(role.name)
                    )
                )


def _tool(
    settings: Settings, name: str, options: Sequence[str], application: str
) -> subprocess.CompletedProcess[str]:
    url = database_url(settings, Role.admin)
    address = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    ).render_as_string()
    environment = {"PGPASSWORD": str(url.password or ""), "PGAPPNAME": application}
    return _run([binary(name), f"--dbname={address}", *options], environment)


def _run(
    command: Sequence[str | Path], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _require_done(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line] or lines or ["no message"]
        raise BackupError(
            f"{what}: {errors[0].strip()}",
            remedy="Check free space and the database's log, then run the command again.",
        )


_ROLES = """
select
    role.rolname,
    role.rolcanlogin,
    coalesce(settings.setconfig, '{}') as settings,
    array(
        select granted.rolname::text
        from pg_auth_members as membership
        inner join pg_roles as granted on membership.roleid = granted.oid
        where membership.member = role.oid
        order by 1
    ) as member_of
from pg_roles as role
left join pg_db_role_setting as settings
    on role.oid = settings.setrole and settings.setdatabase = 0
where
    role.rolname <> current_user
    and (
        role.rolname = any(%s)
        or role.oid in (
            select used.refobjid
            from pg_shdepend as used
            where
                used.refclassid = 'pg_authid'::regclass
                and used.dbid = (
                    select database.oid from pg_database as database
                    where database.datname = current_database()
                )
        )
    )
order by role.rolname
"""
