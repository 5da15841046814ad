"""The detail and lump rows whose sum a published measure is."""

from __future__ import annotations

import psycopg
from psycopg import sql

from warehouse.errors import TraceError
from warehouse.month import Month
from warehouse.trace_cells import TracedCell, cell_joins, fetch_cells
from warehouse.trace_plan import Question

_AREAS_INSIDE = """
with recursive inside as (
    select {area} as area_code
    union
    select area.area_code
    from ops.area as area
    join inside on area.parent_code = inside.area_code
    where
        area.valid_from <= {last}
        and (area.valid_until is null or area.valid_until >= {first})
)
select area_code from inside
"""


def table_of(form_code: str) -> str:
    """Return the raw table of a form: `fp02` for FP-02."""
    return form_code.lower().replace("-", "")


def inside(area_code: str, month: Month) -> sql.Composable:
    """Return the query of an area and of all areas below it as they stood in the month."""
    return sql.SQL(_AREAS_INSIDE).format(
        area=sql.Literal(area_code),
        first=sql.Literal(month.first_day),
        last=sql.Literal(month.last_day),
    )


def additive_cells(connection: psycopg.Connection, question: Question) -> tuple[TracedCell, ...]:
    """Return the cells of row kinds 1 and 2 that make up the figure, whoever filed them."""
    plan = question.plan
    conditions: list[sql.Composable] = [sql.SQL("filed.row_kind in ('1', '2')")]
    for key, how in plan.filters.items():
        condition = _condition(key, dict(how), question)
        if condition is not None:
            conditions.append(condition)
    if plan.fund_year:
        conditions.append(sql.SQL("filed.fund_year = {}").format(sql.Literal(question.month.year)))
    return cells_where(connection, question, plan.form_code, plan.column, conditions)


def cells_where(
    connection: psycopg.Connection,
    question: Question,
    form_code: str,
    column: str,
    conditions: list[sql.Composable],
) -> tuple[TracedCell, ...]:
    """Return the cells of a column in the build's raw rows of a form that meet all conditions."""
    table = table_of(form_code)
    rows = sql.SQL(
        "from raw.{table} as filed join ops.build_input as input"
        " on input.submission_id = filed.submission_id and input.build_id = {build}"
        "{joins} where {conditions}"
    ).format(
        table=sql.Identifier(table),
        build=sql.Literal(question.build_id),
        joins=cell_joins(table, column),
        conditions=sql.SQL(" and ").join(conditions),
    )
    return fetch_cells(connection, column, rows)


def _condition(key: str, how: dict[str, object], question: Question) -> sql.Composable | None:
    wanted = question.keys[key]
    if how.get("place"):
        return sql.SQL("filed.place_code in ({})").format(inside(wanted, question.month))
    if "total" in how and wanted == str(how["total"]):
        return None
    if "column" not in how:
        raise TraceError(
            f"The contract does not say how {key} chooses rows.", remedy="Report this as a bug."
        )
    column = sql.Identifier("filed", str(how["column"]))
    if how.get("group"):
        return sql.SQL(
            "{} in (select fund_source_code from core.dim_fund_source where source_group = {})"
        ).format(column, sql.Literal(wanted))
    return sql.SQL("cast({} as text) = {}").format(column, sql.Literal(wanted))
