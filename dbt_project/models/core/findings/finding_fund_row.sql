-- Rule FP02-02, part c: money bridged from elsewhere that has stood for too long. Part d: more in
-- place than issued since the start.
with limits as (
    select cast({{ rule_parameter("FP02-02", "most_months", "c") }} as integer) as most_months
),

filed as (
    select *
    from {{ ref("fct_fund_monthly") }}
    where stat_month = {{ run_month() }}
),

-- Rows bridged at the end of every one of the months before.
bridged_before as (
    select
        fact.filing_unit_code,
        fact.row_key
    from {{ ref("fct_fund_monthly") }} as fact
    cross join limits
    where
        fact.stat_month < {{ run_month() }}
        and fact.stat_month >= {{ run_month() }} - make_interval(months => limits.most_months)
        and fact.bridged_yuan_eom > 0
    group by fact.filing_unit_code, fact.row_key, limits.most_months
    having count(distinct fact.stat_month) = limits.most_months
),

found as (
    select
        'c' as part,
        filed.filing_unit_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.row_key,
        filed.bridged_yuan_eom as value,
        cast(null as numeric) as expected
    from filed
    inner join bridged_before
        on
            filed.filing_unit_code = bridged_before.filing_unit_code
            and filed.row_key = bridged_before.row_key
    where filed.bridged_yuan_eom > 0
    union all
    select
        'd' as part,
        filing_unit_code,
        submission_id,
        sheet,
        row_no,
        row_key,
        in_place_yuan_total as value,
        issued_yuan_total as expected
    from filed
    where in_place_yuan_total > issued_yuan_total
)

{%- set known = {
    "value": plain_number("found.value"),
    "expected": plain_number("found.expected"),
    "months": "cast(limits.most_months as text)",
} %}

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    rule.form_code,
    found.filing_unit_code as area_code,
    found.submission_id,
    found.sheet,
    found.row_no,
    rule.column_name,
    found.row_key,
    {{ plain_number("found.value") }} as value,
    {{ plain_number("found.expected") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from found
cross join limits
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'FP02-02' and found.part = rule.part
