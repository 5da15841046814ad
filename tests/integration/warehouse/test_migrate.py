"""Migrations: idempotent, guarded, and nobody may do more than his duty."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from warehouse import migrate as migration
from warehouse.areas import packaged_areas
from warehouse.contracts import MartColumn, MartContract, mart_contracts
from warehouse.database import Role, connect, secret_name
from warehouse.errors import MigrationError, ServerError
from warehouse.migrate import migrate
from warehouse.released import sync_subject, sync_subjects
from warehouse.settings import Settings

LEADING = ("stat_month", "area_code", "area_level", "area_name_zh", "obs_status")


def _mart(*extra: tuple[str, str]) -> MartContract:
    types = {"stat_month": "date"}
    columns = [MartColumn(name, types.get(name, "text"), f"The {name}.") for name in LEADING]
    columns += [MartColumn(name, kind, f"The {name}.") for name, kind in extra]
    return MartContract("mart_x", "x", "An x.", tuple(columns), ("stat_month", "area_code"))


def test_a_second_run_does_nothing_and_asks_no_dbt(warehouse_home: Settings) -> None:
    assert migrate(warehouse_home) == []
    assert not (warehouse_home.log_dir / "dbt").exists()


def test_a_changed_applied_file_is_refused(
    warehouse_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in migration.MIGRATIONS_DIR.glob("[0-9]*.sql"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "0003_raw.sql").open("a") as stream:
        stream.write("-- one more thought\n")
    monkeypatch.setattr(migration, "MIGRATIONS_DIR", tmp_path)
    with pytest.raises(MigrationError, match=r"0003_raw\.sql.*new numbered file"):
        migrate(warehouse_home)


def test_a_failing_step_keeps_nothing(
    warehouse_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in migration.MIGRATIONS_DIR.glob("[0-9]*.sql"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "9999_half.sql").write_text(
        "create table ops.half (a int); select no_such_function();"
    )
    monkeypatch.setattr(migration, "MIGRATIONS_DIR", tmp_path)
    with pytest.raises(MigrationError, match="no_such_function"):
        migrate(warehouse_home)
    with connect(warehouse_home, Role.admin) as connection:
        row = connection.execute("select to_regclass('ops.half')").fetchone()
    assert row == (None,)


def test_a_lost_password_is_set_again(warehouse_home: Settings) -> None:
    path = warehouse_home.secret_dir / secret_name(Role.reader)
    kept = path.read_bytes()
    path.unlink()
    try:
        with pytest.raises(ServerError, match="password authentication failed"):
            connect(warehouse_home, Role.reader)
        assert migrate(warehouse_home) == ["password of bi_reader"]
        connect(warehouse_home, Role.reader).close()
    finally:  # roles belong to the server, which other tests use
        path.write_bytes(kept)
        assert migrate(warehouse_home) == ["password of bi_reader"]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from ops.submission",
        "select * from raw.cell_mark",
        "select * from released.fund_by_source",
        "select * from marts.mart_fund_by_source",
        "insert into ops.release (reason) values ('x')",
        "delete from released.fund_by_source",
        "create table published.mine (a int)",
        "create temporary table mine (a int)",
        "create table public.mine (a int)",
    ],
)
def test_a_reader_reads_published_and_nothing_else(
    module_warehouse_home: Settings, statement: str
) -> None:
    with connect(module_warehouse_home, Role.reader) as connection:
        connection.execute("select * from published.fund_by_source")
        connection.execute("select * from published.release")
        connection.commit()
        connection.execute("set session characteristics as transaction read write")
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_a_reader_is_read_only_with_a_time_limit(module_warehouse_home: Settings) -> None:
    with connect(module_warehouse_home, Role.reader) as connection:
        row = connection.execute(
            "select current_setting('default_transaction_read_only'),"
            " current_setting('statement_timeout')"
        ).fetchone()
    assert row == ("on", "2min")


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (Role.loader, "update ops.build set state = 'ready'"),
        (Role.loader, "delete from raw.cell_mark"),
        (Role.loader, "select * from released.fund_by_source"),
        (Role.builder, "update ops.submission set state = 'accepted'"),
        (Role.builder, "create schema mine"),
        (Role.builder, "insert into ops.release (reason) values ('x')"),
        (Role.builder, "select * from released.fund_by_source"),
        (Role.publisher, "delete from released.fund_by_source"),
        (Role.publisher, "update released.fund_by_source set issued_yuan_ytd = 0"),
        (Role.publisher, "delete from ops.release_month"),
        (Role.publisher, "update ops.release_month set publication_id = 'x'"),
        (Role.publisher, "delete from marts.mart_fund_by_source"),
    ],
)
def test_each_writer_keeps_to_its_duty(
    module_warehouse_home: Settings, role: Role, statement: str
) -> None:
    with (
        connect(module_warehouse_home, role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_published_views_belong_to_a_role_that_only_selects(
    module_warehouse_home: Settings,
) -> None:
    with connect(module_warehouse_home, Role.admin) as connection:
        owners = connection.execute(
            "select viewname, viewowner from pg_views where schemaname = 'published'"
        ).fetchall()
        role = connection.execute(
            "select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = 'view_owner'"
        ).fetchone()
        rights = connection.execute(
            "select distinct privilege_type from information_schema.role_table_grants"
            " where grantee = 'view_owner' and table_schema <> 'published'"
        ).fetchall()
        can_create = connection.execute(
            "select has_schema_privilege('view_owner', 'published', 'create')"
        ).fetchone()
    subjects = {mart.subject for mart in mart_contracts(module_warehouse_home)}
    assert subjects
    of_releases = {
        "release", "release_calendar", "explanations", "revisions", "revisions_since_first",
        "revision_statistics", "revision_statistics_monthly",
    }  # fmt: skip
    assert dict(owners) == dict.fromkeys(subjects | of_releases, "view_owner")
    assert role == (False, False, False)
    assert rights == [("SELECT",)]
    assert can_create == (False,)


def test_published_columns_begin_as_promised(module_warehouse_home: Settings) -> None:
    with connect(module_warehouse_home, Role.reader) as connection:
        for mart in mart_contracts(module_warehouse_home):
            cursor = connection.execute(
                sql.SQL("select * from {} limit 0").format(
                    sql.Identifier("published", mart.subject)
                )
            )
            names = [column.name for column in cursor.description or []]
            assert names[:7] == [*LEADING, "publication_id", "release_id"]
            assert set(names) == {*mart.column_names, "publication_id", "release_id"}


def test_comments_reach_the_reader(module_warehouse_home: Settings) -> None:
    with connect(module_warehouse_home, Role.reader) as connection:
        rows = connection.execute(
            "select view.relname, attribute.attname from pg_attribute as attribute"
            " inner join pg_class as view on attribute.attrelid = view.oid"
            " where view.relnamespace = 'published'::regnamespace and attribute.attnum > 0"
            " and col_description(view.oid, attribute.attnum) is null"
        ).fetchall()
    assert rows == []


def test_a_new_column_is_added_and_the_view_only_grows(warehouse_home: Settings) -> None:
    with connect(warehouse_home, Role.admin) as connection:
        sync_subject(connection, _mart(("figure", "numeric(16, 2)")))
        sync_subject(connection, _mart(("figure", "decimal(16,2)")))  # the same type
        sync_subject(connection, _mart(("added", "int"), ("figure", "numeric(16,2)")))
        names = [c.name for c in connection.execute("select * from published.x").description or []]
    assert names == [*LEADING, "publication_id", "release_id", "figure", "added"]


@pytest.mark.parametrize(
    ("later", "said"),
    [((), "figure have left"), ((("figure", "numeric(18,2)"),), r"numeric\(16,2\)")],
)
def test_removing_or_retyping_a_published_column_is_refused(
    warehouse_home: Settings, later: tuple[tuple[str, str], ...], said: str
) -> None:
    with connect(warehouse_home, Role.admin) as connection:
        sync_subject(connection, _mart(("figure", "numeric(16,2)")))
        with pytest.raises(MigrationError, match=said):
            sync_subject(connection, _mart(*later))


def test_a_reader_is_waited_for_and_keeps_nobody_waiting(warehouse_home: Settings) -> None:
    """A report in a transaction holds its view; the change waits for it, other readers do not."""
    sync_subjects(warehouse_home, [_mart(("figure", "int"))])
    waited = threading.Event()
    change = threading.Thread(
        target=sync_subjects,
        args=[warehouse_home, [_mart(("figure", "int"), ("added", "int"))]],
        kwargs={"progress": lambda _: waited.set()},
    )
    with (
        connect(warehouse_home, Role.reader) as report,
        connect(warehouse_home, Role.reader, autocommit=True) as other,
    ):
        report.execute("select figure from published.x")
        change.start()
        assert waited.wait(60)
        for _ in range(3):
            started = time.monotonic()
            other.execute("select figure from published.x")
            assert time.monotonic() - started < 5  # it queues for a second at most
        report.execute("select figure from published.x")  # no deadlock
        assert change.is_alive()
        report.commit()
        change.join(60)
        assert not change.is_alive()
        names = [c.name for c in other.execute("select * from published.x").description or []]
    assert names[-1] == "added"


def test_the_areas_are_loaded_once_each(module_warehouse_home: Settings) -> None:
    with connect(module_warehouse_home, Role.builder) as connection:
        row = connection.execute(
            "select count(*), count(distinct (area_code, valid_from)) from ops.area"
        ).fetchone()
    packaged = len(packaged_areas())
    assert packaged > 45000
    assert row == (packaged, packaged)
