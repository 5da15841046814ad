-- FP-02b: claims for reimbursement as filed, one row for each row of a return.
with filed as (
    select *
    from {{ ref("stg_township__fp02b") }}
    where stat_month = {{ run_month() }}
),

marks as (
    {{ row_marks("fp02b") }}
)

select
    filed.stat_month,
    filed.submission_id,
    filed.sheet,
    filed.row_no,
    filed.filing_unit_code,
    filed.version,
    filed.claim_no,
    filed.fund_doc_no,
    filed.fund_source as fund_source_code,
    filed.project_code,
    filed.programme as programme_code,
    filed.claim_date,
    filed.amount_claimed as claimed_yuan,
    filed.amount_approved as approved_yuan,
    filed.amount_paid as paid_yuan,
    {{ status_of_rank("marks.status_rank") }} as obs_status
from filed
left join marks
    on
        filed.submission_id = marks.submission_id
        and filed.sheet = marks.sheet
        and filed.row_no = marks.row_no
