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

working as (
    {{ next_working_days("due", "area_level") }}
)

select
    {{ run_month() }} as stat_month,
    area_level,
    working_day as deadline_day,
    -- The day ends in the time zone of the session, which the runner sets.
    cast(working_day + 1 as timestamp with time zone) as deadline_at
from working
