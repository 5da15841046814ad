-- Rule X9: persons who benefit from the open projects of a village against its inhabitants. One
-- finding for each village, at the project that contributes most.
with villages as (
    select
        project_village.submission_id,
        project_village.project_code,
        project_village.village_id,
        coalesce(
            project_village.plan_share_pct / 100,
            -- A project of one village benefits that village alone.
            case
                when
                    count(*) over (
                        partition by project_village.submission_id, project_village.project_code
                    ) = 1
                    then 1
            end
        ) as share
    from {{ ref("fct_project_village_monthly") }} as project_village
    where project_village.stat_month = {{ run_month() }}
),

benefits as (
    select
        fact.filing_unit_code,
        fact.submission_id,
        fact.sheet,
        fact.row_no,
        fact.row_key,
        villages.village_id,
        fact.benefit_persons * villages.share as persons
    from {{ ref("fct_project_monthly") }} as fact
    inner join villages
        on
            fact.submission_id = villages.submission_id
            and fact.project_code = villages.project_code
    where
        fact.stat_month = {{ run_month() }}
        and fact.row_kind = '1'
        and fact.is_counted
        and fact.state_code not in ({{ closed_codes("FP-01") }})
),

summed as (
    select
        benefits.*,
        sum(benefits.persons) over same as all_persons,
        count(*) over same as projects,
        count(benefits.persons) over same as filled_projects,
        row_number() over (
            same order by benefits.persons desc, benefits.submission_id asc, benefits.row_no asc
        ) as position
    from benefits
    window same as (partition by benefits.village_id)
),

compared as (
    select
        summed.*,
        inhabited.persons as inhabitants,
        cast({{ rule_parameter("X9", "most_factor") }} as numeric) as most_factor
    from summed
    inner join {{ ref("fct_village_monthly") }} as inhabited
        on
            summed.village_id = inhabited.village_id
            and inhabited.stat_month = {{ run_month() }}
            and inhabited.row_kind = '1'
            and inhabited.is_counted
    where summed.position = 1 and summed.filled_projects = summed.projects
)

{%- set known = {
    "village": "compared.village_id",
    "projects": "cast(compared.projects as text)",
    "value": plain_number("round(compared.all_persons, 1)"),
    "persons": "cast(compared.inhabitants as text)",
    "most_factor": plain_number("compared.most_factor"),
    "expected": plain_number("compared.inhabitants * compared.most_factor"),
} %}

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    rule.form_code,
    compared.filing_unit_code as area_code,
    compared.submission_id,
    compared.sheet,
    compared.row_no,
    rule.column_name,
    compared.row_key,
    compared.village_id,
    {{ plain_number("round(compared.all_persons, 1)") }} as value,
    {{ plain_number("compared.inhabitants * compared.most_factor") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from compared
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'X9'
where compared.all_persons > compared.inhabitants * compared.most_factor
