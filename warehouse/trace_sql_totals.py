"""The SQL that finds both sides of control totals: the printed cell, and its parts (rule G5).

Of a printed growth the other side is computed from two cells of the same row.
"""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.trace_plan import MartPlan
from warehouse.trace_sql import function_ddl, function_name, publication_and_figures
from warehouse.trace_sql_parts import part

_GROWTH = "growth_printed"
# The columns of the row itself that the mart shows, by the word of `total` in the contract.
_SIDES = ("printed", "computed")


def totals_function(plan: MartPlan, columns: Mapping[str, Mapping[str, str]]) -> str:
    """Return the DDL of the function of the control totals.

    `columns` are, of each form that has control totals, the columns it may read with their types.
    """
    steps, parts = publication_and_figures(plan), []
    shown = {
        name: str(column.how["total"])
        for name, column in plan.columns.items()
        if column.kind == "total" and column.how["total"] not in _SIDES
    }
    for table, types in columns.items():
        numbers = [name for name, kind in types.items() if kind in ("bigint", "numeric")]
        steps += [_totals(table, types, numbers), _parts(table, types, numbers)]
        parts += _cells(table, numbers, types, shown)
    steps.append("found as (\n" + "\nunion all\n".join(parts) + "\n)")
    return function_ddl(function_name(plan), steps)


def form_code(table: str) -> str:
    """Return the form of a raw table: FP-02 for `fp02`."""
    return f"{table[:2]}-{table[2:]}".upper()


def _key(alias: str, types: Mapping[str, str]) -> str:
    """Return the codes of a row by name, as they stand in the key of a row."""
    codes = [name for name, kind in types.items() if kind in ("text", "bigint")]
    pairs = ", ".join(f"'{name}', coalesce(cast({alias}.{name} as text), '-')" for name in codes)
    return f"jsonb_build_object({pairs})"


def _measure(alias: str, numbers: list[str], measure: str) -> str:
    cases = " ".join(f"when '{name}' then {alias}.{name}" for name in numbers)
    return f"(case {measure} {cases} end)"


def _totals(table: str, types: Mapping[str, str], numbers: list[str]) -> str:
    selected = ", ".join(f"filed.{name}" for name in dict.fromkeys([*numbers, *_attributes(types)]))
    return f"""row_{table} as materialized (
    select figure.figure_no, submission.area_code as unit_code, filed.submission_id, filed.sheet,
        filed.row_no, {selected}, figure.row_key, figure.area_code, figure.measure,
        figure.computed, coalesce(filed.compare_with, '1') as compared,
        filed.place_code as total_place,
        (
            select growing.column_name
            from staging.seed_growth_measure as growing
            where growing.form_code = '{form_code(table)}'
                and {_measure("filed", numbers, "growing.column_name")} is not null
            order by growing.position
            limit 1
        ) as growing
    from figure
    cross join publication
    inner join ops.submission as submission on submission.area_code = figure.filing_unit_code
        and submission.form_code = figure.form_code
    inner join ops.build_input as input on submission.submission_id = input.submission_id
        and input.build_id = publication.build_id
    inner join raw.{table} as filed on submission.submission_id = filed.submission_id
        and filed.row_kind = '3' and {_key("filed", types)} @> figure.row_key
    where figure.form_code = '{form_code(table)}'
)"""


def _attributes(types: Mapping[str, str]) -> list[str]:
    wanted = ("programme", "fund_source", "tolerance", "list_complete", _GROWTH, "last_year_y")
    return [name for name in wanted if name in types]


def _parts(table: str, types: Mapping[str, str], numbers: list[str]) -> str:
    """Return the rows that make up each total: inside its place, or totals of the same return."""
    value = _measure("filed", numbers, "total.measure")
    inside = f"""select total.figure_no, submission.area_code as unit_code, filed.submission_id,
        filed.sheet, filed.row_no, total.measure, {value} as number
    from row_{table} as total
    cross join publication
    inner join (
        select areas.total_place, place.place_code
        from (select distinct total_place from row_{table}) as areas
        cross join publication
        cross join lateral trace.inside(areas.total_place, publication.stat_month)
            as place (place_code)
    ) as place on total.total_place = place.total_place
    inner join raw.{table} as filed on filed.place_code = place.place_code
        and filed.row_kind in ('1', '2')
    inner join ops.build_input as input on filed.submission_id = input.submission_id
        and input.build_id = publication.build_id
    inner join ops.submission as submission on filed.submission_id = submission.submission_id
    where total.compared = '1' and {value} is not null
        and (p_unit is null or submission.area_code = p_unit)
        and trace.is_part({_key("filed", types)}, total.row_key)"""
    if "fund_source" not in types:
        return f"part_{table} as materialized (\n    {inside}\n)"
    wider = _measure("wider", numbers, "total.measure")
    beside = f"""select total.figure_no, total.unit_code, filed.submission_id, filed.sheet,
        filed.row_no, total.measure, {value} as number
    from row_{table} as total
    inner join raw.{table} as filed on total.submission_id = filed.submission_id
        and filed.row_kind = '3' and filed.fund_source <> total.fund_source
        and filed.place_code = total.total_place
    where total.compared = '2' and {value} is not null
        and (p_unit is null or total.unit_code = p_unit)
        and trace.is_part(
            {_key("filed", types)} - 'fund_source', total.row_key - 'fund_source'
        )
        and filed.programme = total.programme
        and trace.covers('fund_source', total.fund_source, filed.fund_source)
        -- No source twice: not where a wider total of the same return carries the measure.
        and not exists (
            select 1 from raw.{table} as wider
            inner join staging.seed_code_cover as cover on cover.list_name = 'fund_source'
                and cover.total_code = wider.fund_source and cover.part_code = filed.fund_source
            where wider.submission_id = filed.submission_id and wider.row_kind = '3'
                and wider.place_code = filed.place_code and wider.programme = filed.programme
                and wider.fund_source <> total.fund_source and {wider} is not null
        )"""
    return f"part_{table} as materialized (\n    {inside}\n    union all\n    {beside}\n)"


def _cells(
    table: str, numbers: list[str], types: Mapping[str, str], shown: Mapping[str, str]
) -> list[str]:
    own = " and (p_unit is null or filed.unit_code = p_unit)"
    found = [
        f"select filed.figure_no, 'printed' as measure, 'part' as role, filed.unit_code,"
        f" filed.submission_id, '{table}' as table_name, filed.sheet, filed.row_no,"
        f" filed.measure as column_name,"
        f" cast({_measure('filed', numbers, 'filed.measure')} as text) as value,"
        f" cast({_measure('filed', numbers, 'filed.measure')} as numeric) as amount"
        f"\nfrom row_{table} as filed where 'printed' = any(p_measures){own}",
        f"select filed.figure_no, 'computed' as measure, 'part' as role, filed.unit_code,"
        f" filed.submission_id, '{table}' as table_name, filed.sheet, filed.row_no,"
        f" filed.measure as column_name, cast(filed.number as text) as value,"
        f" cast(filed.number as numeric) as amount"
        f"\nfrom part_{table} as filed where 'computed' = any(p_measures)",
    ]
    growing = _measure("filed", numbers, "filed.growing")
    for role, column, value in (
        ("numerator", "filed.growing", growing),
        ("denominator", "'last_year_y'", "filed.last_year_y"),
    ):
        found.append(
            f"select filed.figure_no, 'computed' as measure, '{role}' as role, filed.unit_code,"
            f" filed.submission_id, '{table}' as table_name, filed.sheet, filed.row_no,"
            f" {column} as column_name, cast({value} as text) as value,"
            f" cast({value} as numeric) as amount"
            f"\nfrom row_{table} as filed where 'computed' = any(p_measures)"
            f" and filed.measure = '{_GROWTH}'{own}"
        )
    found += [
        part(
            table,
            column,
            name,
            amount=None,
            conditions=["(p_unit is null or filed.unit_code = p_unit)"],
        )
        for name, column in shown.items()
        if column in types
    ]
    return found
