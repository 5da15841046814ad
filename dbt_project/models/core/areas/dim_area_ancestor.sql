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

used as (
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

used_pairs as (
    select distinct above.area_code
    from used
    inner join valid
        on used.area_code = valid.area_code and valid.newest = 1
    cross join lateral (
        values
        (valid.province_code),
        (valid.prefecture_code),
        (valid.county_code),
        (valid.township_code),
        (valid.village_code)
    ) as above (area_code)
    where above.area_code is not null
)

select
    {{ run_month() }} as stat_month,
    valid.area_code,
    ancestor.area_code as ancestor_code,
    ancestor.area_level as ancestor_level,
    ancestor.level_rank as ancestor_rank,
    ancestor.area_name_zh as ancestor_name_zh
from used_pairs
inner join valid
    on used_pairs.area_code = valid.area_code and valid.newest = 1
inner join valid as ancestor
    on
        ancestor.area_code in (
            valid.province_code,
            valid.prefecture_code,
            valid.county_code,
            valid.township_code,
            valid.village_code
        )
        and ancestor.newest = 1
