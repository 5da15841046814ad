-- Who owes which form.
select
    area_code as filing_unit_code,
    form_code,
    valid_from,
    valid_until
from {{ source("ops", "assignment") }}
