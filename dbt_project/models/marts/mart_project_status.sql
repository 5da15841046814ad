-- Each project, or line of projects, in the areas its place lies in.
with figures as (
    select
        *,
        {{ rate_pct("payment_rate_pct_numerator", "payment_rate_pct_denominator") }}
            as payment_rate_pct,
        {{ rate_pct("money_progress_pct_numerator", "money_progress_pct_denominator") }}
            as money_progress_pct
    from {{ ref("fct_project_area_monthly") }}
    where stat_month = {{ run_month() }}
),

areas as (
    {{ areas_of_month() }}
),

project_marks as (
    select
        reach.ancestor_code as area_code,
        fact.project_code,
        mark.measure,
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
        fact.project_code,
        mark.all_years_measure as measure,
        mark.status_rank
    from {{ ref("fct_cell_status_monthly") }} as mark
    inner join {{ ref("fct_fund_monthly") }} as fact
        on
            mark.submission_id = fact.submission_id
            and mark.sheet = fact.sheet
            and mark.row_no = fact.row_no
            and fact.stat_month = {{ run_month() }}
    where
        mark.stat_month = {{ run_month() }}
        and mark.form_code = 'FP-02'
        and mark.all_years_measure in ('issued_yuan_total', 'paid_yuan_total')
),

marks as (
    select *
    from project_marks
    union all
    select
        figures.area_code,
        money_marks.project_code,
        money_marks.measure,
        money_marks.status_rank
    from money_marks
    inner join figures
        on money_marks.project_code = figures.project_code
),

statuses as (
    select
        figures.area_code,
        figures.project_code,
        {{ worst_ranks("figures") }}
    from figures
    inner join marks
        on
            figures.area_code = marks.area_code
            and figures.project_code = marks.project_code
    group by figures.area_code, figures.project_code
)

select
    figures.stat_month,
    figures.area_code,
    areas.area_level,
    areas.area_name_zh,
    figures.project_code,
    figures.row_kind,
    figures.units,
    figures.project_name,
    figures.programme_code,
    figures.plan_year,
    figures.batch_no,
    figures.construct_mode,
    figures.place_code,
    figures.filing_unit_code,
    figures.state_code,
    {%- for day in project_dates() %}
    figures.{{ day }},
    {%- endfor %}
    figures.applied_yuan,
    figures.approved_yuan,
    figures.planned_yuan,
    figures.investment_done_yuan_ytd,
    figures.investment_done_yuan,
    figures.issued_yuan_total,
    figures.paid_yuan_total,
    figures.progress_pct,
    figures.money_progress_pct,
    figures.money_progress_pct_numerator,
    figures.money_progress_pct_denominator,
    cast(figures.money_progress_pct - figures.progress_pct as numeric(9, 2)) as progress_gap_points,
    figures.payment_rate_pct,
    figures.payment_rate_pct_numerator,
    figures.payment_rate_pct_denominator,
    figures.benefit_households,
    figures.benefit_persons,
    {{ row_status("figures", project_row_measures(), "statuses") }} as obs_status
from figures
inner join areas
    on figures.area_code = areas.area_code
left join statuses
    on
        figures.area_code = statuses.area_code
        and figures.project_code = statuses.project_code
