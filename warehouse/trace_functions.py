"""The functions that lead a figure to its cells and a cell to its figures, made from the contracts.

`published.trace`, `published.feeds` and `published.row_of` are the doors for readers: they run as
`trace_owner`, which reads what a trace needs, no personal column among it, and writes nothing.
What they call stands in the schema `trace`, which no reader may use. Arguments are values in
prepared statements: none becomes part of a statement's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from warehouse.contracts import MartContract
from warehouse.errors import MigrationError
from warehouse.trace_plan import MartPlan, mart_plan
from warehouse.trace_sql import ARGUMENTS, RESULT, function_name, mart_function
from warehouse.trace_sql_totals import totals_function

_FOLDER = Path(__file__).resolve().parent / "migrations" / "derived"
AREAS, DOORS = _FOLDER / "trace_areas.sql", _FOLDER / "trace_doors.sql"
_OWNER = "trace_owner"
_CALLERS = ("bi_reader", "tmw_builder", "tmw_publisher")
_LINEAGE = ("submission_id", "sheet", "row_no")
_DOORS = ("published.trace", "published.feeds", "published.row_of")


def sync_trace(connection: psycopg.Connection, marts: tuple[MartContract, ...]) -> None:
    """Make or renew all functions of a trace, in the transaction of the caller.

    Raises `DefinitionError` for a column whose contract does not say how it is traced, and
    `MigrationError` where a mart traces a column that may not be shown.
    """
    plans = [mart_plan(mart) for mart in marts]
    columns = _readable_columns(connection)
    _require_readable(plans, columns)
    totals = {t: types for t, types in columns.items() if "compare_with" in types}
    # What was made before is made anew: a function cannot change its result in place.
    for schema in ("trace", "published"):
        connection.execute(_DROP.format(schema=schema).encode())
    connection.execute("grant create on schema published, trace to trace_owner")
    statements = [AREAS.read_text(encoding="utf-8"), *_lists(plans)]
    for plan in plans:
        if plan.is_of_totals:
            statements.append(totals_function(plan, totals))
        else:
            statements.append(mart_function(plan, {t: list(c) for t, c in columns.items()}))
    statements += [_dispatch(plans), _places(columns), _row_of(plans)]
    statements.append(DOORS.read_text(encoding="utf-8"))
    for statement in statements:
        connection.execute(statement.encode())
    for schema in ("trace", "published"):
        connection.execute(_SECURE.format(schema=schema).encode())
    connection.execute("revoke create on schema published, trace from trace_owner")
    for door in _DOORS:
        connection.execute(
            sql.SQL("grant execute on function {} to {}").format(
                sql.SQL(door), sql.SQL(", ").join(map(sql.Identifier, _CALLERS))
            )
        )


def _readable_columns(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    """Return, of each form's main table, the columns a trace may read and their types."""
    rows = connection.execute(
        "select attribute.attrelid::regclass::text, attribute.attname,"
        " format_type(attribute.atttypid, null) from pg_attribute as attribute"
        " inner join pg_class as class on attribute.attrelid = class.oid"
        " where class.relnamespace = 'raw'::regnamespace and class.relkind = 'r'"
        " and attribute.attnum > 0 and not attribute.attisdropped"
        " and has_column_privilege(%s, class.oid, attribute.attnum, 'select')"
        " order by 1, attribute.attnum",
        [_OWNER],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, sql_type in rows:
        found.setdefault(table.removeprefix("raw."), {})[column] = sql_type
    return {
        table: {name: kind for name, kind in columns.items() if name not in _LINEAGE}
        for table, columns in found.items()
        if "row_kind" in columns
    }


def _require_readable(plans: list[MartPlan], columns: Mapping[str, Mapping[str, str]]) -> None:
    for plan in plans:
        for name, column in plan.columns.items():
            if column.kind not in ("sum", "same", "attribute"):
                continue
            source = plan.source(name)
            if source.column not in columns.get(source.table, {}):
                raise MigrationError(
                    f"{plan.contract.name}.{name} is traced to {source.table}.{source.column},"
                    " which is personal or does not exist.",
                    remedy="Personal columns never leave core; correct the mart's contract.",
                )


def _lists(plans: list[MartPlan]) -> list[str]:
    """Return the functions that tell of what each figure is made, and the keys of totals."""
    leads = [
        f"('{plan.contract.subject}', '{name}', '{part}', '{role}')"
        for plan in plans
        for name, column in plan.columns.items()
        if column.kind not in ("key", "label")
        for part, role in column.leads
    ]
    keys = [
        f"('{plan.contract.subject}', '{name}', '{text}')"
        for plan in plans
        for name, text in plan.default_keys.items()
    ]
    return [
        "create function trace.lead ()"
        " returns table (subject text, measure text, part_measure text, role text)"
        " language sql immutable set search_path = pg_catalog, pg_temp as $body$\n"
        f"select * from (values\n{', '.join(leads)}\n) as lead\n$body$;",
        "create function trace.default_keys (p_subject text) returns jsonb"
        " language sql immutable set search_path = pg_catalog, pg_temp as $body$\n"
        "select coalesce(jsonb_object_agg(key, value), '{}') from (values\n"
        f"{', '.join(keys)}\n) as total (subject, key, value) where subject = p_subject\n$body$;",
    ]


def _dispatch(plans: list[MartPlan]) -> str:
    branches = "\n".join(
        f"when '{plan.contract.subject}' then return query select * from {function_name(plan)}"
        " (p_publication, p_areas, p_keys, p_measures, p_unit);"
        for plan in plans
    )
    return (
        f"create function trace.cells (p_subject text, {ARGUMENTS}) returns table ({RESULT})"
        " language plpgsql stable set search_path = pg_catalog, pg_temp as $body$\n"
        f"begin\ncase p_subject\n{branches}\nend case;\nend\n$body$;"
    )


def _places(columns: Mapping[str, Mapping[str, str]]) -> str:
    """Return the function of the places a row counts at: its own, and those of its project."""
    branches = []
    for table, types in columns.items():
        own = (
            f"select filed.place_code from raw.{table} as filed where"
            " filed.submission_id = p_submission and filed.sheet = p_sheet"
            " and filed.row_no = p_row"
        )
        if "project_code" in types and table != "fp01":
            own += (
                " union select project.place_code from raw.fp01 as project"
                " inner join ops.build_input as input"
                " on project.submission_id = input.submission_id and input.build_id = p_build"
                f" inner join raw.{table} as filed on project.project_code = filed.project_code"
                " where filed.submission_id = p_submission and filed.sheet = p_sheet"
                " and filed.row_no = p_row and filed.project_code <> '-'"
            )
        branches.append(f"when '{table}' then return query {own};")
    return (
        "create function trace.places (p_table text, p_submission bigint, p_sheet text,"
        " p_row integer, p_build bigint) returns setof text language plpgsql stable"
        " set search_path = pg_catalog, pg_temp as $body$\nbegin\ncase p_table\n"
        + "\n".join(branches)
        + "\nelse null;\nend case;\nend\n$body$;"
    )


def _row_of(plans: list[MartPlan]) -> str:
    branches = []
    for plan in plans:
        subject = plan.contract.subject
        keys = " and ".join(
            "released.row_key = p_keys -> 'row_key'"
            if key == "row_key"
            else f"cast(released.{key} as text) = p_keys ->> '{key}'"
            for key in plan.contract.key
            if key != "stat_month"
        )
        branches.append(
            f"when '{subject}' then return (select to_jsonb(released) from released.{subject}"
            f" as released where released.publication_id = p_publication and {keys});"
        )
    return (
        "create function published.row_of (table_name text, publication_id text, keys jsonb)"
        " returns jsonb language plpgsql stable security definer"
        " set search_path = pg_catalog, pg_temp as $body$\n"
        "declare p_publication text := publication_id;\n"
        "p_keys jsonb := trace.default_keys(table_name) || keys;\n"
        "begin\ncase table_name\n" + "\n".join(branches) + "\nelse return null;\nend case;\nend\n"
        "$body$;\ncomment on function published.row_of is"
        " 'A row of any publication as it was published; null where there is none.';"
    )


_DROP = """
do $body$
declare found record;
begin
    for found in
        select p.oid::regprocedure as signature from pg_proc as p
        inner join pg_roles as r on p.proowner = r.oid
        where p.pronamespace = '{schema}'::regnamespace and r.rolname = 'trace_owner'
    loop
        execute format('drop function %s', found.signature);
    end loop;
end
$body$
"""
_SECURE = """
do $body$
declare found record;
begin
    for found in
        select p.oid::regprocedure as signature from pg_proc as p
        where p.pronamespace = '{schema}'::regnamespace
            and ('{schema}' = 'trace' or p.proname in ('trace', 'feeds', 'row_of'))
    loop
        execute format('alter function %s owner to trace_owner', found.signature);
        execute format('revoke all on function %s from public', found.signature);
    end loop;
end
$body$
"""
