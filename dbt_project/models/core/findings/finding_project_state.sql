-- Rules FP01-01 and FP01-05: a project against its own row of the month before, whoever filed it.
-- A line of projects (row kind 2) holds projects in several states and has no path of its own.
with before as (
    select
        project_code,
        state_code,
        progress_pct,
        row_number() over (
            partition by project_code order by submission_id, sheet, row_no
        ) as position
    from {{ ref("fct_project_monthly") }}
    where stat_month = {{ previous_month() }} and row_kind = '1'
),

moved as (
    select
        fact.submission_id,
        fact.sheet,
        fact.row_no,
        fact.filing_unit_code,
        fact.row_key,
        fact.state_code,
        fact.rework_reason,
        fact.progress_pct,
        before.state_code as state_before,
        before.progress_pct as progress_before,
        transition.needs_reason,
        transition.from_state is not null as is_allowed
    from {{ ref("fct_project_monthly") }} as fact
    inner join before
        on fact.project_code = before.project_code and before.position = 1
    left join {{ ref("seed_state_transition") }} as transition
        on fact.state_code = transition.to_state and before.state_code = transition.from_state
    where fact.stat_month = {{ run_month() }} and fact.row_kind = '1'
),

found as (
    select
        moved.*,
        'FP01-01' as check_id,
        case when moved.is_allowed then 'reason' else '' end as part,
        moved.state_code as value,
        moved.state_before as before,
        cast(null as numeric) as difference
    from moved
    where
        moved.state_code <> moved.state_before
        and (not moved.is_allowed or (moved.needs_reason and moved.rework_reason is null))
    union all
    select
        moved.*,
        'FP01-05' as check_id,
        '' as part,
        {{ plain_number("moved.progress_pct") }} as value,
        {{ plain_number("moved.progress_before") }} as before,
        moved.progress_pct - moved.progress_before as difference
    from moved
    where
        abs(moved.progress_pct - moved.progress_before)
        > cast({{ rule_parameter("FP01-05", "most_points") }} as numeric)
        -- Going back for rework lowers the progress: FP01-01 asks for its reason.
        and not (
            coalesce(moved.needs_reason, false) and moved.progress_pct < moved.progress_before
        )
)

{%- set known = {
    "value": "found.value",
    "before": "found.before",
    "difference": plain_number("abs(found.difference)"),
    "most_points": rule_parameter("FP01-05", "most_points"),
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
    found.value,
    case when found.check_id = 'FP01-05' then found.before end as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from found
inner join {{ ref("seed_rule") }} as rule
    on found.check_id = rule.check_id and coalesce(rule.part, '') = found.part
