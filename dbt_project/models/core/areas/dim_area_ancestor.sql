-- Every area that plays a part in the month (place, filing unit, or above one) with itself and
-- all areas above it, as they stood in the month.
with valid as (
    select
        area.*,
        row_number() over (partition by area.area_code order by area.valid_from desc) as newest
    from {{ ref("dim_area") }} as area
    where
        area.valid_from <= {{ run_month_end() }}
        and (area.valid_until is null or area.valid_until >= {{ run_month() }})
),

chains as (
    select
        area_code,
        unnest(
            array_remove(
                array[province_code, prefecture_code, county_code, township_code, village_code],
                null
            )
        ) as ancestor_code
    from valid
    where newest = 1
),

named as (
    {%- for form in form_tables() %}
    select place_code as area_code
    from {{ ref("stg_township__" ~ form.table) }}
    where stat_month = {{ run_month() }}
    union
    {%- endfor %}
    select filing_unit_code as area_code
    from {{ ref("stg_ledger__submission") }}
    where stat_month = {{ run_month() }}
    union
    select filing_unit_code as area_code
    from {{ ref("stg_ledger__assignment") }}
    where
        valid_from <= {{ run_month_end() }}
        and (valid_until is null or valid_until >= {{ run_month() }})
),

used as (
    select distinct chains.ancestor_code as area_code
    from named
    inner join chains
        on named.area_code = chains.area_code
)

select
    {{ run_month() }} as stat_month,
    chains.area_code,
    chains.ancestor_code,
    ancestor.area_level as ancestor_level,
    ancestor.level_rank as ancestor_rank,
    ancestor.area_name_zh as ancestor_name_zh
from used
inner join chains
    on used.area_code = chains.area_code
inner join valid as ancestor
    on chains.ancestor_code = ancestor.area_code and ancestor.newest = 1
