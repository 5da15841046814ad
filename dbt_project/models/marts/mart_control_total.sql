-- Control totals of the month beside what their parts add up to (area = the place of the total).
with totals as (
    select *
    from {{ ref("fct_control_total_monthly") }}
    where stat_month = {{ run_month() }}
),

areas as (
    {{ areas_of_month() }}
),

cells as (
    select
        form_code,
        submission_id,
        sheet,
        row_no,
        measure,
        submission_id as cell_submission_id,
        sheet as cell_sheet,
        row_no as cell_row_no
    from totals
    union all
    select
        form_code,
        submission_id,
        sheet,
        row_no,
        measure,
        part_submission_id as cell_submission_id,
        part_sheet as cell_sheet,
        part_row_no as cell_row_no
    from {{ ref("fct_control_part_monthly") }}
    where stat_month = {{ run_month() }} and part_value is not null and not has_part_elsewhere
),

-- The worst status of the printed cell and of the cells added up.
statuses as (
    select
        cells.submission_id,
        cells.sheet,
        cells.row_no,
        cells.measure,
        max(mark.status_rank) as status_rank
    from cells
    inner join {{ ref("fct_cell_status_monthly") }} as mark
        on
            cells.form_code = mark.form_code
            and cells.cell_submission_id = mark.submission_id
            and cells.cell_sheet = mark.sheet
            and cells.cell_row_no = mark.row_no
            and cells.measure = mark.column_name
            and mark.stat_month = {{ run_month() }}
    group by cells.submission_id, cells.sheet, cells.row_no, cells.measure
)

select
    totals.stat_month,
    totals.place_code as area_code,
    areas.area_level,
    areas.area_name_zh,
    totals.form_code,
    totals.filing_unit_code,
    totals.row_key,
    totals.measure,
    totals.measure_unit,
    totals.programme_code,
    totals.fund_source_code,
    totals.printed,
    totals.computed,
    totals.difference,
    totals.tolerance,
    totals.list_complete,
    totals.verdict,
    {{ status_of_rank("statuses.status_rank") }} as obs_status
from totals
inner join areas
    on totals.place_code = areas.area_code
left join statuses
    on
        totals.submission_id = statuses.submission_id
        and totals.sheet = statuses.sheet
        and totals.row_no = statuses.row_no
        and totals.measure = statuses.measure
