-- The areas in which a form is incomplete: a return expected from the area itself or from an area
-- above it is missing. Rules over several returns are not evaluated there.
select distinct
    {{ run_month() }} as stat_month,
    unit.form_code,
    chain.area_code
from {{ ref("fct_return_monthly") }} as unit
inner join {{ ref("dim_area_ancestor") }} as chain
    on
        unit.filing_unit_code = chain.ancestor_code
        and chain.stat_month = {{ run_month() }}
where unit.stat_month = {{ run_month() }} and unit.is_expected and not unit.is_accepted
