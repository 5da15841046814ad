{# The columns of both fund marts, from the figures of one scope of sources. #}
{% macro fund_mart(scope, key) -%}
with figures as (
    select *
    from {{ ref("fct_fund_figure_monthly") }}
    where stat_month = {{ run_month() }} and source_scope = '{{ scope }}'
),

areas as (
    select
        ancestor_code as area_code,
        max(ancestor_level) as area_level,
        max(ancestor_name_zh) as area_name_zh
    from {{ ref("dim_area_reach") }}
    where stat_month = {{ run_month() }} and form_code = 'FP-02'
    group by ancestor_code
),

units as (
    select
        reach.ancestor_code as area_code,
        count(*) as units_due,
        count(*) filter (where unit.is_accepted) as units_included
    from {{ ref("fct_return_monthly") }} as unit
    inner join {{ ref("dim_area_reach") }} as reach
        on
            unit.filing_unit_code = reach.area_code
            and unit.form_code = reach.form_code
            and reach.stat_month = {{ run_month() }}
    where unit.stat_month = {{ run_month() }} and unit.form_code = 'FP-02' and unit.is_expected
    group by reach.ancestor_code
),

marks as (
    select
        area_code,
        programme_code,
        {{ "fund_source_code" if scope == "source" else "source_group" }} as scope_code,
        measure,
        status_rank
    from {{ ref("fct_fund_area_status_monthly") }}
    where stat_month = {{ run_month() }}
    union all
    select
        area_code,
        programme_code,
        {{ "fund_source_code" if scope == "source" else "source_group" }} as scope_code,
        measure || '_last_year' as measure,
        status_rank
    from {{ ref("fct_fund_area_status_monthly") }}
    where
        stat_month = {{ last_year_month() }}
        and measure in ('{{ fund_measures_with_last_year() | join("', '") }}')
),

statuses as (
    select
        figures.area_code,
        figures.programme_code,
        figures.scope_code,
        {{ worst_ranks("figures") }}
    from figures
    inner join marks
        on
            figures.area_code = marks.area_code
            and figures.programme_code = marks.programme_code
            and figures.scope_code in (marks.scope_code, 'all')
    group by figures.area_code, figures.programme_code, figures.scope_code
)

select
    figures.stat_month,
    figures.area_code,
    areas.area_level,
    areas.area_name_zh,
    figures.programme_code,
    figures.scope_code as {{ key }},
    figures.programme_code = '00' or figures.scope_code = 'all' as row_is_total,
    figures.planned_yuan_year,
    figures.expected_yuan_year,
    figures.carried_in_yuan,
    {%- for flow in ["issued", "in_place", "paid", "reimbursed"] %}
    figures.{{ flow }}_yuan_month,
    figures.{{ flow }}_yuan_ytd,
    figures.{{ flow }}_yuan_ytd_last_year,
    figures.{{ flow }}_yuan_fund_year,
    {%- endfor %}
    {%- for rate, numerator, denominator in fund_rates() %}
    {{ rate_pct("figures." ~ rate ~ "_numerator", "figures." ~ rate ~ "_denominator") }} as {{ rate }},
    figures.{{ rate }}_numerator,
    figures.{{ rate }}_denominator,
    {%- endfor %}
    {{ rate_pct("extract(month from figures.stat_month)", "12") }} as time_progress_pct,
    cast(extract(month from figures.stat_month) as bigint) as time_progress_pct_numerator,
    cast(12 as bigint) as time_progress_pct_denominator,
    coalesce(units.units_due, 0) as units_due,
    coalesce(units.units_included, 0) as units_included,
    {{ rate_pct("units.units_included", "units.units_due") }} as coverage_pct,
    coalesce(units.units_included, 0) as coverage_pct_numerator,
    coalesce(units.units_due, 0) as coverage_pct_denominator,
    {{ row_status("figures", fund_row_measures(), "statuses") }} as obs_status
from figures
inner join areas
    on figures.area_code = areas.area_code
left join units
    on figures.area_code = units.area_code
left join statuses
    on
        figures.area_code = statuses.area_code
        and figures.programme_code = statuses.programme_code
        and figures.scope_code = statuses.scope_code
{%- endmacro %}
