{# A form table as filed: the rows of the returns frozen into each month's build in force. #}
{% macro staged_form(table) -%}
select
    build.build_id,
    build.stat_month,
    filed.submission_id,
    submission.area_code as filing_unit_code,
    submission.version,
    filed.sheet,
    filed.row_no,
    {{ form_columns(table, "filed") }}
from {{ source("raw", table) }} as filed
inner join {{ source("ops", "submission") }} as submission
    on filed.submission_id = submission.submission_id
inner join {{ source("ops", "build_input") }} as build_input
    on filed.submission_id = build_input.submission_id
inner join {{ source("ops", "build") }} as build
    on build_input.build_id = build.build_id
where build.in_force
{%- endmacro %}
