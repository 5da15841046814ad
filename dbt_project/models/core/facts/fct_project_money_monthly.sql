-- FP-02 money of each project or line: all rows that name it, whoever filed them and wherever.
-- A rate's sides are summed over the filing units that filed both of them.
with unit_money as (
    select
        project_code,
        filing_unit_code,
        sum(issued_yuan_total) as issued_yuan_total,
        sum(paid_yuan_total) as paid_yuan_total
    from {{ ref("fct_fund_monthly") }}
    where stat_month = {{ run_month() }} and project_code <> '-'
    group by project_code, filing_unit_code
)

select
    {{ run_month() }} as stat_month,
    project_code,
    {{ sum_yuan("issued_yuan_total") }} as issued_yuan_total,
    {{ sum_yuan("paid_yuan_total") }} as paid_yuan_total,
    {{ sum_yuan_where_both("paid_yuan_total", "paid_yuan_total", "issued_yuan_total") }}
        as money_progress_pct_numerator,
    {{ sum_yuan_where_both("issued_yuan_total", "paid_yuan_total", "issued_yuan_total") }}
        as money_progress_pct_denominator
from unit_money
group by project_code
