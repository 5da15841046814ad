"""The SQL of the cells of each column of a mart, from the rows that `warehouse.trace_sql` chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from warehouse.trace_plan import RETURNS, ROWS, STAGES, ColumnPlan, MartPlan, Source, table_of


def column_parts(plan: MartPlan, column: ColumnPlan) -> list[str]:
    """Return the queries of the cells, or returns, that a column of a mart is made of."""
    kind, how, name = column.kind, column.how, column.name
    if kind in ("sum", "last_year", "same", "attribute"):
        source = plan.source(name)
        conditions = [where(source)]
        if how.get("rows"):
            conditions.append(ROWS[how["rows"]])
        amount = None if kind in ("same", "attribute") else f"filed.{source.column}"
        return [part(source.table, source.column, name, amount=amount, conditions=conditions)]
    if kind == "unit":
        source = plan.source(str(how["unit_of"]))
        return [
            "select distinct filed.figure_no, "
            f"'{name}' as measure, 'return' as role, filed.unit_code, filed.submission_id,"
            " null as table_name, null as sheet, cast(null as integer) as row_no,"
            " null as column_name, null as value, cast(null as numeric) as amount"
            f"\nfrom row_{source.table} as filed where '{name}' = any(p_measures)"
        ]
    if kind == "count":
        return _count_parts(plan, name, list(how["count"]))
    if kind == "returns":
        return [
            f"select owed.figure_no, '{name}' as measure, 'return' as role, owed.unit_code,"
            " coalesce(owed.accepted_id, owed.received_id) as submission_id,"
            " null as table_name, null as sheet, cast(null as integer) as row_no,"
            " null as column_name, null as value,"
            f" cast({RETURNS[how['returns']]} as numeric) as amount"
            f"\nfrom owed where '{name}' = any(p_measures)"
            f" and {RETURNS[how['returns']]} is not null"
        ]
    if kind == "side":
        return _side_parts(plan, name, how)
    return []


def part(
    table: str,
    column: str,
    measure: str,
    *,
    amount: str | None,
    conditions: Iterable[str] = (),
    role: str = "part",
    rows: str | None = None,
) -> str:
    """Return the query of the cells of one column in the rows of a form that are chosen."""
    wanted = "".join(f" and {condition}" for condition in conditions)
    return (
        f"select filed.figure_no, '{measure}' as measure, '{role}' as role, filed.unit_code,"
        f" filed.submission_id, '{table}' as table_name, filed.sheet, filed.row_no,"
        f" '{column}' as column_name, cast(filed.{column} as text) as value,"
        f" cast({amount or 'null'} as numeric) as amount"
        f"\nfrom {rows or 'row_' + table} as filed where '{measure}' = any(p_measures){wanted}"
    )


def sources(plan: MartPlan) -> list[Source]:
    """Return the columns of forms that the measures and attributes of a mart read."""
    return [
        plan.source(name)
        for name, column in plan.columns.items()
        if column.kind in ("sum", "same", "attribute", "last_year")
    ]


def where(source: Source) -> str:
    """Return the condition of the rows that a measure adds up."""
    condition = f"filed.years_back = {source.years_back}"
    return f"{condition} and filed.is_fund_year" if source.fund_year else condition


def both_sides(plan: MartPlan, name: str) -> list[str]:
    """Return both sides of the rate of which a column is one; none where it is no side."""
    stem, _, side = name.rpartition("_")
    if side not in ("numerator", "denominator"):
        return []
    return [
        other for other in (f"{stem}_numerator", f"{stem}_denominator") if other in plan.columns
    ]


def _side_parts(plan: MartPlan, name: str, how: Mapping[str, Any]) -> list[str]:
    if "by" in how:
        table = table_of(str(how["form"]))
        return [
            part(
                table,
                column,
                name,
                amount=f"filed.{column}",
                conditions=[f"filed.{how['by']} = '{code}'", ROWS[how["rows"]]],
            )
            for code, column in how["columns"].items()
        ]
    parts: list[str] = []
    for sign, word in (("", "sum_of"), ("-", "less")):
        for measure in how.get(word) or ():
            source = plan.source(measure)
            conditions = [where(source), *_both(plan, name, source)]
            if how.get("rows"):
                conditions.append(
                    ROWS[how["rows"]].format(table=source.table, column=source.column)
                )
            amount = f"{sign}filed.{source.column}"
            if how.get("times"):
                amount += f" * filed.{how['times']} / 100"
                parts.append(
                    part(
                        source.table,
                        str(how["times"]),
                        name,
                        amount=None,
                        conditions=conditions,
                        role="weight",
                    )
                )
            parts.append(
                part(source.table, source.column, name, amount=amount, conditions=conditions)
            )
    return parts


def _both(plan: MartPlan, name: str, source: Source) -> list[str]:
    """Return the conditions that unit or row has told all that both sides of a rate are made of."""
    both = plan.columns[name].how.get("both")
    if both is None:
        return []
    measures: list[str] = []
    columns: list[str] = []
    for side in both_sides(plan, name):
        how = plan.columns[side].how
        measures += [*how["sum_of"], *(how.get("less") or ())]
        columns += [str(how["times"])] if how.get("times") else []
    if both == "row":
        columns += [plan.source(measure).column for measure in measures]
        return [f"filed.{column} is not null" for column in dict.fromkeys(columns)]
    told = " and ".join(f"unit.{measure} > 0" for measure in dict.fromkeys(measures))
    key = ", filed.project_code" if source.naming else ""
    unit_key = ", unit.project_code" if source.naming else ""
    return [
        f"(filed.figure_no, filed.unit_code{key}) in (select unit.figure_no, unit.unit_code"
        f"{unit_key} from unit_{source.table} as unit where {told})"
    ]


def _count_parts(plan: MartPlan, name: str, stages: list[str]) -> list[str]:
    """Return the cells that say how far a project has come: its first one counts it as 1.

    A line of projects counts as many as it holds; there the cell of that number counts.
    """
    table = next(source.table for source in sources(plan) if source.once and not source.naming)
    conditions = [f"coalesce({STAGES[stage][0]}, false)" for stage in stages]
    deciding = list(dict.fromkeys(c for stage in stages for c in STAGES[stage][1]))
    first, *others = deciding or ["project_code"]
    parts = [
        part(
            table,
            first,
            name,
            amount="case when filed.row_kind = '1' then 1 end",
            conditions=conditions,
            role="counted",
        ),
        part(
            table,
            "units",
            name,
            amount="filed.units",
            conditions=[*conditions, "filed.row_kind = '2'"],
            role="counted",
        ),
    ]
    parts += [
        part(table, column, name, amount=None, conditions=conditions, role="stage")
        for column in others
    ]
    return parts
