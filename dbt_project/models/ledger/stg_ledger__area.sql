-- The dated list of areas.
select
    area_code,
    level as area_level,
    name_zh as area_name_zh,
    parent_code,
    valid_from,
    valid_until
from {{ source("ops", "area") }}
