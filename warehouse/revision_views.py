"""The views that say what was revised: cells, and the statistics made of them.

Every query takes an instant, so that `tmw as-of` shows the revisions known then. Statistics
follow ADR 14: R = later - earlier over the values present in both publications, unchanged ones
included, total rows left out, so that each line counts once in its level.
"""

from __future__ import annotations

from datetime import datetime

from psycopg import sql

from warehouse.published_view import PublishedView
from warehouse.release_diff import kind_of
from warehouse.revision_columns import REVISED_CELL, STATISTICS


def revision_views(at: datetime | None = None) -> list[PublishedView]:
    """Return the views of revisions as known at an instant (without one: now)."""
    return [_cells(at), _since_first(at), _statistics_monthly(at), _statistics(at)]


def known_revisions(at: datetime | None) -> sql.Composable:
    """Return SQL of the revisions that had come into force, numbered within their month."""
    return sql.SQL(_KNOWN).format(
        until=sql.SQL("") if at is None else sql.SQL(_UNTIL).format(sql.Literal(at.isoformat()))
    )


def _cells(at: datetime | None) -> PublishedView:
    return PublishedView(
        "revisions",
        sql.SQL(_CELLS).format(known=known_revisions(at)),
        "数据修订 Every published value that a release changed, against the publication before it.",
        {
            **REVISED_CELL,
            "released_at": "修订时间 When readers saw the later value.",
            "reason": "修订原因 Which returns changed, or which months; or the rollback.",
            "release_reason": "发布说明 Reason of the release, in a person's words where given.",
        },
    )


def _since_first(at: datetime | None) -> PublishedView:
    return PublishedView(
        "revisions_since_first",
        sql.SQL(_SINCE_FIRST).format(
            chain=_chain(at),
            known=known_revisions(at),
            kind=kind_of("chain", "first_value", "last_value"),
        ),
        "首次发布以来的修订 Every published value that differs between the first publication of"
        " its month and the one in force.",
        {
            **REVISED_CELL,
            "publication_id": "发布 The publication in force.",
            "release_id": "发布批次 The release that brought it into force.",
            "earlier_publication_id": "首次发布 The first publication of the month.",
            "times_revised": "修订次数 How many releases changed the value.",
        },
    )


def _statistics_monthly(at: datetime | None) -> PublishedView:
    return PublishedView(
        "revision_statistics_monthly",
        sql.SQL(_MONTHLY).format(known=known_revisions(at), chain=_chain(at)),
        "分月修订统计 Statistics of the revisions of each month that was published more than once.",
        {
            "stat_month": REVISED_CELL["stat_month"],
            **STATISTICS,
            "publication_id": "发布 The later publication.",
            "earlier_publication_id": "首次发布 The first publication of the month.",
        },
    )


def _statistics(at: datetime | None) -> PublishedView:
    return PublishedView(
        "revision_statistics",
        sql.SQL(_ALL_MONTHS).format(monthly=_statistics_monthly(at).query),
        "修订统计 Statistics of the revisions of all months that were published more than once.",
        {
            **STATISTICS,
            "months": "月份数 Months in it.",
            "first_month": "首月 The first of these months.",
            "last_month": "末月 The last of these months.",
        },
    )


def _chain(at: datetime | None) -> sql.Composable:
    return sql.SQL(_CHAIN).format(known=known_revisions(at))


# In the order in which they came into force: a release may have its number long before.
_KNOWN = """(
    select
        revision.stat_month,
        revision.release_id,
        revision.earlier_publication_id,
        revision.publication_id,
        revision.reason,
        month.valid_from,
        row_number() over in_order as ordinal,
        first_value(revision.earlier_publication_id) over in_order as first_publication_id,
        lead(revision.release_id) over in_order is null as is_latest
    from ops.revision as revision
    inner join ops.release_month as month
        on revision.stat_month = month.stat_month and revision.release_id = month.release_id
    {until}
    window in_order as (partition by revision.stat_month order by month.valid_from)
)"""
_UNTIL = "where month.valid_from <= {}::timestamptz"

_CELLS = """
select
    cell.stat_month,
    cell.area_code,
    cell.area_level,
    cell.area_name_zh,
    coalesce(cell.later_status, cell.earlier_status) as obs_status,
    known.publication_id,
    cell.release_id,
    cell.table_name,
    cell.row_key,
    cell.row_is_total,
    cell.measure,
    cell.kind,
    cell.earlier,
    cell.later,
    cell.difference as revision,
    cell.earlier_status,
    cell.later_status,
    known.earlier_publication_id,
    known.valid_from as released_at,
    known.reason,
    release.reason as release_reason
from released.revision as cell
inner join {known} as known
    on cell.stat_month = known.stat_month and cell.release_id = known.release_id
inner join ops.release as release on cell.release_id = release.release_id
"""

# A value that differs between the first publication and the one in force was changed by some
# release between them, so the chain of changes of each value holds both ends: no publication is
# compared again. Every change of a row's status is itself in the chain of the row.
_CHAIN = """(
    select
        step.*,
        step.last_text::numeric - step.first_text::numeric as difference
    from (
        select
            cell.stat_month,
            cell.table_name,
            cell.area_code,
            cell.row_key,
            cell.measure,
            cell.is_measure,
            known.first_publication_id,
            cell.release_id,
            first_value(cell.earlier) over of_cell as first_value,
            last_value(cell.later) over of_cell as last_value,
            case when cell.is_number then first_value(cell.earlier) over of_cell end as first_text,
            case when cell.is_number then last_value(cell.later) over of_cell end as last_text,
            first_value(cell.earlier_status) over of_row as first_status,
            last_value(cell.later_status) over of_row as last_status,
            last_value(cell.area_level) over of_row as area_level,
            last_value(cell.area_name_zh) over of_row as area_name_zh,
            last_value(cell.row_is_total) over of_row as row_is_total,
            count(*) over of_cell as times_revised,
            row_number() over (
                partition by
                    cell.stat_month, cell.table_name, cell.area_code, cell.row_key, cell.measure
                order by known.ordinal
            ) = 1 as is_first
        from released.revision as cell
        inner join {known} as known
            on cell.stat_month = known.stat_month and cell.release_id = known.release_id
        window
            of_cell as (
                partition by
                    cell.stat_month, cell.table_name, cell.area_code, cell.row_key, cell.measure
                order by known.ordinal
                rows between unbounded preceding and unbounded following
            ),
            of_row as (
                partition by cell.stat_month, cell.table_name, cell.area_code, cell.row_key
                order by known.ordinal
                rows between unbounded preceding and unbounded following
            )
    ) as step
    where step.is_first and step.first_value is distinct from step.last_value
)"""

_SINCE_FIRST = """
select
    chain.stat_month,
    chain.area_code,
    chain.area_level,
    chain.area_name_zh,
    coalesce(chain.last_status, chain.first_status) as obs_status,
    in_force.publication_id,
    in_force.release_id,
    chain.table_name,
    chain.row_key,
    chain.row_is_total,
    chain.measure,
    {kind} as kind,
    chain.first_value as earlier,
    chain.last_value as later,
    chain.difference as revision,
    chain.first_status as earlier_status,
    chain.last_status as later_status,
    in_force.first_publication_id as earlier_publication_id,
    chain.times_revised
from {chain} as chain
inner join {known} as in_force on chain.stat_month = in_force.stat_month and in_force.is_latest
"""

# Values in both publications: all of the later one but those that are new in it.
_MONTHLY = """
select
    total.stat_month,
    total.table_name,
    total.area_level,
    total.measure,
    pair.horizon,
    value.n,
    coalesce(changed.n_revised, 0) as n_revised,
    coalesce(changed.sum_revision, 0) / nullif(value.n, 0) as mr,
    coalesce(changed.sum_absolute_revision, 0) / nullif(value.n, 0) as mar,
    coalesce(changed.sum_absolute_revision, 0) / nullif(value.sum_absolute_later, 0) as rmar,
    case when value.n > 0 then coalesce(changed.max_absolute_revision, 0) end as maxar,
    coalesce(changed.sum_revision, 0) as sum_revision,
    coalesce(changed.sum_absolute_revision, 0) as sum_absolute_revision,
    value.sum_absolute_later,
    pair.publication_id,
    pair.first_publication_id as earlier_publication_id
from (
    select 'first_to_second' as horizon, stat_month, first_publication_id, publication_id
    from {known} as second where ordinal = 1
    union all
    select 'first_to_latest' as horizon, stat_month, first_publication_id, publication_id
    from {known} as latest where is_latest
) as pair
inner join released.measure_total as total
    on pair.stat_month = total.stat_month and pair.publication_id = total.publication_id
left join (
    select
        horizon,
        stat_month,
        table_name,
        area_level,
        measure,
        count(*) filter (where earlier is null) as n_added,
        sum(abs(later::numeric)) filter (where earlier is null) as absolute_added,
        count(difference) as n_revised,
        sum(difference) as sum_revision,
        sum(abs(difference)) as sum_absolute_revision,
        max(abs(difference)) as max_absolute_revision
    from (
        select
            'first_to_second' as horizon,
            cell.stat_month,
            cell.table_name,
            cell.area_level,
            cell.measure,
            cell.earlier,
            cell.later,
            cell.difference
        from released.revision as cell
        inner join {known} as second
            on
                cell.stat_month = second.stat_month
                and cell.release_id = second.release_id
                and second.ordinal = 1
        where cell.is_measure and not cell.row_is_total
        union all
        select
            'first_to_latest' as horizon,
            chain.stat_month,
            chain.table_name,
            chain.area_level,
            chain.measure,
            chain.first_value as earlier,
            chain.last_value as later,
            chain.difference
        from {chain} as chain
        where chain.is_measure and not chain.row_is_total
    ) as cell
    where later is not null
    group by horizon, stat_month, table_name, area_level, measure
) as changed
    on
        pair.horizon = changed.horizon
        and total.stat_month = changed.stat_month
        and total.table_name = changed.table_name
        and total.area_level = changed.area_level
        and total.measure = changed.measure
cross join lateral (
    select
        total.value_count - coalesce(changed.n_added, 0) as n,
        total.absolute_sum - coalesce(changed.absolute_added, 0) as sum_absolute_later
) as value
"""

_ALL_MONTHS = """
select
    table_name,
    area_level,
    measure,
    horizon,
    sum(n)::bigint as n,
    sum(n_revised)::bigint as n_revised,
    sum(sum_revision) / nullif(sum(n), 0) as mr,
    sum(sum_absolute_revision) / nullif(sum(n), 0) as mar,
    sum(sum_absolute_revision) / nullif(sum(sum_absolute_later), 0) as rmar,
    max(maxar) as maxar,
    sum(sum_revision) as sum_revision,
    sum(sum_absolute_revision) as sum_absolute_revision,
    sum(sum_absolute_later) as sum_absolute_later,
    count(*) as months,
    min(stat_month) as first_month,
    max(stat_month) as last_month
from ({monthly}) as month
group by table_name, area_level, measure, horizon
"""
