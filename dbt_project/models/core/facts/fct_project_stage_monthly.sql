-- How far each project has come. A project's own dates tell it; a line of projects has none, so
-- its state tells it for all of them. Whoever is terminated has come nowhere.
with counted as (
    select
        *,
        case row_kind when '1' then 1 else units end as projects,
        row_kind = '2' as is_line
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
    is_approved and case when is_line then state_code >= '4' else start_date is not null end
        as is_started,
    is_approved and case when is_line then state_code >= '5' else complete_date is not null end
        as is_completed,
    is_approved and case when is_line then state_code >= '7' else cty_accept_date is not null end
        as is_county_accepted,
    is_approved and case when is_line then state_code >= '8' else handover_date is not null end
        as is_handed_over
from judged
