-- Rule X7: money issued for each item against the dated unit cost of programme, sources and year.
with filed_before as (
    select distinct filing_unit_code
    from {{ ref("fct_fund_monthly") }}
    where stat_month = {{ previous_month() }}
),

counted as (
    select
        fact.*,
        -- A unit's first return may leave the totals since the start blank.
        case when fact.issued_yuan_total is null then 'amount_issued_y' else 'amount_issued_c' end
            as column_name,
        coalesce(
            fact.issued_yuan_total,
            case when filed_before.filing_unit_code is null then fact.issued_yuan_ytd end
        ) as issued_yuan
    from {{ ref("fct_fund_monthly") }} as fact
    left join filed_before
        on fact.filing_unit_code = filed_before.filing_unit_code
    where fact.stat_month = {{ run_month() }} and fact.units > 0
),

costed as (
    select
        counted.*,
        cost.yuan as unit_cost_yuan,
        cost.yuan * counted.units as expected_yuan
    from counted
    inner join {{ ref("seed_unit_cost") }} as cost
        on
            counted.programme_code = cost.programme
            and counted.source_group = cost.source_group
            and coalesce(counted.fund_year, extract(year from counted.stat_month))
            between cost.year_from and coalesce(cost.year_until, 9999)
    where counted.issued_yuan is not null
)

select
    costed.stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    rule.form_code,
    costed.filing_unit_code as area_code,
    costed.submission_id,
    costed.sheet,
    costed.row_no,
    costed.column_name,
    costed.row_key,
    {{ plain_number("costed.issued_yuan") }} as value,
    {{ plain_number("costed.expected_yuan") }} as expected,
    {%- set known = {
        "value": plain_number("costed.issued_yuan"),
        "units": "cast(costed.units as text)",
        "unit_value": plain_number("round(costed.issued_yuan / costed.units, 2)"),
        "unit_cost": plain_number("costed.unit_cost_yuan"),
        "expected": plain_number("costed.expected_yuan"),
    } %}
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from costed
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'X7'
where
    abs(costed.issued_yuan - costed.expected_yuan)
    > costed.expected_yuan * rule.tolerance_pct / 100
