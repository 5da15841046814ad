-- Areas with all areas above them. A row is valid as long as the area and every area above it
-- stay as they are, so an area whose county moves to another prefecture has two rows.
with recursive area as (
    select
        area_code,
        area_level,
        area_name_zh,
        parent_code,
        valid_from,
        coalesce(valid_until, cast('9999-12-31' as date)) as valid_until
    from {{ ref("stg_ledger__area") }}
),

roots as (
    select area.*
    from area
    where not exists (
        select 1
        from area as above
        where above.area_code = area.parent_code and above.area_code <> area.area_code
    )
),

chain as (
    select
        area_code,
        area_level,
        area_name_zh,
        parent_code,
        valid_from,
        valid_until,
        jsonb_build_object(area_level, area_code) as codes
    from roots
    union all
    select
        area.area_code,
        area.area_level,
        area.area_name_zh,
        area.parent_code,
        greatest(area.valid_from, chain.valid_from) as valid_from,
        least(area.valid_until, chain.valid_until) as valid_until,
        chain.codes || jsonb_build_object(area.area_level, area.area_code) as codes
    from chain
    inner join area
        on
            chain.area_code = area.parent_code
            and chain.area_code <> area.area_code
            and chain.valid_from <= area.valid_until
            and chain.valid_until >= area.valid_from
)

select
    area_code,
    area_level,
    {{ level_rank("area_level") }} as level_rank,
    area_name_zh,
    parent_code,
    valid_from,
    nullif(valid_until, cast('9999-12-31' as date)) as valid_until,
    codes ->> 'province' as province_code,
    codes ->> 'prefecture' as prefecture_code,
    codes ->> 'county' as county_code,
    codes ->> 'township' as township_code,
    codes ->> 'village' as village_code
from chain
