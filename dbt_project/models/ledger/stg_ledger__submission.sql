-- Every submission whose form, unit and month could be read, and the build that froze it.
with frozen as (
    select
        build_input.submission_id,
        build.build_id
    from {{ source("ops", "build_input") }} as build_input
    inner join {{ source("ops", "build") }} as build
        on build_input.build_id = build.build_id
    where build.in_force
)

select
    submission.submission_id,
    submission.stat_month,
    submission.form_code,
    submission.area_code as filing_unit_code,
    submission.version,
    submission.file_name,
    submission.received_at,
    submission.decided_at,
    submission.passed_level_0,
    submission.is_nil,
    submission.required_cells,
    submission.filled_required_cells,
    submission.state,
    frozen.build_id
from {{ source("ops", "submission") }} as submission
left join frozen
    on submission.submission_id = frozen.submission_id
where
    submission.form_code is not null
    and submission.area_code is not null
    and submission.stat_month is not null
