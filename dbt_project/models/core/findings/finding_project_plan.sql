-- Rule X1: the plan of a project against the plans of all its sources in FP-02. Rule FP01-06: the
-- fiscal plan for each village against the dated unit cost.
with filed as (
    select
        project_code,
        planned_yuan_total,
        source_group = {{ rule_parameter("FP01-06", "source_group") }} as is_fiscal
    from {{ ref("fct_fund_monthly") }}
    where stat_month = {{ run_month() }} and project_code <> '-'
),

plans as (
    select
        project_code,
        sum(planned_yuan_total) as planned_yuan,
        count(*) = count(planned_yuan_total) as is_filled,
        sum(planned_yuan_total) filter (where is_fiscal) as fiscal_yuan,
        count(*) filter (where is_fiscal and planned_yuan_total is null) = 0 as is_fiscal_filled
    from filed
    group by project_code
),

-- Loans of these programmes are filed in a form that is not installed.
funded_elsewhere as (
    select distinct programme
    from {{ ref("seed_uninstalled_part") }}
    where compared_form = 'FP-02'
),

village_counts as (
    select
        project_code,
        count(distinct village_id) as villages
    from {{ ref("fct_project_village_monthly") }}
    where stat_month = {{ run_month() }}
    group by project_code
),

compared as (
    select
        fact.*,
        plans.planned_yuan as sources_yuan,
        plans.is_filled,
        plans.is_fiscal_filled,
        plans.fiscal_yuan,
        case fact.row_kind when '1' then village_counts.villages else fact.units end as villages
    from {{ ref("fct_project_monthly") }} as fact
    inner join plans
        on fact.project_code = plans.project_code
    left join village_counts
        on fact.project_code = village_counts.project_code
    where
        fact.stat_month = {{ run_month() }}
        and {{ is_complete(["FP-02"], ["fact.filing_unit_code", "fact.place_code"]) | indent(8) }}
),

costed as (
    select
        compared.*,
        cost.yuan as unit_cost,
        cost.yuan * compared.villages
        * cast({{ rule_parameter("FP01-06", "low_factor") }} as numeric) as low,
        cost.yuan * compared.villages
        * cast({{ rule_parameter("FP01-06", "high_factor") }} as numeric) as high
    from compared
    inner join {{ ref("seed_unit_cost") }} as cost
        on
            compared.programme_code = cost.programme
            and cost.source_group = {{ rule_parameter("FP01-06", "source_group") }}
            and cost.per = {{ rule_parameter("FP01-06", "per") }}
            and coalesce(compared.plan_year, extract(year from compared.stat_month))
            between cost.year_from and coalesce(cost.year_until, 9999)
    where compared.is_fiscal_filled and compared.villages > 0
),

found as (
    select
        'X1' as check_id,
        case
            when
                compared.state_code <= {{ rule_parameter("X1", "until_state", "early") }}
                then 'early'
            else ''
        end as part,
        compared.filing_unit_code,
        compared.submission_id,
        compared.sheet,
        compared.row_no,
        compared.row_key,
        compared.planned_yuan as value,
        compared.sources_yuan as expected,
        compared.villages,
        cast(null as numeric) as unit_cost,
        cast(null as numeric) as low,
        cast(null as numeric) as high
    from compared
    left join funded_elsewhere
        on compared.programme_code = funded_elsewhere.programme
    where
        compared.row_kind = '1'
        and compared.is_filled
        and funded_elsewhere.programme is null
    union all
    select
        'FP01-06' as check_id,
        '' as part,
        filing_unit_code,
        submission_id,
        sheet,
        row_no,
        row_key,
        fiscal_yuan as value,
        unit_cost * villages as expected,
        villages,
        unit_cost,
        low,
        high
    from costed
    where fiscal_yuan not between low and high
)

{%- set known = {
    "value": plain_number("found.value"),
    "expected": plain_number("found.expected"),
    "difference": plain_number("found.value - found.expected"),
    "villages": "cast(found.villages as text)",
    "per_village": plain_number("round(found.value / found.villages, 2)"),
    "unit_cost": plain_number("found.unit_cost"),
    "low": plain_number("found.low"),
    "high": plain_number("found.high"),
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
inner join {{ ref("seed_rule") }} as rule
    on found.check_id = rule.check_id and coalesce(rule.part, '') = found.part
where abs(found.value - found.expected) > coalesce(rule.tolerance, 0)
