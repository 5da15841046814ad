-- For each form: the areas whose published figures a place counts in, from the place itself up
-- to the highest area above it that has a filing unit of the form.
with filing_units as (
    select
        form_code,
        filing_unit_code
    from {{ ref("fct_return_monthly") }}
    -- A return that was sent back makes nobody a filing unit.
    where stat_month = {{ run_month() }} and (is_expected or is_excused or is_accepted)
),

forms as (
    select distinct form_code
    from filing_units
),

chains as (
    select
        forms.form_code,
        chain.area_code,
        chain.ancestor_code,
        chain.ancestor_level,
        chain.ancestor_rank,
        chain.ancestor_name_zh,
        filing_units.filing_unit_code is not null as has_filing_unit
    from {{ ref("dim_area_ancestor") }} as chain
    cross join forms
    left join filing_units
        on
            forms.form_code = filing_units.form_code
            and chain.ancestor_code = filing_units.filing_unit_code
    where chain.stat_month = {{ run_month() }}
),

tops as (
    select
        form_code,
        area_code,
        -- A place above which nobody files still stands for itself.
        coalesce(
            min(case when has_filing_unit then ancestor_rank end), max(ancestor_rank)
        ) as top_rank
    from chains
    group by form_code, area_code
)

select
    {{ run_month() }} as stat_month,
    chains.form_code,
    chains.area_code,
    chains.ancestor_code,
    chains.ancestor_level,
    chains.ancestor_name_zh
from chains
inner join tops
    on chains.form_code = tops.form_code and chains.area_code = tops.area_code
where chains.ancestor_rank >= tops.top_rank
