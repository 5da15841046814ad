-- Units excused from the return of a month.
select
    area_code as filing_unit_code,
    form_code,
    stat_month
from {{ source("ops", "excuse") }}
