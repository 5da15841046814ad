"""The DDL of the raw form tables: idempotent, so a column added to a form reaches the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from ingest.forms.catalogue import table_columns
from ingest.forms.model import Column, Form, Table
from ingest.generate.files import NOTICE, Files
from ingest.generate.labels import column_comment

PATH = PurePosixPath("warehouse/migrations/generated/raw.sql")

LINEAGE = {
    "submission_id": ("bigint", "提交编号 The submission (ops.submission) this row came with."),
    "sheet": ("text", "工作表 The sheet of the file."),
    "row_no": ("integer", "行号 The row of the sheet, counted from 1."),
}

# An added column is added; a column that was removed or retyped is refused with the reason.
_GUARD = """\
do $guard$
declare
    refused text;
begin
    select string_agg(
        format(
            'raw.%s.%s is %s, the form says %s', table_name, column_name, actual_type, form_type
        ),
        '; ' order by table_name, column_name
    )
    into refused
    from (values
{rows}
    ) as form (table_name, column_name, form_type)
    full join (
        select
            class.relname::text as table_name,
            attribute.attname::text as column_name,
            format_type(attribute.atttypid, attribute.atttypmod) as actual_type
        from pg_attribute as attribute
        inner join pg_class as class on class.oid = attribute.attrelid
        where class.relnamespace = 'raw'::regnamespace
            and class.relname in ({tables})
            and attribute.attnum > 0
            and not attribute.attisdropped
    ) as database using (table_name, column_name)
    where actual_type is distinct from form_type;
    if refused is not null then
        raise exception 'a column of a form was removed or retyped: %', refused
            using hint = 'Close a column with until and add a new one beside it.';
    end if;
end
$guard$;
"""


def raw_ddl(forms: Iterable[Form]) -> Files:
    """Return the file of DDL for every table of the forms."""
    tables = [(form, table) for form in forms for table in form.tables]
    parts = [f"-- {NOTICE}\n", *(_table_ddl(form, table) for form, table in tables)]
    parts.append(_guard(tables))
    return {PATH: "\n".join(parts).encode()}


def _table_ddl(form: Form, table: Table) -> str:
    name = f"raw.{table.name}"
    columns = table_columns(form, table)
    shown = [c.name for c in columns if not c.personal]
    added = ",\n".join(f"    add column if not exists {c.name} {c.sql_type}" for c in columns)
    return "\n".join(
        (
            f"create table if not exists {name} (",
            "    submission_id bigint not null references ops.submission,",
            "    sheet text not null,",
            "    row_no integer not null,",
            "    primary key (submission_id, sheet, row_no)",
            ");",
            f"alter table {name}",
            f"{added};",
            *_comments(form, table, columns),
            f"grant select, insert on {name} to tmw_loader;",
            f"grant select on {name} to tmw_builder;",
            # Column by column: what a trace cannot read, it cannot show.
            f"grant select (submission_id, sheet, row_no, {', '.join(shown)})",
            f"on {name} to trace_owner;",
            "",
        )
    )


def _comments(form: Form, table: Table, columns: Iterable[Column]) -> Iterator[str]:
    name = f"raw.{table.name}"
    about = f"{form.form_code} {table.title.zh} {table.title.en}. {form.grain.zh} {form.grain.en}"
    yield f"comment on table {name} is {_literal(about)};"
    for lineage, (_, comment) in LINEAGE.items():
        yield f"comment on column {name}.{lineage} is {_literal(comment)};"
    for column in columns:
        yield f"comment on column {name}.{column.name} is {_literal(column_comment(column))};"


def _guard(tables: Iterable[tuple[Form, Table]]) -> str:
    rows: list[str] = []
    names: list[str] = []
    for form, table in tables:
        names.append(_literal(table.name))
        types = {name: sql_type for name, (sql_type, _) in LINEAGE.items()}
        types |= {c.name: c.sql_type for c in table_columns(form, table)}
        rows += [
            f"        ({_literal(table.name)}, {_literal(column)}, {_literal(sql_type)})"
            for column, sql_type in types.items()
        ]
    return _GUARD.format(rows=",\n".join(rows), tables=", ".join(names))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
