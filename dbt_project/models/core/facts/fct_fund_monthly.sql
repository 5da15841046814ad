-- FP-02: money of detail and lump rows as filed, one row for each row of a return.
with filed as (
    select *
    from {{ ref("stg_township__fp02") }}
    where stat_month = {{ run_month() }} and row_kind in ('1', '2')
),

marks as (
    {{ row_marks("fp02") }}
)

select
    filed.stat_month,
    filed.submission_id,
    filed.sheet,
    filed.row_no,
    filed.filing_unit_code,
    filed.version,
    {{ row_key("fp02", "filed") }} as row_key,
    filed.place_code,
    filed.row_kind,
    filed.fund_doc_no,
    filed.fund_source as fund_source_code,
    source.source_group,
    filed.project_code,
    filed.programme as programme_code,
    cast(filed.fund_year as integer) as fund_year,
    filed.issue_date,
    filed.arrival_date,
    filed.inplace_basis as in_place_basis,
    filed.held_level,
    filed.units,
    filed.amount_planned_y as planned_yuan_year,
    filed.amount_planned_c as planned_yuan_total,
    filed.expected_y as expected_yuan_year,
    filed.carried_in as carried_in_yuan,
    filed.amount_issued_m as issued_yuan_month,
    filed.amount_issued_y as issued_yuan_ytd,
    filed.amount_issued_c as issued_yuan_total,
    filed.amount_inplace_m as in_place_yuan_month,
    filed.amount_inplace_y as in_place_yuan_ytd,
    filed.amount_inplace_c as in_place_yuan_total,
    filed.amount_paid_m as paid_yuan_month,
    filed.amount_paid_y as paid_yuan_ytd,
    filed.amount_paid_c as paid_yuan_total,
    filed.amount_reimbursed_m as reimbursed_yuan_month,
    filed.amount_reimbursed_y as reimbursed_yuan_ytd,
    filed.amount_reimbursed_c as reimbursed_yuan_total,
    filed.advance_open as advance_open_yuan_eom,
    filed.payable as payable_yuan_eom,
    filed.bridged as bridged_yuan_eom,
    filed.retention as retention_yuan_eom,
    filed.balance as balance_yuan_eom,
    filed.labour_days_m as labour_days_month,
    filed.labour_days_y as labour_days_ytd,
    filed.labour_days_expected_y as labour_days_expected_year,
    filed.integrated_unit,
    filed.award_flag as is_award,
    filed.reversal_reason,
    filed.reversal_doc,
    coalesce(marks.statuses ->> 'amount_issued_y' = 'E', false) as is_issued_ytd_estimated,
    {{ status_of_rank("marks.status_rank") }} as obs_status
from filed
left join {{ ref("dim_fund_source") }} as source
    on filed.fund_source = source.fund_source_code
left join marks
    on
        filed.submission_id = marks.submission_id
        and filed.sheet = marks.sheet
        and filed.row_no = marks.row_no
