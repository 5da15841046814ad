-- Where each column of a frozen return stood, so that a finding can name its cell.
select
    build.stat_month,
    placed.table_name,
    placed.submission_id,
    placed.sheet,
    placed.column_name,
    placed.column_letter
from {{ source("raw", "column_position") }} as placed
inner join {{ source("ops", "build_input") }} as build_input
    on placed.submission_id = build_input.submission_id
inner join {{ source("ops", "build") }} as build
    on build_input.build_id = build.build_id
where build.in_force
