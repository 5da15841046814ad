{# Each `due_day` of a relation, or the next working day where it is a day of rest: one row for
   each `key`, with `working_day`. Saturdays and Sundays are days of rest unless they are worked. #}
{% macro next_working_days(due, key) -%}
    select
        candidates.{{ key }},
        min(candidates.day) as working_day
    from (
        select
            due.{{ key }},
            cast(due.due_day + shift.days as date) as day
        from {{ due }} as due
        cross join generate_series(0, 20) as shift (days)
    ) as candidates
    left join {{ ref("seed_holiday") }} as calendar
        on candidates.day = calendar.day
    where
        calendar.kind = 'workday'
        or (calendar.kind is null and extract(isodow from candidates.day) < 6)
    group by candidates.{{ key }}
{%- endmacro %}
