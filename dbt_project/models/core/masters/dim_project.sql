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

earlier as (
    select *
    from {{ this }}
    where stat_month = (
        select max(stat_month)
        from {{ this }}
        where stat_month < {{ run_month() }}
    )
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
        coalesce(earlier.first_month, filed.stat_month) as first_month,
        case
            when
                (filed.project_name is not distinct from earlier.project_name)
                and (filed.programme_code is not distinct from earlier.programme_code)
                and (filed.place_code is not distinct from earlier.place_code)
                and (filed.village_id is not distinct from earlier.village_id)
                then earlier.valid_from
            else filed.stat_month
        end as valid_from,
        filed.state_code,
        filed.stat_month as last_filed_month
    from filed
    left join earlier
        on filed.project_code = earlier.project_code
    where filed.position = 1
    union all
    select
        earlier.project_code,
        earlier.project_name,
        earlier.row_kind,
        earlier.programme_code,
        earlier.place_code,
        earlier.village_id,
        earlier.filing_unit_code,
        earlier.plan_year,
        earlier.batch_no,
        earlier.first_month,
        earlier.valid_from,
        earlier.state_code,
        earlier.last_filed_month
    from earlier
    left join filed
        on earlier.project_code = filed.project_code
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
