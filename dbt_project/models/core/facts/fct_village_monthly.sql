-- FP-03: poor villages and lumps of them as filed, one row for each detail or lump row of a return.
with filed as (
    select *
    from {{ ref("stg_township__fp03") }}
    where stat_month = {{ run_month() }} and row_kind in ('1', '2')
),

marks as (
    {{ row_marks("fp03") }}
)

select
    filed.stat_month,
    filed.submission_id,
    filed.sheet,
    filed.row_no,
    filed.filing_unit_code,
    filed.version,
    submission.received_at,
    {{ row_key("fp03", "filed") }} as row_key,
    filed.place_code,
    filed.row_kind,
    filed.village_id,
    filed.village_kind,
    filed.coverage,
    filed.pop_band,
    filed.units,
    filed.lon,
    filed.lat,
    filed.key_village_flag as is_key_village,
    cast(filed.priority_rank as integer) as priority_rank,
    filed.households,
    filed.persons,
    filed.poor_households,
    filed.poor_persons,
    filed.farm_income_pc as farm_income_yuan_per_person,
    filed.road as has_road,
    filed.power as has_power,
    filed.water as has_water,
    filed.school as has_school,
    filed.clinic as has_clinic,
    filed.arable_mu,
    filed.irrigated_mu,
    filed.programme_batch,
    cast(filed.exit_year_planned as integer) as exit_year_planned,
    filed.exit_date,
    filed.reversal_reason,
    filed.reversal_doc,
    {{ counts_once("filed", "village_id") }} as is_counted,
    {{ status_of_rank("marks.status_rank") }} as obs_status
from filed
inner join {{ ref("stg_ledger__submission") }} as submission
    on filed.submission_id = submission.submission_id
left join marks
    on
        filed.submission_id = marks.submission_id
        and filed.sheet = marks.sheet
        and filed.row_no = marks.row_no
