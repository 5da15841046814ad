-- Rule X6: villages of a county that have started under programme 01, batch by batch, against the
-- villages of that batch in FP-03. One finding for each batch, at its first row in FP-01.
with projects as (
    select
        fact.*,
        {{ county_of("fact.place_code") }} as county_code,
        row_number() over (
            partition by {{ county_of("fact.place_code") }}, fact.batch_no
            order by fact.submission_id, fact.sheet, fact.row_no
        ) as position,
        state.state_group in ('under_way', 'completed') as has_started
    from {{ ref("fct_project_monthly") }} as fact
    inner join {{ ref("seed_project_state") }} as state
        on fact.state_code = state.code
    where
        fact.stat_month = {{ run_month() }}
        and fact.batch_no is not null
        and fact.programme_code = {{ rule_parameter("X6", "programme") }}
),

named as (
    select
        submission_id,
        project_code,
        village_id
    from {{ ref("fct_project_village_monthly") }}
    where stat_month = {{ run_month() }}
),

started as (
    select
        projects.county_code,
        projects.batch_no,
        count(distinct named.village_id)
        + coalesce(sum(projects.units) filter (where projects.row_kind = '2'), 0) as villages,
        bool_and(
            case projects.row_kind
                when '1' then named.village_id is not null
                else projects.units is not null
            end
        ) as is_filled
    from projects
    left join named
        on
            projects.submission_id = named.submission_id
            and projects.project_code = named.project_code
            and projects.row_kind = '1'
    where projects.has_started
    group by projects.county_code, projects.batch_no
),

filed_villages as (
    select
        {{ county_of("place_code") }} as county_code,
        programme_batch,
        case row_kind when '1' then 1 else units end as villages
    from {{ ref("fct_village_monthly") }}
    where stat_month = {{ run_month() }}
),

batches as (
    select
        county_code,
        programme_batch,
        sum(villages) as villages
    from filed_villages
    where programme_batch is not null
    group by county_code, programme_batch
),

names as (
    {{ areas_of_month() }}
),

compared as (
    select
        projects.*,
        coalesce(started.villages, 0) as started_villages,
        coalesce(batches.villages, 0) as filed_villages,
        concat_ws(' ', names.area_name_zh, projects.county_code) as county
    from projects
    left join started
        on
            projects.county_code = started.county_code
            and projects.batch_no = started.batch_no
    left join batches
        on
            projects.county_code = batches.county_code
            and projects.batch_no = batches.programme_batch
    left join names
        on projects.county_code = names.area_code
    where
        projects.position = 1
        and coalesce(started.is_filled, true)
        -- Where no village is filed with its batch there is nothing to compare with.
        and projects.county_code in (select batched.county_code from batches as batched)
        and {{ is_complete(["FP-01", "FP-03"], ["projects.county_code"], whole=true) | indent(8) }}
)

{%- set known = {
    "county": "compared.county",
    "batch": "compared.batch_no",
    "value": plain_number("compared.started_villages"),
    "expected": plain_number("compared.filed_villages"),
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
    {{ plain_number("compared.started_villages") }} as value,
    {{ plain_number("compared.filed_villages") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from compared
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'X6'
where compared.started_villages <> compared.filed_villages
