-- How far the projects of each area have come, by programme (00 all): numbers, works and money.
with figures as (
    select *
    from {{ ref("fct_project_progress_monthly") }}
    where stat_month = {{ run_month() }}
),

areas as (
    {{ areas_of_month() }}
),

-- The state and the dates of a project are seen in the numbers they decide.
project_marks as (
    select
        reach.ancestor_code as area_code,
        fact.programme_code,
        case mark.measure
            when 'state_code' then 'approved_projects'
            when 'units' then 'projects'
            when 'start_date' then 'started_projects'
            when 'complete_date' then 'completed_projects'
            when 'cty_accept_date' then 'county_accepted_projects'
            when 'handover_date' then 'handed_over_projects'
            when 'progress_pct' then 'physical_progress_pct_denominator'
            else mark.measure
        end as measure,
        mark.status_rank
    from {{ ref("fct_cell_status_monthly") }} as mark
    inner join {{ ref("fct_project_monthly") }} as fact
        on
            mark.submission_id = fact.submission_id
            and mark.sheet = fact.sheet
            and mark.row_no = fact.row_no
            and fact.stat_month = {{ run_month() }}
            and fact.is_counted
    inner join {{ ref("dim_area_reach") }} as reach
        on
            fact.place_code = reach.area_code
            and reach.form_code = 'FP-01'
            and reach.stat_month = {{ run_month() }}
    where
        mark.stat_month = {{ run_month() }}
        and mark.form_code = 'FP-01'
        and mark.measure is not null
),

money_marks as (
    select
        reach.ancestor_code as area_code,
        project.programme_code,
        mark.all_years_measure as measure,
        mark.status_rank
    from {{ ref("fct_cell_status_monthly") }} as mark
    inner join {{ ref("fct_fund_monthly") }} as fact
        on
            mark.submission_id = fact.submission_id
            and mark.sheet = fact.sheet
            and mark.row_no = fact.row_no
            and fact.stat_month = {{ run_month() }}
    inner join {{ ref("fct_project_monthly") }} as project
        on
            fact.project_code = project.project_code
            and project.stat_month = {{ run_month() }}
            and project.is_counted
    inner join {{ ref("dim_area_reach") }} as reach
        on
            project.place_code = reach.area_code
            and reach.form_code = 'FP-01'
            and reach.stat_month = {{ run_month() }}
    where
        mark.stat_month = {{ run_month() }}
        and mark.form_code = 'FP-02'
        and mark.all_years_measure in ('issued_yuan_total', 'paid_yuan_total')
),

marks as (
    select *
    from project_marks
    union all
    select *
    from money_marks
),

statuses as (
    select
        figures.area_code,
        figures.programme_code,
        {{ worst_ranks("figures") }}
    from figures
    inner join marks
        on
            figures.area_code = marks.area_code
            and figures.programme_code in (marks.programme_code, '00')
    group by figures.area_code, figures.programme_code
)

select
    figures.stat_month,
    figures.area_code,
    areas.area_level,
    areas.area_name_zh,
    figures.programme_code,
    figures.programme_code = '00' as row_is_total,
    figures.projects,
    figures.proposed_projects,
    figures.approved_projects,
    figures.started_projects,
    figures.completed_projects,
    figures.county_accepted_projects,
    figures.handed_over_projects,
    figures.terminated_projects,
    {%- for rate, numerator, denominator in project_rates() %}
    {{ rate_pct("figures." ~ rate ~ "_numerator", "figures." ~ rate ~ "_denominator") }}
        as {{ rate }},
    figures.{{ rate }}_numerator,
    figures.{{ rate }}_denominator,
    {%- endfor %}
    figures.planned_yuan,
    figures.investment_done_yuan_ytd,
    figures.investment_done_yuan,
    figures.issued_yuan_total,
    figures.paid_yuan_total,
    {%- for rate in ["physical_progress_pct", "money_progress_pct"] %}
    {{ rate_pct("figures." ~ rate ~ "_numerator", "figures." ~ rate ~ "_denominator") }}
        as {{ rate }},
    figures.{{ rate }}_numerator,
    figures.{{ rate }}_denominator,
    {%- endfor %}
    {{ row_status(
        "figures",
        [
            "projects", "planned_yuan", "investment_done_yuan_ytd", "investment_done_yuan",
            "issued_yuan_total", "paid_yuan_total",
        ],
        "statuses",
    ) }} as obs_status
from figures
inner join areas
    on figures.area_code = areas.area_code
left join statuses
    on
        figures.area_code = statuses.area_code
        and figures.programme_code = statuses.programme_code
