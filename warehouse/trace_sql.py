"""The SQL that finds the cells of a mart's figures, made from the mart's contract.

For each mart one function `trace.<mart>(publication, areas, keys, measures, unit)`: the figures of
one publication in these areas (and with these keys, where given), and for each of them the cells
of these measures (of one filing unit alone, where given). A trace asks for one figure; the way
upwards asks for all figures above one cell, of the cell's unit alone. So both read one definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from warehouse.trace_plan import ROWS, STAGES, MartPlan, Source, table_of
from warehouse.trace_sql_parts import both_sides, column_parts, sources, where

# What every such function gives back, one row for each cell (or return) of a figure.
RESULT = (
    "figure_keys jsonb, figure jsonb, measure text, role text, unit_code text,"
    " submission_id bigint, table_name text, sheet text, row_no integer, column_name text,"
    " value text, amount numeric"
)
ARGUMENTS = (
    "p_publication text, p_areas text[], p_keys jsonb, p_measures text[], p_unit text default null"
)
_OF_ALL_UNITS = "fp01"  # projects are few, and money is found through them


def function_name(plan: MartPlan) -> str:
    """Return the function that traces a mart."""
    return f"trace.{plan.contract.subject}"


def publication_and_figures(plan: MartPlan) -> list[str]:
    """Return the first two parts of every function: the publication, and the figures asked for."""
    subject, keys = plan.contract.subject, [k for k in plan.contract.key if k != "stat_month"]
    wanted = "".join(
        f"\n    and (p_keys -> '{key}' is null or {_as_text(plan, key)} = p_keys ->> '{key}')"
        for key in keys
        if key != "row_key"
    )
    if "row_key" in keys:
        wanted += (
            "\n    and (p_keys -> 'row_key' is null or released.row_key = p_keys -> 'row_key')"
        )
    built = ", ".join(f"'{key}', released.{key}" for key in plan.contract.key)
    return [
        """publication as materialized (
    select publication.stat_month, publication.build_id, build.started_at,
        cast(publication.stat_month + interval '1 month - 1 day' as date) as last_day,
        (
            select max(before.build_id)
            from ops.build as before
            where before.stat_month = cast(publication.stat_month - interval '1 year' as date)
                and before.build_id < publication.build_id
                and before.state not in ('building', 'failed')
        ) as last_year_build_id
    from ops.publication as publication
    inner join ops.build as build on publication.build_id = build.build_id
    where publication.publication_id = p_publication
)""",
        f"""figure as materialized (
    select released.*, row_number() over () as figure_no,
        jsonb_build_object({built}) as figure_keys,
        case when p_unit is not null then to_jsonb(released) end as figure
    from released.{subject} as released
    inner join publication on released.stat_month = publication.stat_month
    where released.publication_id = p_publication and released.area_code = any(p_areas){wanted}
)""",
    ]


def mart_function(plan: MartPlan, columns: Mapping[str, list[str]]) -> str:
    """Return the DDL of the function of a mart; `columns` are those of each form it may read."""
    parts: list[str] = []
    for column in plan.columns.values():
        parts += column_parts(plan, column)
    tables = _tables(plan)
    steps = publication_and_figures(plan)
    steps.append(_places(plan))
    for table in sorted(tables, key=lambda name: (name in _named(plan), name)):
        steps += _rows(plan, table, columns[table])
    if any(column.kind == "returns" for column in plan.columns.values()):
        steps.append(_owed(plan))
    steps.append("found as (\n" + "\nunion all\n".join(parts) + "\n)")
    return function_ddl(function_name(plan), steps)


def function_ddl(name: str, steps: Iterable[str]) -> str:
    """Return the function that selects `found` beside `figure`, both made by the steps."""
    return f"""create or replace function {name} ({ARGUMENTS})
returns table ({RESULT})
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
return query
with {", ".join(steps)}
select figure.figure_keys, figure.figure, found.measure, found.role, found.unit_code,
    found.submission_id, found.table_name, found.sheet, found.row_no, found.column_name,
    found.value, found.amount
from found
inner join figure on found.figure_no = figure.figure_no;
end
$body$;
"""


def _as_text(plan: MartPlan, key: str) -> str:
    types = {column.name: column.sql_type for column in plan.contract.columns}
    return f"released.{key}" if types[key] == "text" else f"cast(released.{key} as text)"


def _tables(plan: MartPlan) -> set[str]:
    found: set[str] = set()
    for column in plan.columns.values():
        how = column.how
        if column.kind in ("sum", "same", "attribute"):
            found |= {table_of(str(how[word])) for word in ("form", "naming") if how.get(word)}
        elif column.kind == "side" and "form" in how:
            found.add(table_of(str(how["form"])))
    return found


def _named(plan: MartPlan) -> dict[str, str]:
    """Return the tables whose rows are found by the projects they name, and those projects'."""
    return {
        table_of(str(column.how["form"])): table_of(str(column.how["naming"]))
        for column in plan.columns.values()
        if column.how.get("naming")
    }


def _places(plan: MartPlan) -> str:
    """Return the places whose rows count in an area: those inside it, or the area alone."""
    inside = "trace.inside(area.area_code, back.stat_month)"
    if not any(how.get("place") for how in plan.filters.values()):
        inside = "(select area.area_code) as place (place_code)"
    return f"""place as materialized (
    select area.area_code, back.years_back, place.place_code
    from (select distinct area_code from figure) as area
    cross join lateral (
        select 0 as years_back, stat_month
        from publication
        union all
        select 1 as years_back, cast(stat_month - interval '1 year' as date)
        from publication
        where last_year_build_id is not null and {_asks(plan, "last_year")}
    ) as back
    cross join lateral {inside}{" as place (place_code)" if inside.startswith("trace") else ""}
)"""


def _asks(plan: MartPlan, kind: str) -> str:
    """Return the condition that a measure of last year, or a side made of one, is asked for."""
    own = {name for name, column in plan.columns.items() if column.kind == kind}
    names = own | {
        name
        for name, column in plan.columns.items()
        for word in ("sum_of", "less")
        if own.intersection(column.how.get(word) or ())
    }
    # The other side of such a rate needs both years too: it counts the units that filed both.
    names |= {other for name in names for other in both_sides(plan, name)}
    listed = ", ".join(f"'{name}'" for name in sorted(names))
    return f"p_measures && array[{listed}]::text[]" if names else "false"


def _rows(plan: MartPlan, table: str, columns: list[str]) -> list[str]:
    """Return the rows of a form behind each figure, and what each unit of them has told."""
    selected = ", ".join(f"filed.{name}" for name in _needed(plan, table, columns))
    naming = _named(plan).get(table)
    once = next((s.once for s in sources(plan) if s.table == table and s.once), None)
    extra = ""
    if "fund_year" in columns:
        extra += ", filed.fund_year = extract(year from publication.stat_month) as is_fund_year"
    if naming:
        origin = f"""(
        select figure_no, project_code, bool_and(is_terminated) as is_terminated
        from row_{naming}
        where project_code <> '-'
        group by figure_no, project_code
    ) as figure
    cross join publication
    inner join raw.{table} as filed on filed.project_code = figure.project_code"""
        extra += ", figure.is_terminated, 0 as years_back"
        frozen, chosen = "publication.build_id", ""
    else:
        origin = f"""figure
    cross join publication
    inner join place on figure.area_code = place.area_code
    inner join raw.{table} as filed on filed.place_code = place.place_code"""
        extra += ", place.years_back"
        if "state" in columns:
            extra += ", coalesce(filed.state = '9', false) as is_terminated"
        frozen = (
            "case place.years_back when 0 then publication.build_id"
            " else publication.last_year_build_id end"
        )
        chosen = "".join(f"\n        and {c}" for c in _key_conditions(plan))
        if once and table not in _named(plan):
            chosen += f"\n        and {_first_of(table, once)}"
    of_unit = (
        ""
        if table == _OF_ALL_UNITS
        else ("\n        and (p_unit is null or submission.area_code = p_unit)")
    )
    steps = [
        f"""row_{table} as materialized (
    select figure.figure_no, submission.area_code as unit_code, filed.submission_id, filed.sheet,
        filed.row_no, {selected}{extra}
    from {origin}
    inner join ops.build_input as input
        on filed.submission_id = input.submission_id and input.build_id = {frozen}
    inner join ops.submission as submission on filed.submission_id = submission.submission_id
    where filed.row_kind in ('1', '2'){chosen}{of_unit}
)"""
    ]
    told = {
        name: f"count(filed.{source.column}) filter (where {where(source)}) as {name}"
        for name, source in _told_by_unit(plan).items()
        if source.table == table
    }
    if told:
        steps.append(
            f"unit_{table} as materialized (\n    select figure_no, unit_code,"
            f" {'project_code' if naming else 'cast(null as text)'} as project_code, "
            + ",\n        ".join(told.values())
            + f"\n    from row_{table} as filed group by 1, 2, 3\n)"
        )
    return steps


def _needed(plan: MartPlan, table: str, columns: list[str]) -> list[str]:
    """Return the columns of a form that the figures of a mart and their conditions read."""
    words = {source.column for source in sources(plan) if source.table == table}
    texts = [*ROWS.values(), *(sql for sql, _ in STAGES.values())]
    words |= {name for name in columns if any(f"filed.{name}" in text for text in texts)}
    words |= {"row_kind", "project_code", "units"}
    for column in plan.columns.values():
        words |= {str(column.how.get("times")), *(column.how.get("columns") or {}).values()}
    return [name for name in columns if name in words]


def _key_conditions(plan: MartPlan) -> list[str]:
    found = []
    for key, how in plan.filters.items():
        if "column" not in how:
            continue
        column, wanted = f"filed.{how['column']}", f"figure.{key}"
        if how.get("group"):
            condition = (
                f"exists (select 1 from core.dim_fund_source as source where"
                f" source.fund_source_code = {column} and source.source_group = {wanted})"
            )
        elif "blank" in how:
            condition = f"coalesce({column}, '{how['blank']}') = {wanted}"
        else:
            condition = f"{column} = {wanted}"
        if "total" in how:
            condition = f"({wanted} = '{how['total']}' or {condition})"
        found.append(condition)
    return found


def _first_of(table: str, code: str) -> str:
    """Leave out detail rows whose code stands in a detail row of an earlier submission."""
    return (
        f"(filed.row_kind = '2' or not exists (select 1 from raw.{table} as earlier"
        " inner join ops.build_input as frozen on earlier.submission_id = frozen.submission_id"
        " and frozen.build_id = input.build_id where earlier.row_kind = '1'"
        f" and earlier.{code} = filed.{code} and (earlier.submission_id, earlier.sheet,"
        " earlier.row_no) < (filed.submission_id, filed.sheet, filed.row_no)))"
    )


def _told_by_unit(plan: MartPlan) -> dict[str, Source]:
    """Return the measures of which a rate asks whether a filing unit told them."""
    found: dict[str, Source] = {}
    for column in plan.columns.values():
        if column.how.get("both") == "unit":
            for name in [*column.how["sum_of"], *(column.how.get("less") or ())]:
                found[name] = plan.source(name)
    return found


def _owed(plan: MartPlan) -> str:
    """Return the returns that units in each area owe, with what came of them."""
    forms = {
        str(c.how["form"]) for c in plan.columns.values() if c.kind == "returns" and "form" in c.how
    }
    form = f"'{forms.pop()}'" if forms else "figure.form_code"
    return f"""owed as materialized (
    select figure.figure_no, unit.area_code as unit_code, accepted.submission_id as accepted_id,
        received.submission_id as received_id,
        case when accepted.filled_required_cells is not null
            then accepted.required_cells end as required_cells,
        case when accepted.required_cells is not null
            then accepted.filled_required_cells end as filled_required_cells,
        accepted.submission_id is not null and received.first_readable_at < coalesce((
            select max(deadline.deadline_at)
            from core.dim_deadline as deadline
            inner join ops.area as area on deadline.area_level = area.level
            where deadline.stat_month = publication.stat_month
                and area.area_code = unit.area_code and area.valid_from <= publication.last_day
                and not exists (
                    select 1 from ops.area as newer where newer.area_code = area.area_code
                        and newer.valid_from > area.valid_from
                        and newer.valid_from <= publication.last_day
                )
        ), cast('infinity' as timestamp with time zone)) as is_on_time
    from figure
    cross join publication
    inner join place on figure.area_code = place.area_code and place.years_back = 0
    inner join (
        select distinct assignment.area_code, assignment.form_code
        from ops.assignment as assignment
        cross join publication
        where assignment.valid_from <= publication.last_day
            and (assignment.valid_until is null
                or assignment.valid_until >= publication.stat_month)
            and not exists (
                select 1 from ops.excuse as excuse where excuse.area_code = assignment.area_code
                    and excuse.form_code = assignment.form_code
                    and excuse.stat_month = publication.stat_month
            )
    ) as unit on place.place_code = unit.area_code and unit.form_code = {form}
    left join lateral (
        select submission.submission_id, submission.required_cells,
            submission.filled_required_cells
        from ops.submission as submission
        inner join ops.build_input as input on submission.submission_id = input.submission_id
            and input.build_id = publication.build_id
        where submission.area_code = unit.area_code and submission.form_code = unit.form_code
            and submission.stat_month = publication.stat_month
    ) as accepted on true
    left join lateral (
        select max(submission.submission_id) as submission_id,
            min(submission.received_at) filter (where submission.passed_level_0)
                as first_readable_at
        from ops.submission as submission
        where submission.area_code = unit.area_code and submission.form_code = unit.form_code
            and submission.stat_month = publication.stat_month
            and submission.recorded_at <= publication.started_at
            and (submission.state <> 'withdrawn'
                or submission.submission_id = accepted.submission_id)
    ) as received on true
    where p_unit is null
)"""
