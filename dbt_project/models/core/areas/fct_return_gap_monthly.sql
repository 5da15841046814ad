-- The areas for which a form is incomplete: an expected return is missing from the area itself or
-- from one above it (side above), or from the area itself or one inside it (side inside). Rules
-- over several returns are not evaluated there.
with missing as (
    select
        form_code,
        filing_unit_code
    from {{ ref("fct_return_monthly") }}
    where stat_month = {{ run_month() }} and is_expected and not is_accepted
),

chains as (
    select
        area_code,
        ancestor_code
    from {{ ref("dim_area_ancestor") }}
    where stat_month = {{ run_month() }}
)

select
    {{ run_month() }} as stat_month,
    missing.form_code,
    chains.area_code,
    'above' as missing_side
from missing
inner join chains
    on missing.filing_unit_code = chains.ancestor_code
union
select
    {{ run_month() }} as stat_month,
    missing.form_code,
    chains.ancestor_code as area_code,
    'inside' as missing_side
from missing
inner join chains
    on missing.filing_unit_code = chains.area_code
