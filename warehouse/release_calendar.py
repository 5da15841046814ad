"""The release calendar: when each month was to be released, and when it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from warehouse.database import Role, connect
from warehouse.published_view import PublishedView
from warehouse.release_plan import planned_releases
from warehouse.settings import Settings

MONTHS_TO_COME = 12


def release_calendar(settings: Settings) -> list[dict[str, Any]]:
    """Return the calendar as readers see it, one record for each month in order."""
    with connect(settings, Role.reader) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return cursor.execute(
            "select stat_month, planned_on, first_released_at, latest_released_at, days_late,"
            " publications, release_id, publication_id, plan_reason, plan_owner"
            " from published.release_calendar order by stat_month"
        ).fetchall()


def calendar_view(timezone: str, at: datetime | None = None) -> PublishedView:
    """Return the view `release_calendar`; days are those of this time zone."""
    now: sql.Composable = sql.SQL("now()")
    until: sql.Composable = sql.SQL("")
    if at is not None:
        now = sql.SQL("{}::timestamptz").format(sql.Literal(at.isoformat()))
        until = sql.SQL("where valid_from <= {}").format(now)
    return PublishedView(
        "release_calendar",
        sql.SQL(_CALENDAR).format(
            today=sql.SQL("({} at time zone {})::date").format(now, sql.Literal(timezone)),
            timezone=sql.Literal(timezone),
            planned=planned_releases(at),
            until=until,
            to_come=sql.Literal(f"{MONTHS_TO_COME} months"),
        ),
        "发布日历 When each month was to be released and when it was: months ever built, months"
        f" planned by decision, and those to come in the next {MONTHS_TO_COME} months.",
        {
            "stat_month": "报告月份 Reporting month, as its first day.",
            "planned_on": "计划发布日 By the dated rule, on a rest day the next working day; or by"
            " decision.",
            "plan_reason": "改期理由 Why it was planned otherwise than by the rule; else null.",
            "plan_owner": "改期人 Who decided so; else null.",
            "first_released_at": "首次发布时间 When readers first saw the month.",
            "latest_released_at": "最近发布时间 When the release in force came into force.",
            "days_late": "迟延天数 Days from the planned day to the first release, negative when"
            " early; of a month not released, the days it is overdue, null before that.",
            "publications": "发布次数 How many publications the month has had.",
            "release_id": "发布批次 The release in force.",
            "publication_id": "发布 The publication in force.",
        },
    )


_CALENDAR = """
select
    planned.stat_month,
    planned.planned_on,
    planned.reason as plan_reason,
    planned.owner as plan_owner,
    released.first_released_at,
    released.latest_released_at,
    case
        when released.stat_month is not null
            then (released.first_released_at at time zone {timezone})::date - planned.planned_on
        when {today} > planned.planned_on then {today} - planned.planned_on
    end as days_late,
    coalesce(released.publications, 0) as publications,
    released.release_id,
    released.publication_id
from {planned} as planned
left join (
    select
        stat_month,
        min(valid_from) as first_released_at,
        max(valid_from) as latest_released_at,
        count(distinct publication_id) as publications,
        (array_agg(release_id order by valid_from desc))[1] as release_id,
        (array_agg(publication_id order by valid_from desc))[1] as publication_id
    from ops.release_month
    {until}
    group by stat_month
) as released on planned.stat_month = released.stat_month
where
    planned.stat_month <= {today} + interval {to_come}
    and (
        released.stat_month is not null
        or planned.owner is not null
        or planned.planned_on >= {today}
        or exists (select from ops.build as build where build.stat_month = planned.stat_month)
    )
"""
