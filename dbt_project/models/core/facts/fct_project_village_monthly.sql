-- The villages of each project: the rows of the sub-table FP-01b, and the village a project's own
-- row names where the sub-table does not name it. One row for each project and village of a return.
with named as (
    select
        stat_month,
        submission_id,
        filing_unit_code,
        project_code,
        village_id,
        plan_share as plan_share_pct,
        'sub' as source,
        sheet,
        row_no,
        1 as precedence
    from {{ ref("stg_township__fp01b") }}
    where stat_month = {{ run_month() }}
    union all
    select
        stat_month,
        submission_id,
        filing_unit_code,
        project_code,
        village_id,
        cast(null as numeric(6, 2)) as plan_share_pct,
        'main' as source,
        sheet,
        row_no,
        2 as precedence
    from {{ ref("fct_project_monthly") }}
    where stat_month = {{ run_month() }} and village_id is not null
),

ordered as (
    select
        *,
        row_number() over (
            partition by submission_id, project_code, village_id
            order by precedence, sheet, row_no
        ) as position
    from named
)

select
    stat_month,
    submission_id,
    filing_unit_code,
    project_code,
    village_id,
    plan_share_pct,
    source,
    sheet,
    row_no
from ordered
where position = 1
