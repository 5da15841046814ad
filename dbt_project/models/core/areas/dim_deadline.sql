-- Until when the returns of the month are on time, for each level: the end of the day named in
-- the dated rows, of the next working day where that day is a day of rest.
with due as (
    select
        level as area_level,
        cast({{ run_month_end() }} + day as date) as due_day
    from {{ ref("seed_deadline") }}
    where
        year_from <= extract(year from {{ run_month() }})
        and (year_until is null or year_until >= extract(year from {{ run_month() }}))
),

candidates as (
    select
        due.area_level,
        cast(due.due_day + shift.days as date) as day
    from due
    cross join generate_series(0, 20) as shift (days)
),

working as (
    select
        candidates.area_level,
        min(candidates.day) as deadline_day
    from candidates
    left join {{ ref("seed_holiday") }} as calendar
        on candidates.day = calendar.day
    where
        calendar.kind = 'workday'
        or (calendar.kind is null and extract(isodow from candidates.day) < 6)
    group by candidates.area_level
)

select
    {{ run_month() }} as stat_month,
    area_level,
    deadline_day,
    -- The day ends in the time zone of the session, which the runner sets.
    cast(deadline_day + 1 as timestamp with time zone) as deadline_at
from working
