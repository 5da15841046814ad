"""The functions that lead a figure to its cells and a cell to its figures, made from the contracts.

`published.trace`, `published.feeds` and `published.row_of` are the doors for readers: they run as
`trace_owner`, which reads what a trace needs, no personal column among it, and writes nothing.
What they call stands in the schema `trace`, which no reader may use. Arguments are values in
prepared statements: none becomes part of a statement's text.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

from warehouse.contracts import MartContract
from warehouse.errors import MigrationError
from warehouse.trace_plan import MartPlan, mart_plan
from warehouse.trace_sql import ARGUMENTS, RESULT, function_name, mart_function
from warehouse.trace_sql_totals import totals_function

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
    statements = [_AREAS, *_lists(plans)]
    for plan in plans:
        if plan.is_of_totals:
            statements.append(totals_function(plan, totals))
        else:
            statements.append(mart_function(plan, {t: list(c) for t, c in columns.items()}))
    statements += [_dispatch(plans), _places(columns), _row_of(plans), _TRACE, _FEEDS]
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
# One row of an area holds in a month: the newest of those valid in it.
_AREAS = """
create function trace.valid_area (p_month date)
returns table (area_code text, parent_code text)
language sql stable set search_path = pg_catalog, pg_temp as $body$
select distinct on (area.area_code) area.area_code, area.parent_code
from ops.area as area
where area.valid_from <= cast(p_month + interval '1 month - 1 day' as date)
    and (area.valid_until is null or area.valid_until >= p_month)
order by area.area_code, area.valid_from desc
$body$;
create function trace.inside (p_area text, p_month date) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $body$
with recursive inside as (
    select p_area as area_code
    union
    select area.area_code
    from trace.valid_area(p_month) as area
    inner join inside on area.parent_code = inside.area_code
)
select area_code from inside
$body$;
create function trace.above (p_area text, p_month date) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $body$
with recursive above as (
    select p_area as area_code
    union
    select area.parent_code
    from trace.valid_area(p_month) as area
    inner join above on area.area_code = above.area_code
    where area.parent_code is not null
)
select area_code from above
$body$;
create function trace.covers (p_list text, p_total text, p_part text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $body$
-- A code the total covers, or a total all of whose parts it covers.
select exists (
    select 1 from staging.seed_code_cover as cover where cover.list_name = p_list
        and cover.total_code = p_total and cover.part_code = p_part
) or (exists (
    select 1 from staging.seed_code_cover as own
    where own.list_name = p_list and own.total_code = p_part
) and not exists (
    select 1 from staging.seed_code_cover as own
    where own.list_name = p_list and own.total_code = p_part and not exists (
        select 1 from staging.seed_code_cover as cover where cover.list_name = p_list
            and cover.total_code = p_total and cover.part_code = own.part_code
    )
))
$body$;
create function trace.is_part (p_part jsonb, p_total jsonb) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $body$
-- The same code or one the total covers; mode 0, "not collected", stands for every mode.
select not exists (
    select 1 from jsonb_each_text(p_total) as wanted
    where wanted.key not in ('place_code', 'row_kind') and wanted.value <> '-'
        and not (wanted.key = 'mode' and wanted.value = '0')
        and p_part ->> wanted.key <> wanted.value
        and not exists (
            select 1 from staging.seed_code_cover as cover where cover.list_name = wanted.key
                and cover.total_code = wanted.value and cover.part_code = p_part ->> wanted.key
        )
)
$body$;
"""
_TRACE = """
create function published.trace (
    table_name text, stat_month date, keys jsonb, measure text, publication_id text default null
)
returns table (
    role text, part text, filing_unit_code text, submission_id bigint, receipt_no text, file text,
    sha256 text, sheet text, cell text, form_column text, stored_value text, amount numeric,
    conversion text, status text
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $body$
#variable_conflict use_column
declare
    wanted_table text := regexp_replace(table_name, '^published[.]', '');
    wanted_month date := stat_month;
    wanted_measure text := measure;
    wanted_keys jsonb;
    wanted_publication text := publication_id;
    parts text[];
begin
    select array_agg(distinct lead.part_measure) into parts
    from trace.lead() as lead
    where lead.subject = wanted_table and lead.measure = wanted_measure;
    if parts is null then
        raise exception '% has no figure %', wanted_table, wanted_measure
            using errcode = 'invalid_parameter_value';
    end if;
    select publication.publication_id into wanted_publication
    from ops.publication as publication
    left join ops.release_month as month on publication.publication_id = month.publication_id
    where publication.stat_month = wanted_month and case
        when wanted_publication is null then month.valid_from is not null and month.valid_to is null
        else publication.publication_id = wanted_publication
    end
    limit 1;
    if wanted_publication is null then
        raise exception '% was not published so', to_char(wanted_month, 'YYYY-MM')
            using errcode = 'no_data_found';
    end if;
    wanted_keys := trace.default_keys(wanted_table) || keys;
    return query
    with found as (
        select
            case when lead.role = 'part' then cells.role else lead.role end as role,
            cells.measure as part,
            cells.unit_code,
            cells.submission_id,
            cells.sheet,
            cells.row_no,
            position.column_letter || cells.row_no as cell,
            cells.column_name,
            cells.value,
            cells.amount,
            concat_ws(
                ' ', nullif(position.unit, ''), 'x ' || cast(trim_scale(position.factor) as text)
            ) as conversion,
            case when cells.table_name is not null then coalesce(mark.status, 'A') end as status
        from trace.cells(
            wanted_table, wanted_publication, array[wanted_keys ->> 'area_code'], wanted_keys, parts
        ) as cells
        inner join trace.lead() as lead on lead.subject = wanted_table
            and lead.measure = wanted_measure and lead.part_measure = cells.measure
        left join raw.column_position as position
            on cells.submission_id = position.submission_id
            and cells.table_name = position.table_name and cells.sheet = position.sheet
            and cells.column_name = position.column_name
        left join raw.cell_mark as mark
            on cells.submission_id = mark.submission_id
            and cells.table_name = mark.table_name and cells.sheet = mark.sheet
            and cells.row_no = mark.row_no and cells.column_name = mark.column_name
    )
    -- Where a cell is filled, the filled ones; where none is, those that say why.
    select found.role, found.part, found.unit_code, found.submission_id, submission.receipt_no,
        submission.file_name, submission.sha256, found.sheet, found.cell, found.column_name,
        found.value, found.amount, found.conversion, cast(found.status as text)
    from found
    left join ops.submission as submission on found.submission_id = submission.submission_id
    where found.value is not null or found.status is null
        or (found.status <> 'A' and not exists (select 1 from found where value is not null))
    order by found.role desc, found.part, found.submission_id, found.sheet, found.row_no, found.cell;
end
$body$;
comment on function published.trace is
'The cells a published figure is made of: published.trace(''fund_progress'', ''2009-11-01'', ''{"area_code": "530700000000"}'', ''in_place_rate_pct''). The original text is read by tmw trace.';
"""
_FEEDS = """
create function published.feeds (submission_id bigint, sheet text, cell text)
returns table (
    table_name text, stat_month date, keys jsonb, measure text, role text, value text,
    publication_id text, is_in_force boolean
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $body$
#variable_conflict use_column
declare
    wanted_submission bigint := submission_id;
    wanted_sheet text := sheet;
    wanted_row integer := cast(substring(cell from '^[A-Za-z]{1,3}([0-9]{1,7})$') as integer);
    wanted_letter text := upper(substring(cell from '^([A-Za-z]{1,3})[0-9]{1,7}$'));
begin
    return query
    with origin as materialized (
        select position.table_name, position.column_name, submission.area_code as unit_code,
            submission.stat_month
        from raw.column_position as position
        inner join ops.submission as submission
            on position.submission_id = submission.submission_id
        where position.submission_id = wanted_submission and position.sheet = wanted_sheet
            and position.column_letter = wanted_letter
    ),
    -- The publications that read this return: of its month, and of the same month a year later.
    reading as materialized (
        select publication.publication_id, input.build_id
        from ops.build_input as input
        inner join ops.build as build on input.build_id = build.build_id
        inner join ops.publication as publication on publication.build_id = build.build_id
            or (
                publication.stat_month = cast(build.stat_month + interval '1 year' as date)
                and build.build_id = (
                    select max(before.build_id) from ops.build as before
                    where before.stat_month = build.stat_month
                        and before.build_id < publication.build_id
                        and before.state not in ('building', 'failed')
                )
            )
        where input.submission_id = wanted_submission
    ),
    wanted as materialized (
        select reading.publication_id, origin.*,
            array(
                select distinct above.area_code
                from trace.places(
                    origin.table_name, wanted_submission, wanted_sheet, wanted_row,
                    reading.build_id
                ) as place (area_code)
                cross join lateral trace.above(place.area_code, origin.stat_month)
                    as above (area_code)
            ) as areas
        from reading
        cross join origin
    ),
    subjects as materialized (
        select lead.subject, array_agg(distinct lead.part_measure) as parts
        from trace.lead() as lead
        group by lead.subject
    )
    select distinct
        subjects.subject,
        cast(found.figure ->> 'stat_month' as date),
        found.figure_keys - 'stat_month',
        lead.measure,
        case when lead.role = 'part' then found.role else lead.role end,
        found.figure ->> lead.measure,
        wanted.publication_id,
        exists (
            select 1 from ops.release_month as month
            where month.publication_id = wanted.publication_id and month.valid_to is null
        )
    from wanted
    cross join subjects
    cross join lateral trace.cells(
        subjects.subject, wanted.publication_id, wanted.areas, null, subjects.parts,
        wanted.unit_code
    ) as found
    inner join trace.lead() as lead
        on lead.subject = subjects.subject and lead.part_measure = found.measure
    where found.submission_id = wanted_submission and found.table_name = wanted.table_name
        and found.sheet = wanted_sheet and found.row_no = wanted_row
        and found.column_name = wanted.column_name and found.value is not null
        and found.figure ->> lead.measure is not null
    order by 1, 2, 3, 4, 5, 7;
end
$body$;
comment on function published.feeds is
'Every published figure that a cell feeds: published.feeds(17, ''FP-02'', ''K7''), in whatever publication; is_in_force says whether readers see it now.';
"""
