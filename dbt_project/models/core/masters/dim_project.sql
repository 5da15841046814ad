-- Every project and line of projects known up to the month: those filed in it, and of the latest
-- month built before it those that are filed no more. The model reads its own earlier months.
with filed as (
    select
        fact.*,
        row_number() over (
            partition by fact.project_code order by fact.submission_id, fact.sheet, fact.row_no
        ) as position
    from {{ ref("fct_project_monthly") }} as fact
    where fact.stat_month = {{ run_month() }}
),

before as (
    select *
    from {{ this }}
    where
        stat_month
        = (select max(stat_month) from {{ this }} where stat_month < {{ run_month() }})
),

known as (
    select
        filed.project_code,
        filed.project_name,
        filed.row_kind,
        filed.programme_code,
        filed.place_code,
        filed.village_id,
        filed.filing_unit_code,
        filed.plan_year,
        filed.batch_no,
        coalesce(before.first_month, filed.stat_month) as first_month,
        case
            when
                filed.project_name is not distinct from before.project_name
                and filed.programme_code is not distinct from before.programme_code
                and filed.place_code is not distinct from before.place_code
                and filed.village_id is not distinct from before.village_id
                then before.valid_from
            else filed.stat_month
        end as valid_from,
        filed.state_code,
        filed.stat_month as last_filed_month
    from filed
    left join before
        on filed.project_code = before.project_code
    where filed.position = 1
    union all
    select
        before.project_code,
        before.project_name,
        before.row_kind,
        before.programme_code,
        before.place_code,
        before.village_id,
        before.filing_unit_code,
        before.plan_year,
        before.batch_no,
        before.first_month,
        before.valid_from,
        before.state_code,
        before.last_filed_month
    from before
    left join filed
        on before.project_code = filed.project_code
    where filed.project_code is null
)

select
    {{ run_month() }} as stat_month,
    project_code,
    project_name,
    row_kind,
    programme_code,
    place_code,
    village_id,
    filing_unit_code,
    plan_year,
    batch_no,
    state_code,
    first_month,
    valid_from,
    last_filed_month,
    last_filed_month = {{ run_month() }} as is_filed_now
from known
