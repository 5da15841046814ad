-- Rule FP02-07: no fiscal money is paid to a project without a public notice. A first return may
-- leave the total since the start blank; then the total of the year is looked at.
with paid as (
    select
        fact.filing_unit_code,
        fact.submission_id,
        fact.sheet,
        fact.row_no,
        fact.row_key,
        fact.place_code,
        fact.project_code,
        coalesce(fact.paid_yuan_total, fact.paid_yuan_ytd) as paid_yuan,
        case when fact.paid_yuan_total is null then 'amount_paid_y' else 'amount_paid_c' end
            as column_name
    from {{ ref("fct_fund_monthly") }} as fact
    where
        fact.stat_month = {{ run_month() }}
        and fact.project_code <> '-'
        and fact.source_group = {{ rule_parameter("FP02-07", "source_group") }}
        and fact.programme_code <> all(
            string_to_array({{ rule_parameter("FP02-07", "exempt_programmes") }}, ' ')
        )
),

found as (
    select paid.*
    from paid
    inner join {{ ref("fct_project_monthly") }} as project
        on
            paid.project_code = project.project_code
            and project.stat_month = {{ run_month() }}
            and project.row_kind = '1'
            and project.is_counted
    where
        paid.paid_yuan > 0
        and not project.has_notice
        and {{ is_complete(["FP-01"], ["paid.filing_unit_code", "paid.place_code"]) | indent(8) }}
)

{%- set known = {"project": "found.project_code", "value": plain_number("found.paid_yuan")} %}

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
    found.column_name,
    found.row_key,
    {{ plain_number("found.paid_yuan") }} as value,
    cast(null as text) as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from found
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'FP02-07'
