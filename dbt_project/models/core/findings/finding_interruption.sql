-- Rule G1, where the month before is missing although the unit had filed before: its totals were
-- not compared, which is told once for each return that has something to compare.
with followed as (
    select distinct filed.submission_id
    from {{ ref("stg_township__filed_row") }} as filed
    where
        filed.stat_month = {{ run_month() }}
        and filed.form_code in (
            {%- for form in form_tables() if form.flows %}
            {{- "," if not loop.first }}
            '{{ form.form_code }}'
            {%- endfor %}
        )
)

select
    returned.stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    returned.form_code,
    returned.filing_unit_code as area_code,
    returned.submission_id,
    cast(null as text) as sheet,
    cast(null as integer) as row_no,
    cast(null as text) as column_name,
    cast('{}' as jsonb) as row_key,
    cast(null as text) as value,
    cast(null as text) as expected,
    {%- set known = {"before_month": month_text(previous_month())} %}
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from {{ ref("fct_return_continuity_monthly") }} as returned
inner join followed
    on returned.submission_id = followed.submission_id
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'G1' and rule.part = 'missing'
where returned.stat_month = {{ run_month() }} and returned.is_interrupted
