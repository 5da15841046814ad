-- Relocation and housing of each area by programme, year of the plan and mode.
with figures as (
    select *
    from {{ ref("fct_relocation_area_monthly") }}
    where stat_month = {{ run_month() }}
),

areas as (
    {{ areas_of_month() }}
),

marks as (
    select
        reach.ancestor_code as area_code,
        fact.programme_code,
        fact.plan_year,
        fact.mode,
        mark.measure,
        max(mark.status_rank) as status_rank
    from {{ ref("fct_cell_status_monthly") }} as mark
    inner join {{ ref("fct_relocation_monthly") }} as fact
        on
            mark.submission_id = fact.submission_id
            and mark.sheet = fact.sheet
            and mark.row_no = fact.row_no
            and fact.stat_month = {{ run_month() }}
    inner join {{ ref("dim_area_reach") }} as reach
        on
            fact.place_code = reach.area_code
            and reach.form_code = 'FP-08'
            and reach.stat_month = {{ run_month() }}
    where
        mark.stat_month = {{ run_month() }}
        and mark.form_code = 'FP-08'
        and mark.measure is not null
    group by
        reach.ancestor_code, fact.programme_code, fact.plan_year, fact.mode, mark.measure
),

statuses as (
    select
        figures.area_code,
        figures.programme_code,
        figures.plan_year,
        figures.mode,
        {{ worst_ranks("figures") }}
    from figures
    inner join marks
        on
            figures.area_code = marks.area_code
            and figures.programme_code = marks.programme_code
            and figures.plan_year = marks.plan_year
            and figures.mode = marks.mode
    group by
        figures.area_code, figures.programme_code, figures.plan_year, figures.mode
)

select
    figures.stat_month,
    figures.area_code,
    areas.area_level,
    areas.area_name_zh,
    figures.programme_code,
    figures.plan_year,
    figures.mode,
    {%- for measure in relocation_measures() %}
    figures.{{ measure }},
    {%- endfor %}
    cast(
        round(
            figures.unit_cost_yuan_numerator / nullif(figures.unit_cost_yuan_denominator, 0), 2
        ) as numeric(20, 2)
    ) as unit_cost_yuan,
    figures.unit_cost_yuan_numerator,
    figures.unit_cost_yuan_denominator,
    figures.unit_cost_basis,
    {{ row_status("figures", relocation_measures(), "statuses") }} as obs_status
from figures
inner join areas
    on figures.area_code = areas.area_code
left join statuses
    on
        figures.area_code = statuses.area_code
        and figures.programme_code = statuses.programme_code
        and figures.plan_year = statuses.plan_year
        and figures.mode = statuses.mode
