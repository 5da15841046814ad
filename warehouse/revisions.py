"""What a release revised, written once in the transaction that switches readers.

A revision is another publication of a month coming into force: corrected figures, or a rollback.
Its cells stand in `released.revision`, its reason in `ops.revision`; what the views of
`warehouse.revision_views` need beside them stands in `released.measure_total`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from warehouse.contracts import MartColumn, MartContract
from warehouse.locks import Lock, lock_until_commit
from warehouse.month import Month
from warehouse.release_diff import differences, is_number
from warehouse.revision_reasons import reason_of_revision, returns_changed


def record_revisions(
    connection: psycopg.Connection,
    marts: Sequence[MartContract],
    release_id: int | None = None,
    publications: Mapping[Month, str] | None = None,
) -> int:
    """Record what a release is about to switch, and what earlier ones left unrecorded.

    Called by whatever switches readers, before the switch, so that the instant of the switch is
    that of the commit; without a release by `tmw db migrate`, for what an older version
    published. Other releases wait. Returns how many revisions were recorded.
    """
    lock_until_commit(connection, Lock.release)
    coming = publications or {}
    parameters = {
        "release_id": release_id,
        "months": [month.first_day for month in coming],
        "publications": list(coming.values()),
    }
    with connection.cursor(row_factory=class_row(_Switch)) as cursor:
        switches = cursor.execute(_UNRECORDED, parameters).fetchall()
    for switch in switches:
        returns = returns_changed(connection, switch.earlier_publication_id, switch.publication_id)
        reason = reason_of_revision(
            returns,
            [Month.of(day) for day in switch.earlier_months or ()],
            rolled_back_to=switch.publication_id if switch.is_rollback else None,
        )
        connection.execute(
            "insert into ops.revision (stat_month, release_id, earlier_publication_id,"
            " publication_id, reason, returns_changed) values (%s, %s, %s, %s, %s, %s)",
            [
                switch.stat_month, switch.release_id, switch.earlier_publication_id,
                switch.publication_id, reason, Jsonb(returns),
            ],
        )  # fmt: skip
        changed = switch.changed or {}
        _add_cells(connection, [mart for mart in marts if changed.get(mart.subject, True)], switch)
        _add_totals(connection, marts, switch)
    return len(switches)


@dataclass(frozen=True)
class _Switch:
    """Another publication of a month in force; `changed` tells of each mart whether it differs."""

    stat_month: date
    release_id: int
    earlier_publication_id: str
    publication_id: str
    is_rollback: bool
    earlier_months: list[date] | None
    changed: dict[str, bool] | None


def is_measure(column: MartColumn) -> bool:
    """Return whether statistics are made of a column: a number that has a unit.

    Years and other numbers that only name something have none.
    """
    return is_number(column) and bool(column.meta.get("unit"))


def _add_cells(
    connection: psycopg.Connection,
    marts: Sequence[MartContract],
    switch: _Switch,
) -> None:
    if not marts:
        return
    pairs = sql.SQL(
        "(select stat_month, earlier_publication_id, publication_id as later_publication_id"
        " from ops.revision where stat_month = {} and release_id = {})"
    ).format(sql.Literal(switch.stat_month), sql.Literal(switch.release_id))
    numbers = [(m.subject, c) for m in marts for c in m.columns if is_number(c)]
    connection.execute(
        sql.SQL(_CELLS).format(differences=differences(marts, pairs)),
        {
            "release_id": switch.release_id,
            "tables": [subject for subject, _ in numbers],
            "names": [column.name for _, column in numbers],
            "measures": [is_measure(column) for _, column in numbers],
        },
    )


def _add_totals(
    connection: psycopg.Connection,
    marts: Iterable[MartContract],
    switch: _Switch,
) -> None:
    """Count and sum the measures of a publication once; the rows never change afterwards.

    A mart that is the same in the publication before has the same totals.
    """
    ids = {
        "stat_month": switch.stat_month,
        "earlier": switch.earlier_publication_id,
        "publication_id": switch.publication_id,
    }
    connection.execute(_COPIED_TOTALS, ids)
    rows = connection.execute(
        "select distinct table_name from released.measure_total"
        " where stat_month = %(stat_month)s and publication_id = %(publication_id)s",
        ids,
    ).fetchall()
    known = {row[0] for row in rows}
    for mart in marts:
        if mart.subject in known:
            continue
        measures = [column.name for column in mart.columns if is_measure(column)]
        if not measures:
            continue
        aggregates = [
            sql.SQL("count({name}) as {n}, sum(abs({name})) as {total}").format(
                name=sql.Identifier(name), n=sql.Identifier(f"n{i}"), total=sql.Identifier(f"s{i}")
            )
            for i, name in enumerate(measures)
        ]
        lines = [
            sql.SQL("({}, {}, {}::numeric)").format(
                sql.Literal(name), sql.Identifier(f"n{i}"), sql.Identifier(f"s{i}")
            )
            for i, name in enumerate(measures)
        ]
        total_rows = any(column.name == "row_is_total" for column in mart.columns)
        connection.execute(
            sql.SQL(_TOTALS).format(
                subject=sql.Literal(mart.subject),
                aggregates=sql.SQL(", ").join(aggregates),
                released=sql.Identifier("released", mart.subject),
                counted_once=sql.SQL("and not row_is_total" if total_rows else ""),
                lines=sql.SQL(", ").join(lines),
            ),
            ids,
        )


# An interval that is to begin with this very release stands last.
_UNRECORDED = """
with interval_of as (
    select stat_month, release_id, publication_id, valid_from from ops.release_month
    union all
    select coming.stat_month, %(release_id)s::bigint, coming.publication_id, 'infinity'
    from unnest(%(months)s::date[], %(publications)s::text[])
        as coming (stat_month, publication_id)
),
switch as (
    select
        this.stat_month,
        this.release_id,
        lag(this.publication_id) over earlier_ones as earlier_publication_id,
        this.publication_id,
        this.valid_from,
        exists (
            select from ops.release_month as before
            where
                before.stat_month = this.stat_month
                and before.publication_id = this.publication_id
                and before.valid_from < this.valid_from
        ) as is_rollback,
        (
            select array_agg(other.stat_month order by other.stat_month)
            from interval_of as other
            where other.release_id = this.release_id and other.stat_month < this.stat_month
        ) as earlier_months
    from interval_of as this
    window earlier_ones as (partition by this.stat_month order by this.valid_from)
)
select
    switch.stat_month,
    switch.release_id,
    switch.earlier_publication_id,
    switch.publication_id,
    switch.is_rollback,
    switch.earlier_months,
    (
        select
            jsonb_object_agg(
                mart.subject, mart.digest is distinct from before.mart_hashes ->> mart.subject
            )
        from ops.publication as after
        inner join ops.publication as before
            on before.publication_id = switch.earlier_publication_id
        cross join lateral jsonb_each_text(after.mart_hashes) as mart (subject, digest)
        where after.publication_id = switch.publication_id
    ) as changed
from switch
left join ops.revision as known
    on switch.stat_month = known.stat_month and switch.release_id = known.release_id
where switch.earlier_publication_id is not null and known.release_id is null
order by switch.valid_from, switch.stat_month
"""

_CELLS = """
insert into released.revision (
    stat_month, release_id, table_name, area_code, area_level, area_name_zh, row_key,
    row_is_total, measure, is_number, is_measure, kind, earlier, later, difference, earlier_status,
    later_status
)
select
    cell.stat_month,
    %(release_id)s,
    cell.table_name,
    cell.area_code,
    cell.area_level,
    cell.area_name_zh,
    cell.row_key,
    cell.row_is_total,
    cell.measure,
    number.name is not null,
    coalesce(number.is_measure, false),
    cell.kind,
    cell.earlier,
    cell.later,
    cell.difference,
    cell.earlier_status,
    cell.later_status
from ({differences}) as cell
left join unnest(%(tables)s::text[], %(names)s::text[], %(measures)s::boolean[])
    as number (table_name, name, is_measure)
    on cell.table_name = number.table_name and cell.measure = number.name
"""

_COPIED_TOTALS = """
insert into released.measure_total (
    stat_month, publication_id, table_name, area_level, measure, value_count, absolute_sum
)
select
    total.stat_month,
    later.publication_id,
    total.table_name,
    total.area_level,
    total.measure,
    total.value_count,
    total.absolute_sum
from ops.publication as later
inner join ops.publication as earlier on earlier.publication_id = %(earlier)s
inner join released.measure_total as total
    on
        later.stat_month = total.stat_month
        and earlier.publication_id = total.publication_id
        and later.mart_hashes ->> total.table_name = earlier.mart_hashes ->> total.table_name
where later.publication_id = %(publication_id)s
on conflict do nothing
"""

_TOTALS = """
insert into released.measure_total (
    stat_month, publication_id, table_name, area_level, measure, value_count, absolute_sum
)
select
    %(stat_month)s,
    %(publication_id)s,
    {subject},
    counted.area_level,
    line.measure,
    line.value_count,
    line.absolute_sum
from (
    select area_level, {aggregates} from {released}
    where stat_month = %(stat_month)s and publication_id = %(publication_id)s {counted_once}
    group by area_level
) as counted
cross join lateral (values {lines}) as line (measure, value_count, absolute_sum)
where line.value_count > 0
"""
