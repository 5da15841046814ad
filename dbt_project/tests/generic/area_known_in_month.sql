{# Every code of the month stands in the month's list of areas: else its figures would be lost. #}
{% test area_known_in_month(model, column_name) %}
with checked as (
    select
        stat_month,
        {{ column_name }} as code
    from {{ model }}
),

known as (
    select distinct area_code
    from {{ ref("dim_area_ancestor") }}
    where stat_month = {{ run_month() }}
)

select
    checked.stat_month,
    checked.code
from checked
left join known
    on checked.code = known.area_code
where known.area_code is null
{% endtest %}
