-- FP-01: projects and lines of projects as filed, one row for each detail or lump row of a return.
with filed as (
    select *
    from {{ ref("stg_township__fp01") }}
    where stat_month = {{ run_month() }} and row_kind in ('1', '2')
),

marks as (
    {{ row_marks("fp01") }}
)

select
    filed.stat_month,
    filed.submission_id,
    filed.sheet,
    filed.row_no,
    filed.filing_unit_code,
    filed.version,
    submission.received_at,
    {{ row_key("fp01", "filed") }} as row_key,
    filed.place_code,
    filed.row_kind,
    filed.project_code,
    filed.project_name,
    filed.programme as programme_code,
    filed.batch_no,
    cast(filed.plan_year as integer) as plan_year,
    filed.village_id,
    filed.construct_mode,
    filed.units,
    filed.amount_applied as applied_yuan,
    filed.amount_approved as approved_yuan,
    filed.approval_doc_no,
    filed.plan_amount as planned_yuan,
    filed.investment_done_m as investment_done_yuan_month,
    filed.investment_done_y as investment_done_yuan_ytd,
    filed.investment_done_c as investment_done_yuan_total,
    filed.state as state_code,
    filed.rework_reason,
    filed.apply_date,
    filed.approve_date,
    filed.start_date,
    filed.complete_date,
    filed.twp_accept_date,
    filed.cty_accept_date,
    filed.handover_date,
    filed.audit_date,
    filed.plan_start as planned_start_date,
    filed.plan_end as planned_end_date,
    filed.progress_pct,
    filed.notice_from,
    filed.notice_to,
    -- A notice whose first day was not collected is still a notice.
    filed.notice_from is not null or coalesce(marks.statuses ->> 'notice_from' = 'L', false)
        as has_notice,
    filed.board_date,
    filed.works_contract_no,
    filed.clean_contract_no,
    filed.benefit_households,
    filed.benefit_persons,
    filed.maintenance_fund as maintenance_fund_yuan,
    filed.last_check_date,
    filed.in_use_flag as is_in_use,
    filed.reversal_reason,
    filed.reversal_doc,
    {{ counts_once("filed", "project_code") }} as is_counted,
    {{ status_of_rank("marks.status_rank") }} as obs_status
from filed
inner join {{ ref("stg_ledger__submission") }} as submission
    on filed.submission_id = submission.submission_id
left join marks
    on
        filed.submission_id = marks.submission_id
        and filed.sheet = marks.sheet
        and filed.row_no = marks.row_no
