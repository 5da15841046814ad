"""Which months have to be built again, and why: returns, decisions, and other months they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

import psycopg

from warehouse.builds import ACCEPTED_STATES
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.readings import Reading, followed_readings
from warehouse.settings import Settings

Cause = Literal[
    "not_built", "failed", "arrived", "superseded", "withdrawn", "waived", "excused",
    "owed_again", "assigned", "explained", "other_month",
]  # fmt: skip


@dataclass(frozen=True)
class Reopening:
    """One reason why a month no longer fits its build.

    `what` is a receipt number, a check id, a unit and form, or the other month; `decides` tells,
    for another month, whether published figures or only findings depend on it.
    """

    month: Month
    cause: Cause
    what: str | None = None
    decides: Literal["figures", "findings"] | None = None

    @property
    def message_zh(self) -> str:
        """Return the reason in Chinese."""
        return _SENTENCES[self.cause][0].format(what=self.what or "", of=_OF[self.decides][0])

    @property
    def message_en(self) -> str:
        """Return the reason in English."""
        return _SENTENCES[self.cause][1].format(what=self.what or "", of=_OF[self.decides][1])

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw status --json` prints."""
        return {
            **asdict(self),
            "month": str(self.month),
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


def stale_months(settings: Settings, *, built: bool = False) -> list[Month]:
    """Return, in calendar order, the months whose build no longer fits what it is made of.

    With `built` months never built are left out: whoever received their returns announces them.

    A month is stale when it has returns and was never built, or its last build failed; when its
    accepted returns are no longer that build's input; when a return of it was withdrawn, or a
    waiver, an excuse or an assignment that concerns it was recorded since; or when a month that
    it reads (`warehouse.readings`) was built again and handed on something else.
    """
    with connect(settings, Role.builder) as connection:
        reasons = reopenings(connection, settings)
    return sorted({r.month for r in reasons if not (built and r.cause == "not_built")})


def reopenings(
    connection: psycopg.Connection, settings: Settings, month: Month | None = None
) -> list[Reopening]:
    """Return why months are stale (one month, or all), each month's reasons in a fixed order."""
    values: dict[str, Any] = {
        "accepted": list(ACCEPTED_STATES),
        "month": month.first_day if month else None,
    }
    rows: list[Any] = connection.execute(_LEDGER, values).fetchall()
    rows += connection.execute(
        _OTHER_MONTHS, {**values, **_columns(followed_readings(settings))}
    ).fetchall()
    return list(dict.fromkeys(_told(rows)))


def _told(rows: Iterable[tuple[date, Cause, str | None, Any]]) -> Iterator[Reopening]:
    for first_day, cause, what, decides in sorted(rows, key=lambda row: tuple(map(str, row))):
        yield Reopening(Month.of(first_day), cause, what, decides)


def _columns(readings: Iterable[Reading]) -> dict[str, list[Any]]:
    """Return the readings as columns, a line for each month read; null is the month before."""
    lines = [(r, months) for r in readings for months in (r.months or (None,))]
    return {
        "keys": [reading.key for reading, _ in lines],
        "months": [months for _, months in lines],
        "only_in": [reading.only_in for reading, _ in lines],
        "decides": [reading.decides for reading, _ in lines],
    }


_OF: Final = {
    None: ("", ""),
    "figures": ("表内数字", "figures"),
    "findings": ("审核结果", "findings"),
}
_SENTENCES: Final[dict[Cause, tuple[str, str]]] = {
    "not_built": ("已有报表，尚未汇总", "it has returns and was never built"),
    "failed": ("上次汇总没有完成", "its last build did not end well"),
    "arrived": ("新收到报表（回执{what}）", "a return was taken in (receipt {what})"),
    "superseded": ("报表已被更正（原回执{what}）", "a return was corrected (receipt {what})"),
    "withdrawn": ("报表已撤回（回执{what}）", "a return was withdrawn (receipt {what})"),
    "waived": ("新登记豁免（{what}）", "a waiver was recorded ({what})"),
    "excused": ("新登记免报（{what}）", "an excuse was recorded ({what})"),
    "owed_again": ("取消免报（{what}）", "an excuse was taken back ({what})"),
    "assigned": ("报送任务有变动（{what}）", "an assignment was changed ({what})"),
    "explained": ("核实问题已说明（回执{what}）", "a unit explained warnings (receipt {what})"),
    "other_month": ("{of}所依据的{what}已重新汇总", "its {of} read {what}, which was built again"),
}

# Returns that were taken in or no longer count, and decisions recorded since the build began.
_LEDGER = """
with built as (
    select
        build.build_id,
        build.stat_month,
        build.state,
        build.seen_event_id
    from ops.build as build
    where build.in_force and (%(month)s::date is null or build.stat_month = %(month)s)
),
input as (
    select built.stat_month, build_input.submission_id
    from built
    inner join ops.build_input as build_input on built.build_id = build_input.build_id
),
accepted as (
    select submission.stat_month, submission.submission_id
    from ops.submission as submission
    where
        submission.state = any(%(accepted)s)
        and (%(month)s::date is null or submission.stat_month = %(month)s)
),
changed as (
    select
        coalesce(accepted.stat_month, input.stat_month) as stat_month,
        coalesce(accepted.submission_id, input.submission_id) as submission_id,
        input.submission_id is null as is_new
    from accepted
    full join input on accepted.submission_id = input.submission_id
    where accepted.submission_id is null or input.submission_id is null
)
select distinct accepted.stat_month, 'not_built', null, null
from accepted
left join built on accepted.stat_month = built.stat_month
where built.build_id is null
union all
select built.stat_month, 'failed', null, null
from built
where built.state in ('building', 'failed')
union all
select
    changed.stat_month,
    case
        when changed.is_new then 'arrived'
        when submission.state = 'withdrawn' then 'withdrawn'
        else 'superseded'
    end,
    submission.receipt_no,
    null
from changed
inner join built on changed.stat_month = built.stat_month
inner join ops.submission as submission on changed.submission_id = submission.submission_id
union all
select
    built.stat_month,
    event.kind,
    coalesce(
        submission.receipt_no, concat_ws(' ', event.check_id, event.form_code, event.area_code)
    ),
    null
from built
inner join ops.ledger_event as event
    on
        event.event_id > built.seen_event_id
        and event.first_month <= built.stat_month
        and coalesce(event.last_month, 'infinity') >= built.stat_month
left join ops.submission as submission on event.submission_id = submission.submission_id
"""

# Builds are made one at a time, so what a build read of another month is what the last build of
# that month begun before it handed on.
_OTHER_MONTHS = """
with reading as (
    select *
    from unnest(%(keys)s::text[], %(months)s::int[], %(only_in)s::int[], %(decides)s::text[])
        as r (key, months, only_in, decides)
),
built as (
    select build_id, stat_month, state, handed_on
    from ops.build
    where in_force
),
read as (
    select
        built.build_id,
        built.stat_month,
        reading.key,
        reading.decides,
        case
            when reading.months is not null
                then (built.stat_month + make_interval(months => reading.months))::date
            else (
                select max(before.stat_month) from built as before
                where before.stat_month < built.stat_month
            )
        end as month_now,
        case
            when reading.months is not null
                then (built.stat_month + make_interval(months => reading.months))::date
            else (
                select max(before.stat_month) from ops.build as before
                where before.stat_month < built.stat_month and before.build_id < built.build_id
            )
        end as month_then
    from built
    cross join reading
    where
        (%(month)s::date is null or built.stat_month = %(month)s)
        and (reading.only_in is null or reading.only_in = extract(month from built.stat_month))
)
select
    read.stat_month,
    'other_month',
    to_char(read.month_now, 'YYYY-MM'),
    read.decides
from read
inner join built as source
    on read.month_now = source.stat_month and source.build_id > read.build_id
left join lateral (
    select build.handed_on, true as was_built
    from ops.build as build
    where build.stat_month = read.month_then and build.build_id < read.build_id
    order by build.build_id desc
    limit 1
) as known on true
where
    source.state not in ('building', 'failed')
    and source.handed_on ->> read.key
    is distinct from case when known.was_built then known.handed_on ->> read.key else '' end
"""
