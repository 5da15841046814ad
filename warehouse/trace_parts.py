"""The detail and lump rows whose sum a published measure is."""

from __future__ import annotations

import psycopg
from psycopg import sql

from warehouse.errors import TraceError
from warehouse.month import Month
from warehouse.trace_cells import TracedCell, cell_joins, fetch_cells
from warehouse.trace_plan import Question

_ADDITIVE = sql.SQL("filed.row_kind in ('1', '2')")
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
    conditions = _chosen_rows(question, plan.naming or plan.form_code)
    if plan.naming is not None:
        conditions = [_ADDITIVE, _naming_one_of(question, plan.naming, conditions)]
    if plan.fund_year:
        conditions.append(sql.SQL("filed.fund_year = {}").format(sql.Literal(question.month.year)))
    return cells_where(connection, question, plan.form_code, plan.column, conditions)


def _chosen_rows(question: Question, form_code: str) -> list[sql.Composable]:
    """Return the conditions on the detail and lump rows of a form that the keys choose."""
    conditions: list[sql.Composable] = [_ADDITIVE]
    for key, how in question.plan.filters.items():
        condition = _condition(key, dict(how), question)
        if condition is not None:
            conditions.append(condition)
    if question.plan.once is not None:
        conditions.append(_first_of(question, form_code, question.plan.once))
    return conditions


def _first_of(question: Question, form_code: str, code: str) -> sql.Composable:
    """Leave out detail rows whose code stands in a detail row of an earlier submission."""
    return sql.SQL(
        "(filed.row_kind = '2' or not exists (select 1 from raw.{table} as earlier"
        " join ops.build_input as frozen on frozen.submission_id = earlier.submission_id"
        " and frozen.build_id = {build} where earlier.row_kind = '1'"
        " and earlier.{code} = filed.{code} and (earlier.submission_id, earlier.sheet,"
        " earlier.row_no) < (filed.submission_id, filed.sheet, filed.row_no)))"
    ).format(
        table=sql.Identifier(table_of(form_code)),
        build=sql.Literal(question.build_id),
        code=sql.Identifier(code),
    )


def _naming_one_of(
    question: Question, form_code: str, conditions: list[sql.Composable]
) -> sql.Composable:
    """Choose the rows that name a project of which a row of `form_code` meets all conditions."""
    return sql.SQL(
        "filed.project_code in (select filed.project_code from raw.{table} as filed"
        " join ops.build_input as input on input.submission_id = filed.submission_id"
        " and input.build_id = {build} where {conditions})"
    ).format(
        table=sql.Identifier(table_of(form_code)),
        build=sql.Literal(question.build_id),
        conditions=sql.SQL(" and ").join(conditions),
    )


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
    if "blank" in how and wanted == str(how["blank"]):
        return sql.SQL("{} is null").format(column)
    if how.get("group"):
        return sql.SQL(
            "{} in (select fund_source_code from core.dim_fund_source where source_group = {})"
        ).format(column, sql.Literal(wanted))
    return sql.SQL("cast({} as text) = {}").format(column, sql.Literal(wanted))
