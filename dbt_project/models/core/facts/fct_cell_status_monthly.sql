-- Cells that are not plain values, by the measure of the marts they become: few rows, from which
-- the marts take the status of their figures.
with marks as (
    select *
    from {{ ref("stg_township__cell_mark") }}
    where stat_month = {{ run_month() }}
)

select
    marks.stat_month,
    marks.form_code,
    marks.submission_id,
    marks.sheet,
    marks.row_no,
    marks.column_name,
    meaning.measure,
    coalesce(meaning.fund_year_only, false) as fund_year_only,
    meaning.all_years_measure,
    {{ status_rank("marks.status") }} as status_rank
from marks
left join {{ ref("seed_traced_measure") }} as meaning
    on marks.form_code = meaning.form_code and marks.column_name = meaning.column_name
