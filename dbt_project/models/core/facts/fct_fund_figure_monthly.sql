-- Money and its rates for each area and programme, by source and by group of sources.
-- A rate's sides are summed over the filing units that filed both of them.
with this_year as (
    select *
    from {{ ref("fct_fund_area_monthly") }}
    where stat_month = {{ run_month() }}
),

last_year as (
    select *
    from {{ ref("fct_fund_area_monthly") }}
    where stat_month = {{ last_year_month() }}
),

both_years as (
    select
        coalesce(this_year.area_code, last_year.area_code) as area_code,
        coalesce(this_year.programme_code, last_year.programme_code) as programme_code,
        coalesce(this_year.fund_source_code, last_year.fund_source_code) as fund_source_code,
        coalesce(this_year.filing_unit_code, last_year.filing_unit_code) as filing_unit_code,
        coalesce(this_year.source_group, last_year.source_group) as source_group,
        {%- for measure in fund_measures() %}
        this_year.{{ measure }},
        {%- endfor %}
        {%- for measure in fund_measures_with_last_year() %}
        last_year.{{ measure }} as {{ measure }}_last_year,
        {%- endfor %}
        this_year.area_code is not null as is_this_year
    from this_year
    full outer join last_year
        on
            this_year.area_code = last_year.area_code
            and this_year.programme_code = last_year.programme_code
            and this_year.fund_source_code = last_year.fund_source_code
            and this_year.filing_unit_code = last_year.filing_unit_code
),

unit_figures as (
    select
        area_code,
        programme_code,
        filing_unit_code,
        case when grouping(fund_source_code) = 0 then 'source' else 'group' end as source_scope,
        coalesce(fund_source_code, source_group, 'all') as scope_code,
        {%- for measure in fund_measures() %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        {%- for measure in fund_measures_with_last_year() %}
        sum({{ measure }}_last_year) as {{ measure }}_last_year,
        {%- endfor %}
        bool_or(is_this_year) as is_this_year
    from both_years
    group by grouping sets (
        (area_code, programme_code, filing_unit_code, fund_source_code),
        (area_code, programme_code, filing_unit_code, source_group),
        (area_code, programme_code, filing_unit_code)
    )
)

select
    {{ run_month() }} as stat_month,
    area_code,
    programme_code,
    source_scope,
    scope_code,
    {%- for measure in fund_measures() %}
    {{ sum_yuan(measure) }} as {{ measure }},
    {%- endfor %}
    {%- for measure in fund_measures_with_last_year() %}
    {{ sum_yuan(measure ~ "_last_year") }} as {{ measure }}_last_year,
    {%- endfor %}
    {%- for rate, numerator, denominator in fund_rates() %}
    {{ sum_yuan_where_both(numerator, numerator, denominator) }} as {{ rate }}_numerator,
    {{ sum_yuan_where_both(denominator, numerator, denominator) }} as {{ rate }}_denominator,
    {%- endfor %}
    count(case when is_this_year then 1 end) as filing_units
from unit_figures
group by area_code, programme_code, source_scope, scope_code
-- What was filed last year alone has no row of its own this year.
having bool_or(is_this_year)
