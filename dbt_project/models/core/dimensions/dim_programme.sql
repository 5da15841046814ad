-- Programmes; totals stand in control-total rows only.
select
    code as programme_code,
    name_zh as programme_name_zh,
    name_en as programme_name_en,
    totals_only as is_total
from {{ ref("seed_programme") }}
