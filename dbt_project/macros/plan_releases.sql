{# `dbt run-operation plan_releases`: the planned day of release of each month of this century,
   by the dated rule. The warehouse shows it and lets people plan single months otherwise. #}
{% macro plan_releases() -%}
    {% do run_query('begin') %}
    {% do run_query('delete from ops.release_plan') %}
    {% do run_query('insert into ops.release_plan (stat_month, planned_on) ' ~ release_plan()) %}
    {% do run_query('commit') %}
{%- endmacro %}

{% macro release_plan() -%}
    with months as (
        select cast(month as date) as stat_month
        from generate_series(
            cast('2000-01-01' as timestamp), cast('2099-12-01' as timestamp), interval '1 month'
        ) as every (month)
    ),

    due as (
        select
            months.stat_month,
            cast(months.stat_month + interval '1 month' as date) + rule.day - 1 as due_day
        from months
        inner join {{ ref("seed_release_day") }} as rule
            on
                months.stat_month >= rule.month_from
                and (rule.month_until is null or months.stat_month <= rule.month_until)
    )

    {{ next_working_days("due", "stat_month") }}
{%- endmacro %}
