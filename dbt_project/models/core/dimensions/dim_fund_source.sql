-- Fund sources with their group; totals stand in control-total rows only.
select
    code as fund_source_code,
    name_zh as fund_source_name_zh,
    name_en as fund_source_name_en,
    source_group,
    totals_only as is_total
from {{ ref("seed_fund_source") }}
