-- Money of each area by programme, source and filing unit: the rows whose place lies in it,
-- whoever filed them. Programme 00 is the sum of all. Both fund marts are made from this.
with placed as (
    select
        reach.ancestor_code as area_code,
        fact.*,
        fact.fund_year = extract(year from fact.stat_month) as is_fund_year
    from {{ ref("fct_fund_monthly") }} as fact
    inner join {{ ref("dim_area_reach") }} as reach
        on
            fact.place_code = reach.area_code
            and reach.form_code = 'FP-02'
            and reach.stat_month = {{ run_month() }}
    where fact.stat_month = {{ run_month() }}
)

select
    {{ run_month() }} as stat_month,
    area_code,
    coalesce(programme_code, '00') as programme_code,
    fund_source_code,
    filing_unit_code,
    max(source_group) as source_group,
    {{ sum_yuan("planned_yuan_year") }} as planned_yuan_year,
    {{ sum_yuan("expected_yuan_year") }} as expected_yuan_year,
    {{ sum_yuan("carried_in_yuan") }} as carried_in_yuan,
    {{ sum_yuan("issued_yuan_month") }} as issued_yuan_month,
    {{ sum_yuan("issued_yuan_ytd") }} as issued_yuan_ytd,
    {{ sum_yuan("case when is_fund_year then issued_yuan_total end") }} as issued_yuan_fund_year,
    {{ sum_yuan("in_place_yuan_month") }} as in_place_yuan_month,
    {{ sum_yuan("in_place_yuan_ytd") }} as in_place_yuan_ytd,
    {{ sum_yuan("case when is_fund_year then in_place_yuan_total end") }} as in_place_yuan_fund_year,
    {{ sum_yuan("paid_yuan_month") }} as paid_yuan_month,
    {{ sum_yuan("paid_yuan_ytd") }} as paid_yuan_ytd,
    {{ sum_yuan("case when is_fund_year then paid_yuan_total end") }} as paid_yuan_fund_year,
    {{ sum_yuan("reimbursed_yuan_month") }} as reimbursed_yuan_month,
    {{ sum_yuan("reimbursed_yuan_ytd") }} as reimbursed_yuan_ytd,
    {{ sum_yuan("case when is_fund_year then reimbursed_yuan_total end") }} as reimbursed_yuan_fund_year,
    {{ sum_yuan("case when row_kind = '2' then issued_yuan_ytd else 0 * issued_yuan_ytd end") }}
        as issued_yuan_ytd_lump,
    {{ sum_yuan(
        "case when is_issued_ytd_estimated then issued_yuan_ytd else 0 * issued_yuan_ytd end"
    ) }} as issued_yuan_ytd_estimated
from placed
group by grouping sets (
    (area_code, programme_code, fund_source_code, filing_unit_code),
    (area_code, fund_source_code, filing_unit_code)
)
