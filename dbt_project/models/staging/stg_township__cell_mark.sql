-- Cells that are not plain values (estimated, uncertain, not collected ...), frozen like the rows.
select
    build.build_id,
    build.stat_month,
    submission.form_code,
    marked.table_name,
    marked.submission_id,
    marked.sheet,
    marked.row_no,
    marked.column_name,
    marked.status,
    marked.text,
    marked.reason
from {{ source("raw", "cell_mark") }} as marked
inner join {{ source("ops", "submission") }} as submission
    on marked.submission_id = submission.submission_id
inner join {{ source("ops", "build_input") }} as build_input
    on marked.submission_id = build_input.submission_id
inner join {{ source("ops", "build") }} as build
    on build_input.build_id = build.build_id
where build.in_force
