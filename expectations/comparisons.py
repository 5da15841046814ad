"""Queries that set two ways of adding up the same money beside each other.

The measures compared are the filed measures of a mart's contract (those with `meta.trace`), so
a measure added to the contract is compared without a line here. One row for each key; the
column `differing` names the measures that do not agree and is null where all do.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.model import Scope


def filed_measures(scope: Scope, subject: str, form_code: str | None = None) -> tuple[str, ...]:
    """Return the measures of a mart that are sums of filed cells (of one form, if it is given)."""
    return tuple(
        column.name
        for column in scope.contract(subject).columns
        if "trace" in column.meta
        and not column.meta["trace"].get("same")
        and form_code in (None, column.meta["trace"].get("form"))
    )


def mart_rows(scope: Scope, subject: str) -> str:
    """Return the FROM clause of the candidate rows of the month, named `mart`."""
    return f"marts.mart_{subject} as mart where mart.stat_month = date '{scope.month.first_day}'"


def names_where(conditions: Sequence[tuple[str, str]]) -> str:
    """Return an SQL text naming each `(name, condition)` that holds, null where none does."""
    cases = ", ".join(f"case when {condition} then '{name}' end" for name, condition in conditions)
    return f"nullif(array_to_string(array_remove(array[{cases}], null), ', '), '')"


def totals_query(
    scope: Scope,
    parts_of: str,
    total_of: str,
    keys: Sequence[str],
    is_part: str,
    is_total: str,
    measures: Sequence[str] | None = None,
) -> str:
    """Compare, for each `keys`, the sum of the parts with the total row.

    `is_part` and `is_total` are conditions on `mart` that choose the rows of each side;
    `measures` are all filed ones unless said otherwise.
    """
    measures = filed_measures(scope, total_of) if measures is None else measures
    names = ", ".join(f"mart.{key}" for key in keys)
    sums = ", ".join(f"sum(mart.{m}) as {m}" for m in measures)
    columns = ", ".join(f"mart.{m}" for m in measures)
    differing = names_where([(m, f"parts.{m} is distinct from total.{m}") for m in measures])
    return (
        f"with parts as (select {names}, {sums} from {mart_rows(scope, parts_of)}"
        f" and {is_part} group by {names}),"
        f" total as (select {names}, {columns} from {mart_rows(scope, total_of)} and {is_total})"
        f" select {', '.join(keys)}, {differing} as differing"
        f" from parts full outer join total using ({', '.join(keys)})"
    )


def levels_query(
    scope: Scope, subject: str, keys: Sequence[str], form_code: str | None = None
) -> str:
    """Compare each area with the sum of the areas directly below it that have a row.

    Money placed at the higher area itself stands only there, so the higher area holds at
    least the sum of the lower ones. With `form_code` only the measures of that form are compared.
    """
    measures = filed_measures(scope, subject, form_code)
    others = [key for key in keys if key != "area_code"]
    names = ", ".join(f"mart.{key}" for key in others)
    sums = ", ".join(f"sum(mart.{m}) as {m}" for m in measures)
    same = " and ".join(f"parent.{key} = below.{key}" for key in others)
    first, last = scope.month.first_day, scope.month.last_day
    differing = names_where([(m, f"below.{m} > coalesce(parent.{m}, 0)") for m in measures])
    return (
        "with area as (select distinct on (area_code) area_code, parent_code from ops.area"
        f" where valid_from <= date '{last}'"
        f" and (valid_until is null or valid_until >= date '{first}')"
        " order by area_code, valid_from desc),"
        f" below as (select area.parent_code as area_code, {names}, {sums}"
        f" from marts.mart_{subject} as mart join area on area.area_code = mart.area_code"
        f" where mart.stat_month = date '{first}'"
        f" group by area.parent_code, {names})"
        f" select parent.area_code, parent.area_name_zh,"
        f" {', '.join(f'parent.{key}' for key in others)}, {differing} as differing"
        f" from marts.mart_{subject} as parent join below"
        f" on parent.area_code = below.area_code and {same}"
        f" where parent.stat_month = date '{first}'"
    )


def presence_query(scope: Scope, subject: str, form_code: str) -> str:
    """Ask whether the mart is empty although returns with additive rows were frozen."""
    return (
        "select filed.returns, published.row_count,"
        " case when filed.returns > 0 and published.row_count = 0 then 'empty' end as emptiness"
        " from (select count(*) as returns from ops.build_input as input"
        " join ops.submission as submission using (submission_id)"
        f" where input.build_id = {scope.build_id} and submission.form_code = '{form_code}'"
        " and not submission.is_nil and submission.required_cells > 0) as filed"
        f" cross join (select count(*) as row_count from {mart_rows(scope, subject)}) as published"
    )
