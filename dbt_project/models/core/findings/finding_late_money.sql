-- Rule FP02-05, part b: in December, units whose money arrived mostly in the fourth quarter. What
-- was in place by the end of September stands in the unit's return of that month.
with limits as (
    select
        cast({{ rule_parameter("FP02-05", "first_months_until", "b") }} as integer) as until_month,
        cast({{ rule_parameter("FP02-05", "tested_month", "b") }} as integer) as tested_month,
        cast({{ rule_parameter("FP02-05", "most_share", "b") }} as numeric) as most_share
),

in_place as (
    select
        fact.stat_month,
        fact.filing_unit_code,
        min(fact.submission_id) as submission_id,
        sum(fact.in_place_yuan_ytd) as in_place_yuan,
        count(*) = count(fact.in_place_yuan_ytd) as is_filled
    from {{ ref("fct_fund_monthly") }} as fact
    cross join limits
    where
        extract(month from {{ run_month() }}) = limits.tested_month
        and fact.stat_month in (
            {{ run_month() }},
            {{ run_month() }} - make_interval(months => limits.tested_month - limits.until_month)
        )
    group by fact.stat_month, fact.filing_unit_code
),

compared as (
    select
        now.filing_unit_code,
        now.submission_id,
        now.in_place_yuan,
        limits.most_share,
        now.in_place_yuan - before.in_place_yuan as late_yuan
    from in_place as now
    inner join in_place as before
        on
            now.filing_unit_code = before.filing_unit_code
            and now.stat_month > before.stat_month
    cross join limits
    where now.is_filled and before.is_filled and now.in_place_yuan > 0
)

{%- set known = {
    "value": plain_number("compared.in_place_yuan"),
    "late": plain_number("compared.late_yuan"),
    "share": plain_number("round(100 * compared.late_yuan / compared.in_place_yuan, 1)"),
    "most_pct": plain_number("100 * compared.most_share"),
} %}

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    rule.form_code,
    compared.filing_unit_code as area_code,
    compared.submission_id,
    cast(null as text) as sheet,
    cast(null as integer) as row_no,
    rule.column_name,
    cast('{}' as jsonb) as row_key,
    {{ plain_number("compared.late_yuan") }} as value,
    {{ plain_number("compared.in_place_yuan * compared.most_share") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from compared
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'FP02-05' and rule.part = 'b'
where compared.late_yuan > compared.in_place_yuan * compared.most_share
