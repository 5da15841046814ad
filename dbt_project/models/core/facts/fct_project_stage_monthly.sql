-- How far each project, or line of projects, has come: a stage is reached where its date is filed
-- or the state says so (a line has no dates; a project's date may not have been collected).
-- Whoever is terminated has come nowhere.
with counted as (
    select
        *,
        case row_kind when '1' then 1 else units end as projects
    from {{ ref("fct_project_monthly") }}
    where stat_month = {{ run_month() }} and is_counted
),

judged as (
    select
        *,
        coalesce(state_code in ('1', '2'), false) as is_proposed,
        coalesce(state_code between '3' and '8', false) as is_approved,
        coalesce(state_code = '9', false) as is_terminated
    from counted
)

select
    stat_month,
    submission_id,
    sheet,
    row_no,
    place_code,
    programme_code,
    project_code,
    projects,
    planned_yuan,
    investment_done_yuan_ytd,
    investment_done_yuan_total as investment_done_yuan,
    progress_pct,
    is_proposed,
    is_approved,
    is_terminated,
    is_approved and (state_code >= '4' or start_date is not null) as is_started,
    is_approved and (state_code >= '5' or complete_date is not null) as is_completed,
    is_approved and (state_code >= '7' or cty_accept_date is not null) as is_county_accepted,
    is_approved and (state_code >= '8' or handover_date is not null) as is_handed_over
from judged
