"""The raw DDL on a real PostgreSQL: run again it changes nothing, and it loses nothing."""

from __future__ import annotations

import psycopg
import pytest

from ingest.forms.catalogue import load_forms
from ingest.forms.model import Bilingual, Column, Form
from ingest.generate.ddl import PATH, raw_ddl
from warehouse.database import Role, connect
from warehouse.settings import Settings

FORMS = sorted(load_forms().values(), key=lambda form: form.form_code != "FP-02")
_CATALOGUE = """
select relname, attname, format_type(atttypid, atttypmod), attnum,
       col_description(pg_class.oid, attnum), obj_description(pg_class.oid, 'pg_class'),
       relacl::text
from pg_attribute inner join pg_class on pg_class.oid = attrelid
where relnamespace = 'raw'::regnamespace and relkind = 'r' and attnum > 0
order by relname, attnum
"""


def apply(settings: Settings, forms: list[Form]) -> list[tuple[object, ...]]:
    with connect(settings, Role.admin) as connection:
        connection.execute(raw_ddl(forms)[PATH])
        return connection.execute(_CATALOGUE).fetchall()


def with_first_table(form: Form, columns: tuple[Column, ...]) -> Form:
    table = form.tables[0].model_copy(update={"columns": columns})
    return form.model_copy(update={"tables": (table, *form.tables[1:])})


def extra(name: str) -> Column:
    about = Bilingual(zh="试验用。", en="For a test.")
    return Column(name=name, zh="试验", en="Test", type="int", basis="S", description=about)


def test_applied_twice_it_changes_nothing(warehouse_home: Settings) -> None:
    first = apply(warehouse_home, FORMS)
    assert {row[0] for row in first} >= {t.name for form in FORMS for t in form.tables}
    assert apply(warehouse_home, FORMS) == first


def test_an_added_column_reaches_a_table_with_rows(warehouse_home: Settings) -> None:
    before = apply(warehouse_home, FORMS)
    with connect(warehouse_home, Role.admin) as connection:
        (submission,) = connection.execute(
            "insert into ops.submission (receipt_no, sha256, file_name, file_bytes,"
            " landing_path, received_at, state) values ('R-1', '1', 'a', 1, 'a', now(), 'accepted')"
            " returning submission_id"
        ).fetchone()
        connection.execute(
            "insert into raw.fp02 (submission_id, sheet, row_no) values (%s, 'FP-02', 20)",
            [submission],
        )
    wider = with_first_table(FORMS[0], (*FORMS[0].tables[0].columns, extra("newcomers")))
    after = apply(warehouse_home, [wider, *FORMS[1:]])
    added = [row[1] for row in after if row not in before]
    assert added == ["newcomers"]
    with connect(warehouse_home, Role.admin) as connection:
        rows = connection.execute("select newcomers from raw.fp02").fetchall()
    assert rows == [(None,)]


def test_removing_or_retyping_a_column_is_refused_by_name(warehouse_home: Settings) -> None:
    apply(warehouse_home, FORMS)
    columns = FORMS[0].tables[0].columns
    fewer = with_first_table(FORMS[0], tuple(c for c in columns if c.name != "balance"))
    with pytest.raises(psycopg.Error, match=r"raw\.fp02\.balance"):
        apply(warehouse_home, [fewer, *FORMS[1:]])
    retyped = with_first_table(
        FORMS[0],
        tuple(c.model_copy(update={"type": "int"}) if c.name == "balance" else c for c in columns),
    )
    with pytest.raises(psycopg.Error, match=r"balance is numeric\(16,2\), the form says bigint"):
        apply(warehouse_home, [retyped, *FORMS[1:]])


def test_loader_may_add_rows_and_never_change_them(warehouse_home: Settings) -> None:
    apply(warehouse_home, FORMS)
    with connect(warehouse_home, Role.loader) as connection:
        assert connection.execute("select count(*) from raw.fp02").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update raw.fp02 set balance = 0")
    with connect(warehouse_home, Role.builder) as connection:
        assert connection.execute("select count(*) from raw.fp08").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from raw.fp08")
