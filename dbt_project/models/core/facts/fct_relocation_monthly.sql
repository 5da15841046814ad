-- FP-08: relocation and housing of detail and lump rows as filed, one row for each row of a return.
with filed as (
    select *
    from {{ ref("stg_township__fp08") }}
    where stat_month = {{ run_month() }} and row_kind in ('1', '2')
),

marks as (
    {{ row_marks("fp08") }}
)

select
    filed.stat_month,
    filed.submission_id,
    filed.sheet,
    filed.row_no,
    filed.filing_unit_code,
    filed.version,
    {{ row_key("fp08", "filed") }} as row_key,
    filed.place_code,
    filed.row_kind,
    filed.site_code,
    filed.from_village,
    filed.to_place,
    filed.programme as programme_code,
    cast(filed.plan_year as integer) as plan_year,
    filed.mode,
    filed.units,
    filed.plan_hh as planned_households,
    filed.plan_p as planned_persons,
    filed.target5_p as five_year_target_persons,
    filed.moved_hh_m as moved_households_month,
    filed.moved_hh_y as moved_households_ytd,
    filed.moved_hh_c as moved_households_total,
    filed.moved_p_m as moved_persons_month,
    filed.moved_p_y as moved_persons_ytd,
    filed.moved_p_c as moved_persons_total,
    filed.houses_plan as houses_planned,
    filed.houses_started,
    filed.houses_roofed,
    filed.houses_finished,
    filed.house_area_m2,
    filed.standard as standard_yuan,
    filed.standard_basis,
    filed.subsidy_plan as subsidy_planned_yuan,
    filed.subsidy_y as subsidy_paid_yuan_ytd,
    filed.subsidy_c as subsidy_paid_yuan_total,
    filed.income_after_pc as income_after_yuan_per_person,
    cast(
        case filed.standard_basis
            when '1' then filed.plan_p
            when '2' then filed.plan_hh
            when '3' then filed.house_area_m2
        end as numeric(16, 2)
    ) as planned_standard_units,
    filed.reversal_reason,
    filed.reversal_doc,
    {{ status_of_rank("marks.status_rank") }} as obs_status
from filed
left join marks
    on
        filed.submission_id = marks.submission_id
        and filed.sheet = marks.sheet
        and filed.row_no = marks.row_no
