-- Projects of each area by programme (00 all): how many have come how far, physical progress
-- weighted by planned money, and the money of FP-02, each project's once. Amounts are of all
-- projects; what is terminated stands in no rate.
with placed as (
    select
        stage.*,
        reach.ancestor_code as area_code
    from {{ ref("fct_project_stage_monthly") }} as stage
    inner join {{ ref("dim_area_reach") }} as reach
        on
            stage.place_code = reach.area_code
            and reach.form_code = 'FP-01'
            and reach.stat_month = {{ run_month() }}
    where stage.stat_month = {{ run_month() }}
),

counted as (
    select
        area_code,
        coalesce(programme_code, '00') as programme_code,
        sum(projects) as projects,
        {%- for stage in [
            "proposed", "approved", "started", "completed", "county_accepted", "handed_over",
            "terminated",
        ] %}
        sum(case when is_{{ stage }} then projects else 0 end) as {{ stage }}_projects,
        {%- endfor %}
        {%- for rate, numerator, denominator in project_rates() %}
        sum(case when {{ numerator }} then projects else 0 end) as {{ rate }}_numerator,
        sum(case when {{ denominator }} then projects else 0 end) as {{ rate }}_denominator,
        {%- endfor %}
        sum(planned_yuan) as planned_yuan,
        sum(investment_done_yuan_ytd) as investment_done_yuan_ytd,
        sum(investment_done_yuan) as investment_done_yuan,
        sum(case when not is_terminated then planned_yuan * progress_pct / 100 end)
            as physical_progress_pct_numerator,
        sum(case when not is_terminated and progress_pct is not null then planned_yuan end)
            as physical_progress_pct_denominator
    from placed
    group by grouping sets ((area_code, programme_code), (area_code))
),

named as (
    select
        area_code,
        project_code,
        coalesce(programme_code, '00') as programme_code,
        bool_and(is_terminated) as is_terminated
    from placed
    group by grouping sets ((area_code, programme_code, project_code), (area_code, project_code))
),

financed as (
    select
        named.area_code,
        named.programme_code,
        sum(money.issued_yuan_total) as issued_yuan_total,
        sum(money.paid_yuan_total) as paid_yuan_total,
        sum(case when not named.is_terminated then money.money_progress_pct_numerator end)
            as money_progress_pct_numerator,
        sum(case when not named.is_terminated then money.money_progress_pct_denominator end)
            as money_progress_pct_denominator
    from named
    inner join {{ ref("fct_project_money_monthly") }} as money
        on named.project_code = money.project_code and money.stat_month = {{ run_month() }}
    group by named.area_code, named.programme_code
)

select
    {{ run_month() }} as stat_month,
    counted.area_code,
    counted.programme_code,
    {%- for number in [
        "projects", "proposed_projects", "approved_projects", "started_projects",
        "completed_projects", "county_accepted_projects", "handed_over_projects",
        "terminated_projects",
    ] %}
    cast(counted.{{ number }} as bigint) as {{ number }},
    {%- endfor %}
    {%- for rate, numerator, denominator in project_rates() %}
    cast(counted.{{ rate }}_numerator as bigint) as {{ rate }}_numerator,
    cast(counted.{{ rate }}_denominator as bigint) as {{ rate }}_denominator,
    {%- endfor %}
    {%- for amount in [
        "planned_yuan", "investment_done_yuan_ytd", "investment_done_yuan",
        "physical_progress_pct_numerator", "physical_progress_pct_denominator",
    ] %}
    cast(counted.{{ amount }} as numeric(20, 2)) as {{ amount }},
    {%- endfor %}
    cast(financed.issued_yuan_total as numeric(20, 2)) as issued_yuan_total,
    cast(financed.paid_yuan_total as numeric(20, 2)) as paid_yuan_total,
    cast(financed.money_progress_pct_numerator as numeric(20, 2)) as money_progress_pct_numerator,
    cast(financed.money_progress_pct_denominator as numeric(20, 2))
        as money_progress_pct_denominator
from counted
left join financed
    on
        counted.area_code = financed.area_code
        and counted.programme_code = financed.programme_code
