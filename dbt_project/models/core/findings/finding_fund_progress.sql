-- Rule FP02-06: the money of a project against its physical progress (part a: paid too early;
-- part b: complete for long and not yet paid). One finding for each project, at the row of FP-02
-- that was paid most.
{%- set areas = ["project.filing_unit_code", "project.place_code"] %}
with limits as (
    select
        cast({{ rule_parameter("FP02-06", "most_points", "a") }} as numeric) as most_points,
        cast({{ rule_parameter("FP02-06", "most_months", "b") }} as integer) as most_months,
        cast({{ rule_parameter("FP02-06", "least_share", "b") }} as numeric) as least_share
),

rows_of_projects as (
    select
        fact.*,
        sum(fact.paid_yuan_total) over same as project_paid_yuan,
        sum(fact.issued_yuan_total) over same as project_issued_yuan,
        count(*) over same as row_count,
        count(fact.paid_yuan_total + fact.issued_yuan_total) over same as filled_count,
        row_number() over (
            same
            order by
                fact.paid_yuan_total desc, fact.submission_id asc, fact.sheet asc, fact.row_no asc
        ) as position
    from {{ ref("fct_fund_monthly") }} as fact
    where fact.stat_month = {{ run_month() }} and fact.project_code <> '-'
    window same as (partition by fact.project_code)
),

-- Projects that stood at 100 % at the end of every one of the months before.
complete_before as (
    select fact.project_code
    from {{ ref("fct_project_monthly") }} as fact
    cross join limits
    where
        fact.stat_month < {{ run_month() }}
        and fact.stat_month >= {{ run_month() }} - make_interval(months => limits.most_months)
        and fact.row_kind = '1'
        and fact.progress_pct = 100
    group by fact.project_code, limits.most_months
    having count(distinct fact.stat_month) = limits.most_months
),

compared as (
    select
        money.filing_unit_code,
        money.submission_id,
        money.sheet,
        money.row_no,
        money.row_key,
        money.project_code,
        money.project_paid_yuan,
        money.project_issued_yuan,
        project.progress_pct,
        limits.most_points,
        limits.most_months,
        limits.least_share,
        100 * money.project_paid_yuan / money.project_issued_yuan as paid_pct,
        complete_before.project_code is not null and project.progress_pct = 100 as is_long_complete
    from rows_of_projects as money
    cross join limits
    inner join {{ ref("fct_project_monthly") }} as project
        on
            money.project_code = project.project_code
            and project.stat_month = {{ run_month() }}
            and project.row_kind = '1'
            and project.is_counted
    left join complete_before
        on money.project_code = complete_before.project_code
    where
        money.position = 1
        and money.filled_count = money.row_count
        and money.project_issued_yuan > 0
        and {{ is_complete(["FP-02"], areas) | indent(8) }}
),

found as (
    select
        'a' as part,
        compared.*
    from compared
    where compared.paid_pct - compared.progress_pct > compared.most_points
    union all
    select
        'b' as part,
        compared.*
    from compared
    where compared.is_long_complete and compared.paid_pct < 100 * compared.least_share
)

{%- set known = {
    "project": "found.project_code",
    "paid": plain_number("found.project_paid_yuan"),
    "issued": plain_number("found.project_issued_yuan"),
    "value": plain_number("round(found.paid_pct, 1)"),
    "progress": plain_number("found.progress_pct"),
    "difference": plain_number("round(found.paid_pct - found.progress_pct, 1)"),
    "most_points": plain_number("found.most_points"),
    "most_months": "cast(found.most_months as text)",
    "least_pct": plain_number("100 * found.least_share"),
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
    {{ plain_number("round(found.paid_pct, 1)") }} as value,
    {{ plain_number("found.progress_pct") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from found
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'FP02-06' and found.part = rule.part
