-- Rule X11: growth as printed against growth computed from the two figures of the row.
with found as (
    select *
    from {{ ref("fct_control_total_monthly") }}
    where
        stat_month = {{ run_month() }}
        and measure = 'growth_printed'
        and verdict = 'broken'
)

select
    found.stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    found.form_code,
    found.filing_unit_code as area_code,
    found.submission_id,
    found.sheet,
    found.row_no,
    found.measure as column_name,
    found.row_key,
    {{ plain_number("found.printed") }} as value,
    {{ plain_number("found.computed") }} as expected,
    {%- set known = {
        "value": plain_number("found.printed"),
        "expected": plain_number("found.computed"),
        "current": plain_number("found.current_value"),
        "last_year": plain_number("found.last_year_value"),
        "difference": plain_number("found.difference"),
    } %}
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from found
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'X11'
