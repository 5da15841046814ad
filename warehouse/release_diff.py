"""What differs between two publications of a month, cell by cell: the one definition.

`tmw diff` asks it for the months of two releases, `published.revisions` for every publication
and the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from warehouse.contracts import MartColumn, MartContract

# A number's difference is later - earlier; every other type has none.
_NUMBERS = ("numeric", "decimal", "bigint", "integer", "smallint")

_KIND = """case
        when {earlier} is null then 'added'
        when {later} is null then 'removed'
        when {measure} = 'obs_status' then 'reflagged'
        else 'revised'
    end"""

# Keys are never null. Rows are compared as they are stored and only those that differ are taken
# apart, so a national month costs one join of its two publications. A mart may have key columns
# of any name (control_total has `measure` and `row_key`): the names of `cell` end in `_`.
_DIFFERENCES = """
select
    {subject} as table_name,
    pair.stat_month,
    pair.earlier_publication_id,
    pair.later_publication_id,
    compared.area_code,
    compared.row_key,
    compared.measure,
    {kind} as kind,
    compared.row_change,
    compared.earlier,
    compared.later,
    compared.difference,
    compared.area_level,
    compared.area_name_zh,
    compared.row_is_total,
    compared.earlier_status,
    compared.later_status
from {pairs} as pair
cross join lateral (
    select
        area_code,
        jsonb_build_object({row_key}) as row_key,
        cell.name_ as measure,
        case
            when earlier.stat_month is null then 'added'
            when later.stat_month is null then 'removed'
            else 'changed'
        end as row_change,
        cell.earlier_ as earlier,
        cell.later_ as later,
        cell.difference_ as difference,
        coalesce(later.area_level, earlier.area_level) as area_level,
        coalesce(later.area_name_zh, earlier.area_name_zh) as area_name_zh,
        {row_is_total} as row_is_total,
        earlier.obs_status as earlier_status,
        later.obs_status as later_status
    from (
        select {columns} from {released}
        where stat_month = pair.stat_month and publication_id = pair.earlier_publication_id
    ) as earlier
    full join (
        select {columns} from {released}
        where stat_month = pair.stat_month and publication_id = pair.later_publication_id
    ) as later using ({keys})
    cross join lateral (values {cells}) as cell (name_, earlier_, later_, difference_)
    where
        row({earlier}) is distinct from row({later})
        and cell.earlier_ is distinct from cell.later_
) as compared
"""


def differences(marts: Iterable[MartContract], pairs: sql.Composable) -> sql.Composed:
    """Return a query of every published value that differs between pairs of publications.

    `pairs` is SQL of a relation with the columns `stat_month, earlier_publication_id,
    later_publication_id`; either id may be null where the month was not published. A row of the
    result is one value, columns in this order:

    `table_name`, `stat_month`, `earlier_publication_id`, `later_publication_id`, `area_code`,
    `row_key` (jsonb: the key columns but the month), `measure` (the column), `kind` (added:
    there was no value before; removed: there is none any more; reflagged: another `obs_status`;
    revised), `row_change` (added, removed or changed: what became of the whole row), `earlier`
    and `later` (text, as PostgreSQL prints the value), `difference` (numeric, later - earlier,
    null unless both are numbers); then of the row: `area_level`, `area_name_zh`, `row_is_total`
    (as in the later publication where it has the row), `earlier_status` and `later_status`.
    """
    return sql.SQL(" union all ").join(_of_mart(mart, pairs) for mart in marts)


def _of_mart(mart: MartContract, pairs: sql.Composable) -> sql.Composed:
    keys = [name for name in mart.key if name != "stat_month"]
    values = [column for column in mart.columns if column.name not in mart.key]
    row_key = [sql.SQL("{}, {}").format(name, sql.Identifier(name)) for name in keys]
    return sql.SQL(_DIFFERENCES).format(
        subject=mart.subject,
        kind=kind_of("compared", "earlier", "later"),
        pairs=pairs,
        released=sql.Identifier("released", mart.subject),
        columns=sql.SQL(", ").join(map(sql.Identifier, mart.column_names)),
        keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
        row_key=sql.SQL(", ").join(row_key),
        cells=sql.SQL(", ").join(map(_cell, values)),
        row_is_total=sql.SQL(
            "coalesce(later.row_is_total, earlier.row_is_total)"
            if "row_is_total" in mart.column_names
            else "false"
        ),
        earlier=sql.SQL(", ").join(sql.Identifier("earlier", column.name) for column in values),
        later=sql.SQL(", ").join(sql.Identifier("later", column.name) for column in values),
    )


def kind_of(row: str, earlier: str, later: str) -> sql.Composable:
    """Return SQL for the kind of a revision, from columns of `row`: two values and `measure`."""
    return sql.SQL(_KIND).format(
        earlier=sql.Identifier(row, earlier),
        later=sql.Identifier(row, later),
        measure=sql.Identifier(row, "measure"),
    )


def is_number(column: MartColumn) -> bool:
    """Return whether the values of a column are numbers, which have a difference."""
    return column.sql_type.lower().startswith(_NUMBERS)


def _cell(column: MartColumn) -> sql.Composed:
    return sql.SQL("({name}, {earlier}::text, {later}::text, ({difference})::numeric)").format(
        name=column.name,
        earlier=sql.Identifier("earlier", column.name),
        later=sql.Identifier("later", column.name),
        difference=sql.SQL("{} - {}").format(
            sql.Identifier("later", column.name), sql.Identifier("earlier", column.name)
        )
        if is_number(column)
        else sql.SQL("null"),
    )
