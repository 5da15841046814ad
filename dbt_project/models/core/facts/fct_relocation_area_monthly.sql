-- Relocation and housing of each area by programme, year of the plan and mode: the rows whose
-- place lies in it, whoever filed them.
with placed as (
    select
        fact.*,
        reach.ancestor_code as area_code,
        fact.subsidy_planned_yuan is not null
        and fact.planned_standard_units is not null as is_priced
    from {{ ref("fct_relocation_monthly") }} as fact
    inner join {{ ref("dim_area_reach") }} as reach
        on
            fact.place_code = reach.area_code
            and reach.form_code = 'FP-08'
            and reach.stat_month = {{ run_month() }}
    where fact.stat_month = {{ run_month() }}
),

summed as (
    select
        area_code,
        programme_code,
        plan_year,
        mode,
        {%- for measure in relocation_measures() %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(case when is_priced then subsidy_planned_yuan end) as priced_yuan,
        sum(case when is_priced then planned_standard_units end) as priced_units,
        max(case when is_priced then standard_basis end) as priced_basis,
        count(distinct case when is_priced then standard_basis end) as bases
    from placed
    group by area_code, programme_code, plan_year, mode
)

select
    {{ run_month() }} as stat_month,
    area_code,
    programme_code,
    plan_year,
    mode,
    {%- for measure in relocation_measures() %}
    {%- set type = "numeric(20, 2)" if "yuan" in measure else "bigint" %}
    cast({{ measure }} as {{ type }}) as {{ measure }},
    {%- endfor %}
    -- A price is for persons, households or square metres; prices of two kinds do not add up.
    cast(case when bases = 1 then priced_yuan end as numeric(20, 2)) as unit_cost_yuan_numerator,
    cast(case when bases = 1 then priced_units end as numeric(20, 2)) as unit_cost_yuan_denominator,
    case when bases = 1 then priced_basis end as unit_cost_basis
from summed
