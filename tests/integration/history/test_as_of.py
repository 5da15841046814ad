"""`tmw as-of`: every figure ever published is shown again as it was on that day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from warehouse.as_of import (
    drop_as_of,
    list_as_of,
    parse_instant,
    refresh_as_of,
    show_as_of,
)
from warehouse.database import Role, connect
from warehouse.errors import ServerError, UsageError
from warehouse.settings import Settings

from .conftest import History, export_schema

pytestmark = pytest.mark.timeout(1800)  # ten releases are made for the first test

if TYPE_CHECKING:
    from tests.conftest import Clone

LONG_AGO = datetime(2009, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def copy(
    history: History, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("as-of") / "home"
    with clone_warehouse(history.settings, home) as settings:
        yield settings


def digests(tables: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(text).hexdigest() for name, text in tables.items()}


def test_each_of_ten_releases_is_shown_again_byte_by_byte(history: History, copy: Settings) -> None:
    assert len(history.releases) == 10
    states = {tuple(digests(seen.tables).values()) for seen in history.releases}
    assert len(states) == 10  # else the schemas could not be told apart
    for seen in history.releases:
        schema = f"release_{seen.release_id}"
        shown = show_as_of(copy, seen.since, schema)
        assert set(shown.views) >= set(seen.tables)
        assert digests(export_schema(copy, schema)) == digests(seen.tables), schema
    assert [each.schema for each in list_as_of(copy)] == sorted(
        f"release_{seen.release_id}" for seen in history.releases
    )


def test_a_moment_before_a_release_shows_the_one_before(history: History, copy: Settings) -> None:
    for before, after in zip(history.releases, history.releases[1:], strict=False):
        show_as_of(copy, after.since - timedelta(microseconds=1), "moved")  # led from one to next
        assert digests(export_schema(copy, "moved")) == digests(before.tables)
    show_as_of(copy, LONG_AGO, "moved")
    assert all(len(text.splitlines()) == 1 for text in export_schema(copy, "moved").values())


def test_the_views_are_those_of_published_column_by_column(copy: Settings) -> None:
    show_as_of(copy, LONG_AGO, "shape")
    refresh_as_of(copy)
    with connect(copy, Role.admin) as connection:
        shapes = [
            connection.execute(
                "select table_name, ordinal_position, column_name, data_type, numeric_precision,"
                " numeric_scale from information_schema.columns where table_schema = %s"
                " order by 1, 2",
                [schema],
            ).fetchall()
            for schema in ("published", "shape")
        ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 100


def test_a_later_release_leaves_what_was_shown(history: History, copy: Settings) -> None:
    last = history.releases[-1]
    show_as_of(copy, last.since, "kept")
    with connect(copy, Role.admin) as connection:
        connection.execute(
            "update ops.release_month set valid_to = clock_timestamp() where valid_to is null"
        )
        assert digests(export_schema(copy, "kept")) == digests(last.tables)
        connection.rollback()


def test_what_is_not_of_our_making_is_left_alone(copy: Settings) -> None:
    with connect(copy, Role.admin) as connection:
        connection.execute("create schema theirs; create table theirs.kept (a int)")
    for schema in ("theirs", "published", "ops"):
        with pytest.raises(UsageError, match="not made by"):
            show_as_of(copy, LONG_AGO, schema)
        with pytest.raises(UsageError, match="not made by"):
            drop_as_of(copy, schema)
    for name in ("pg_ours", "Large", "a-b", ""):
        with pytest.raises(UsageError, match="cannot be the name"):
            show_as_of(copy, LONG_AGO, name)
    with pytest.raises(UsageError, match="not come yet"):
        show_as_of(copy, datetime.now(UTC) + timedelta(minutes=1), "future")
    with pytest.raises(UsageError, match="There is no schema"):
        drop_as_of(copy, "future")


def test_a_schema_somebody_builds_upon_is_not_dropped(copy: Settings) -> None:
    show_as_of(copy, LONG_AGO, "used")
    with connect(copy, Role.admin) as connection:
        connection.execute("create view used.own as select * from used.reporting")
    with pytest.raises(UsageError, match="own"):
        drop_as_of(copy, "used")
    with connect(copy, Role.admin) as connection:
        connection.execute("drop view used.own; create table used.noted (a int)")
    with pytest.raises(UsageError, match="noted"):
        drop_as_of(copy, "used")
    assert "used" in {each.schema for each in list_as_of(copy)}
    with connect(copy, Role.admin) as connection:
        connection.execute("drop table used.noted")
    drop_as_of(copy, "used")
    assert "used" not in {each.schema for each in list_as_of(copy)}


def test_readers_may_read_and_nothing_else(copy: Settings) -> None:
    show_as_of(copy, LONG_AGO, "read")
    with connect(copy, Role.admin) as connection:
        owners = connection.execute(
            "select distinct viewowner from pg_views where schemaname = 'read'"
        ).fetchall()
        may = connection.execute(
            "select has_schema_privilege('view_owner', 'read', 'create'),"
            " has_schema_privilege('bi_reader', 'read', 'create'),"
            " has_table_privilege('bi_reader', 'read.release', 'insert, update, delete')"
        ).fetchone()
    assert owners == [("view_owner",)]
    assert may == (False, False, False)
    with connect(copy, Role.reader) as connection:
        assert connection.execute("select count(*) from read.release").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select 1 from ops.release_month")


def test_a_busy_schema_is_not_waited_for_without_end(
    copy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.as_of._LOCK_TIMEOUT", "300ms")
    show_as_of(copy, LONG_AGO, "busy")
    with connect(copy, Role.reader) as reader:
        reader.execute("select count(*) from busy.reporting")
        with pytest.raises(ServerError, match="in use"):
            show_as_of(copy, LONG_AGO, "busy")


def test_an_instant_without_offset_is_of_the_settings_time_zone(copy: Settings) -> None:
    assert parse_instant(copy, "2009-12-20T08:00").isoformat() == "2009-12-20T08:00:00+08:00"
    assert parse_instant(copy, "2009-12-20") == datetime(2009, 12, 19, 16, tzinfo=UTC)
    assert parse_instant(copy, "2009-12-20T08:00Z") == datetime(2009, 12, 20, 8, tzinfo=UTC)
    text: Any
    for text in ("yesterday", "2009-13-01", ""):
        with pytest.raises(UsageError, match="no timestamp"):
            parse_instant(copy, text)
