-- Rule G1: a total of the year or since the start is last month's total and this month's flow
-- (in January the total of the year is the flow alone), for every flow of every form.
with flows (form_code, month_column, total_column, is_of_year) as (
    values
    {%- for flow in followed_totals() %}
    ('{{ flow.form_code }}', '{{ flow.month }}', '{{ flow.total }}', {{ flow.is_of_year | lower }})
    {{- "," if not loop.last }}
    {%- endfor %}
),

returned as (
    select *
    from {{ ref("fct_return_continuity_monthly") }}
    where stat_month = {{ run_month() }} and form_code in (select form_code from flows)
),

filed as (
    select *
    from {{ ref("stg_township__filed_row") }}
    where stat_month = {{ run_month() }} and row_kind in ('1', '2')
),

filed_before as (
    select *
    from {{ ref("stg_township__filed_row") }}
    where stat_month = {{ previous_month() }} and row_kind in ('1', '2')
),

totals as (
    select
        filed.form_code,
        filed.filing_unit_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.row_key,
        flows.total_column,
        returned.is_corrected_later,
        flows.is_of_year and extract(month from {{ run_month() }}) = 1 as restarts,
        {{ filed_measure("filed", "flows.total_column") }} as value,
        {{ filed_measure("filed", "flows.month_column") }} as moved,
        {{ filed_measure("filed_before", "flows.total_column") }} as before
    from filed
    inner join flows
        on filed.form_code = flows.form_code
    inner join returned
        on filed.submission_id = returned.submission_id
    left join filed_before
        on
            returned.before_submission_id = filed_before.submission_id
            and filed.row_key = filed_before.row_key
),

compared as (
    select
        *,
        case
            when restarts then 'january'
            when is_corrected_later then 'late'
            else ''
        end as part,
        moved + case when restarts then 0 else before end as expected
    from totals
),

described as (
    select
        compared.*,
        rule.severity,
        rule.level,
        rule.message_zh as sentence_zh,
        rule.message_en as sentence_en,
        measured.name_zh as measure_zh,
        measured.name_en as measure_en
    from compared
    inner join {{ ref("seed_rule") }} as rule
        on rule.check_id = 'G1' and coalesce(rule.part, '') = compared.part
    left join {{ ref("seed_form_measure") }} as measured
        on
            compared.form_code = measured.form_code
            and compared.total_column = measured.column_name
    where abs(compared.value - compared.expected) > rule.tolerance
)

{%- set known = {
    "it_zh": "measure_zh",
    "it_en": "measure_en",
    "value": plain_number("value"),
    "before": plain_number("before"),
    "moved": plain_number("moved"),
    "expected": plain_number("expected"),
    "difference": plain_number("value - expected"),
} %}

select
    {{ run_month() }} as stat_month,
    'G1' as check_id,
    severity,
    level,
    form_code,
    filing_unit_code as area_code,
    submission_id,
    sheet,
    row_no,
    total_column as column_name,
    row_key,
    {{ plain_number("value") }} as value,
    {{ plain_number("expected") }} as expected,
    {{ fill_sentence("sentence_zh", known) }} as message_zh,
    {{ fill_sentence("sentence_en", known) }} as message_en
from described
