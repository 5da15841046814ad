-- Each project or line in each area its place lies in, beside its money of FP-02. The rows of a
-- line are added up; what they do not share is null.
with placed as (
    select
        fact.*,
        reach.ancestor_code as area_code
    from {{ ref("fct_project_monthly") }} as fact
    inner join {{ ref("dim_area_reach") }} as reach
        on
            fact.place_code = reach.area_code
            and reach.form_code = 'FP-01'
            and reach.stat_month = {{ run_month() }}
    where fact.stat_month = {{ run_month() }} and fact.is_counted
),

summed as (
    select
        area_code,
        project_code,
        min(row_kind) as row_kind,
        {%- for measure, column in project_measures() %}
        sum({{ column }}) as {{ measure }},
        {%- endfor %}
        {{ shared_values(project_attributes()) }}
    from placed
    group by area_code, project_code
)

select
    {{ run_month() }} as stat_month,
    summed.area_code,
    summed.project_code,
    summed.row_kind,
    summed.project_name,
    summed.programme_code,
    summed.plan_year,
    summed.batch_no,
    summed.construct_mode,
    summed.place_code,
    summed.filing_unit_code,
    summed.state_code,
    {%- for day in project_dates() %}
    summed.{{ day }},
    {%- endfor %}
    {%- for measure, column in project_measures() %}
    {%- set type = "numeric(20, 2)" if "yuan" in measure else "bigint" %}
    cast(summed.{{ measure }} as {{ type }}) as {{ measure }},
    {%- endfor %}
    cast(summed.progress_pct as numeric(9, 2)) as progress_pct,
    money.issued_yuan_total,
    money.paid_yuan_total,
    money.money_progress_pct_numerator,
    money.money_progress_pct_denominator,
    cast(
        case when summed.investment_done_yuan is not null then money.paid_yuan_total end
        as numeric(20, 2)
    ) as payment_rate_pct_numerator,
    cast(
        case when money.paid_yuan_total is not null then summed.investment_done_yuan end
        as numeric(20, 2)
    ) as payment_rate_pct_denominator
from summed
left join {{ ref("fct_project_money_monthly") }} as money
    on summed.project_code = money.project_code and money.stat_month = {{ run_month() }}
