"""The doors for readers: what they show, and what they cannot be made to show."""

from __future__ import annotations

import json

import psycopg
import pytest

from warehouse.database import Role, connect
from warehouse.settings import Settings

AREA = json.dumps({"area_code": "530700000000"})
TRACE = "select * from published.trace(%s, %s, %s, %s)"
PERSONAL = ("responsible_person", "keeper")


def test_a_reader_traces_in_sql(published: Settings) -> None:
    with connect(published, Role.reader) as connection:
        rows = connection.execute(
            "select role, sheet, cell, stored_value, conversion, status, sha256, receipt_no"
            " from published.trace('fund_progress', '2009-11-01', %s, 'issued_yuan_ytd')",
            [AREA],
        ).fetchall()
        figure = connection.execute(
            "select issued_yuan_ytd from published.fund_progress where stat_month = '2009-11-01'"
            " and area_code = '530700000000' and programme_code = '00' and source_group = 'all'"
        ).fetchone()
        fed = connection.execute(
            "select count(*) from published.trace('fund_progress', '2009-11-01', %s,"
            " 'issued_yuan_ytd') as traced cross join lateral"
            " published.feeds(traced.submission_id, traced.sheet, traced.cell) as fed"
            " where fed.table_name = 'fund_progress' and fed.measure = 'issued_yuan_ytd'"
            " and fed.keys ->> 'area_code' = '530700000000'"
            " and traced.amount = (select max(amount) from published.trace('fund_progress',"
            " '2009-11-01', %s, 'issued_yuan_ytd'))",
            [AREA, AREA],
        ).fetchone()
    assert figure is not None
    assert fed is not None
    assert sum(float(row[3]) for row in rows) == float(figure[0])
    assert all(row[2] and len(row[6]) == 64 for row in rows)
    assert fed[0] >= 1


@pytest.mark.parametrize(
    ("table", "keys", "measure"),
    [
        ("fund_progress'; drop table raw.fp02; --", AREA, "issued_yuan_ytd"),
        ("fund_progress", AREA, "issued_yuan_ytd, sha256"),
        ("submission", AREA, "sha256"),
        ("project_status", AREA, "responsible_person"),
    ],
)
def test_what_is_no_figure_is_refused(
    published: Settings, table: str, keys: str, measure: str
) -> None:
    with (
        connect(published, Role.reader) as connection,
        pytest.raises(psycopg.errors.InvalidParameterValue, match="has no figure"),
    ):
        connection.execute(TRACE, [table, "2009-11-01", keys, measure])


def test_a_key_is_a_value_and_nothing_else(published: Settings) -> None:
    keys = json.dumps({"area_code": "530700000000' or '1'='1"})
    with connect(published, Role.reader) as connection:
        rows = connection.execute(
            TRACE, ["fund_progress", "2009-11-01", keys, "issued_yuan_ytd"]
        ).fetchall()
    assert rows == []


@pytest.mark.parametrize(
    "query",
    [
        "select * from trace.fund_progress('2009-11.r1', array['530700000000'], null, null)",
        "select * from trace.lead()",
        "select * from raw.fp02",
        "select * from ops.build_input",
    ],
)
def test_a_reader_has_the_doors_alone(published: Settings, query: str) -> None:
    with (
        connect(published, Role.reader) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(query.encode())


def test_the_owner_reads_no_personal_column_and_writes_nothing(published: Settings) -> None:
    with connect(published, Role.admin) as connection:
        readable = connection.execute(
            "select class.relname, attribute.attname from pg_attribute as attribute"
            " inner join pg_class as class on attribute.attrelid = class.oid"
            " where class.relnamespace in ('raw'::regnamespace, 'ops'::regnamespace)"
            " and class.relkind = 'r' and attribute.attnum > 0 and not attribute.attisdropped"
            " and has_column_privilege('trace_owner', class.oid, attribute.attnum, 'select')"
        ).fetchall()
        assert ("fp01", "project_code") in readable
        assert not {name for _, name in readable}.intersection(PERSONAL)
        assert "head_value" not in {table for table, _ in readable}
        assert not {"landing_path", "text", "token"}.intersection(name for _, name in readable)
        owned = connection.execute(
            "select p.proname, p.provolatile, p.proconfig::text, p.prosecdef, n.nspname"
            " from pg_proc as p inner join pg_namespace as n on p.pronamespace = n.oid"
            " where p.proowner = 'trace_owner'::regrole"
        ).fetchall()
        writes = connection.execute(
            "select count(*) from pg_class as class where class.relkind in ('r', 'p', 'v')"
            " and class.relnamespace <> 'pg_catalog'::regnamespace"
            " and has_table_privilege('trace_owner', class.oid, 'insert, update, delete, truncate')"
        ).fetchone()
        role = connection.execute(
            "select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = 'trace_owner'"
        ).fetchone()
    assert writes == (0,)
    assert role == (False, False, False)
    assert {name for name, *_, schema in owned if schema == "published"} == {
        "trace", "feeds", "row_of",
    }  # fmt: skip
    assert all(volatile in "si" and "search_path" in config for _, volatile, config, *_ in owned)
    assert all(definer == (schema == "published") for *_, definer, schema in owned)
