-- Who owed, sent, passed and was punctual, for each area and form; both rates stand over the
-- same set of expected returns, so neither can pass 100 %. Where every unit is excused nothing is
-- expected, and that is said: four times 0.
with units as (
    select
        reach.ancestor_code as area_code,
        unit.form_code,
        unit.is_expected,
        unit.is_expected and unit.is_received as is_received,
        unit.is_expected and unit.is_accepted as is_accepted,
        unit.is_expected and unit.is_on_time as is_on_time,
        case when unit.is_expected then unit.required_cells end as required_cells,
        case when unit.is_expected then unit.filled_required_cells end as filled_required_cells
    from {{ ref("fct_return_monthly") }} as unit
    inner join {{ ref("dim_area_reach") }} as reach
        on
            unit.filing_unit_code = reach.area_code
            and unit.form_code = reach.form_code
            and reach.stat_month = {{ run_month() }}
    where unit.stat_month = {{ run_month() }} and (unit.is_expected or unit.is_excused)
),

areas as (
    {{ areas_of_month() }}
),

counted as (
    select
        area_code,
        form_code,
        count(case when is_expected then 1 end) as expected,
        count(case when is_received then 1 end) as received,
        count(case when is_accepted then 1 end) as accepted,
        count(case when is_on_time then 1 end) as on_time,
        {{ sum_where_both("filled_required_cells", "filled_required_cells", "required_cells") }}
            as filled_required_cells,
        {{ sum_where_both("required_cells", "filled_required_cells", "required_cells") }}
            as required_cells
    from units
    group by area_code, form_code
)

select
    {{ run_month() }} as stat_month,
    counted.area_code,
    areas.area_level,
    areas.area_name_zh,
    counted.form_code,
    counted.expected,
    counted.received,
    counted.accepted,
    counted.on_time,
    {{ rate_pct("counted.accepted", "counted.expected") }} as reporting_rate_pct,
    counted.accepted as reporting_rate_pct_numerator,
    counted.expected as reporting_rate_pct_denominator,
    {{ rate_pct("counted.on_time", "counted.expected") }} as on_time_rate_pct,
    counted.on_time as on_time_rate_pct_numerator,
    counted.expected as on_time_rate_pct_denominator,
    {{ rate_pct("counted.filled_required_cells", "counted.required_cells") }}
        as cell_completeness_pct,
    counted.filled_required_cells as cell_completeness_pct_numerator,
    counted.required_cells as cell_completeness_pct_denominator,
    'A' as obs_status
from counted
inner join areas
    on counted.area_code = areas.area_code
