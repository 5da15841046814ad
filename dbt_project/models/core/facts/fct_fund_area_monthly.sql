-- Money of each area by programme, source and filing unit: the rows whose place lies in it,
-- whoever filed them. Programme 00 is the sum of all. Both fund marts are made from this.
with filed as (
    select
        fact.*,
        fact.fund_year = extract(year from fact.stat_month) as is_fund_year
    from {{ ref("fct_fund_monthly") }} as fact
    where fact.stat_month = {{ run_month() }}
),

measured as (
    select
        *,
        case when is_fund_year then issued_yuan_total end as issued_yuan_fund_year,
        case when is_fund_year then in_place_yuan_total end as in_place_yuan_fund_year,
        case when is_fund_year then paid_yuan_total end as paid_yuan_fund_year,
        case when is_fund_year then reimbursed_yuan_total end as reimbursed_yuan_fund_year,
        -- 0 where money was issued, but not so; null where none was reported.
        case row_kind when '2' then 1 else 0 end * issued_yuan_ytd as issued_yuan_ytd_lump,
        case when is_issued_ytd_estimated then 1 else 0 end * issued_yuan_ytd
            as issued_yuan_ytd_estimated
    from filed
)

select
    {{ run_month() }} as stat_month,
    reach.ancestor_code as area_code,
    coalesce(measured.programme_code, '00') as programme_code,
    measured.fund_source_code,
    measured.filing_unit_code,
    {%- for measure in fund_measures() %}
    {{ sum_yuan("measured." ~ measure) }} as {{ measure }},
    {%- endfor %}
    max(measured.source_group) as source_group
from measured
inner join {{ ref("dim_area_reach") }} as reach
    on
        measured.place_code = reach.area_code
        and reach.form_code = 'FP-02'
        and reach.stat_month = {{ run_month() }}
group by grouping sets (
    (
        reach.ancestor_code,
        measured.programme_code,
        measured.fund_source_code,
        measured.filing_unit_code
    ),
    (reach.ancestor_code, measured.fund_source_code, measured.filing_unit_code)
)
