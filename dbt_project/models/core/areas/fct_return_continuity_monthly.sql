-- Each return of the month with the return of the same unit and form of the month before, and
-- whether the unit had filed before that: what rules over two months ask first.
with this_month as (
    select
        submission_id,
        form_code,
        filing_unit_code,
        received_at
    from {{ ref("stg_ledger__submission") }}
    where stat_month = {{ run_month() }} and build_id = {{ run_build_id() }}
),

month_before as (
    select
        submission_id,
        form_code,
        filing_unit_code,
        received_at
    from {{ ref("stg_ledger__submission") }}
    where stat_month = {{ previous_month() }} and build_id is not null
),

older as (
    select distinct
        filed.form_code,
        filed.filing_unit_code
    from {{ ref("stg_ledger__submission") }} as filed
    where filed.stat_month < {{ previous_month() }} and filed.build_id is not null
)

select
    {{ run_month() }} as stat_month,
    this_month.submission_id,
    this_month.form_code,
    this_month.filing_unit_code,
    month_before.submission_id as before_submission_id,
    month_before.submission_id is null and older.form_code is not null as is_interrupted,
    coalesce(month_before.received_at > this_month.received_at, false) as is_corrected_later
from this_month
left join month_before
    on
        this_month.form_code = month_before.form_code
        and this_month.filing_unit_code = month_before.filing_unit_code
left join older
    on
        this_month.form_code = older.form_code
        and this_month.filing_unit_code = older.filing_unit_code
