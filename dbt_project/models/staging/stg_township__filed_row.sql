-- The rows of every form's main table in one shape, for the rules that hold for all forms: the
-- key as it stands in findings, the code of the one thing a row is about (a project, a village;
-- null in forms that have none), and the additive measures by name (blank ones are left out).
{%- for form in form_tables() %}
select
    filed.build_id,
    filed.stat_month,
    '{{ form.form_code }}' as form_code,
    filed.submission_id,
    filed.sheet,
    filed.row_no,
    filed.filing_unit_code,
    filed.place_code,
    filed.row_kind,
    {{ row_key(form.table, "filed") }} as row_key,
    {{ "'" ~ form.identity ~ "'" if form.identity else "cast(null as text)" }} as identity_column,
    {{ "filed." ~ form.identity if form.identity else "cast(null as text)" }} as identity_code,
    jsonb_strip_nulls(
        jsonb_build_object(
            {%- for measure in form.measures %}
            '{{ measure }}', filed.{{ measure }}{{ "," if not loop.last }}
            {%- endfor %}
        )
    ) as measures
from ({{ staged_form(form.table) | indent }}) as filed
{{ "union all" if not loop.last }}
{%- endfor %}
