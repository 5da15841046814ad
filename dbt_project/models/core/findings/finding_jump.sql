-- Rule G6, part a: a physical stock or a cumulative count that changes from one month to the next
-- by more than a factor. Where part c (finding_slip) names the likely value, that is enough.
with limits as (
    select
        cast({{ rule_parameter("G6", "factor", "a") }} as numeric) as factor,
        cast({{ rule_parameter("G6", "least_value", "a") }} as numeric) as least_value
),

measured as (
    select *
    from {{ ref("seed_form_measure") }}
    where (basis = 'S' and type in ('int', 'dec')) or (basis = 'C' and type = 'int')
),

filed_before as (
    select *
    from {{ ref("stg_township__filed_row") }}
    where stat_month = {{ previous_month() }} and row_kind in ('1', '2')
),

compared as (
    select
        filed.form_code,
        filed.filing_unit_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.row_key,
        measured.column_name,
        measured.name_zh,
        measured.name_en,
        {{ filed_measure("filed", "measured.column_name") }} as value,
        {{ filed_measure("filed_before", "measured.column_name") }} as before
    from {{ ref("stg_township__filed_row") }} as filed
    inner join filed_before
        on
            filed.form_code = filed_before.form_code
            and filed.filing_unit_code = filed_before.filing_unit_code
            and filed.row_key = filed_before.row_key
    inner join measured
        on
            filed.form_code = measured.form_code
            and filed.measures ? measured.column_name
    where filed.stat_month = {{ run_month() }} and filed.row_kind in ('1', '2')
),

jumps as (
    select
        compared.*,
        limits.factor
    from compared
    cross join limits
    left join {{ ref("finding_slip") }} as slip
        on
            compared.submission_id = slip.submission_id
            and compared.sheet = slip.sheet
            and compared.row_no = slip.row_no
            and compared.column_name = slip.column_name
            and slip.stat_month = {{ run_month() }}
    where
        slip.submission_id is null
        and least(compared.value, compared.before) >= limits.least_value
        and greatest(compared.value, compared.before)
        > limits.factor * least(compared.value, compared.before)
)

{%- set known = {
    "it_zh": "jumps.name_zh",
    "it_en": "jumps.name_en",
    "value": plain_number("jumps.value"),
    "before": plain_number("jumps.before"),
    "factor": plain_number("jumps.factor"),
} %}

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    jumps.form_code,
    jumps.filing_unit_code as area_code,
    jumps.submission_id,
    jumps.sheet,
    jumps.row_no,
    jumps.column_name,
    jumps.row_key,
    {{ plain_number("jumps.value") }} as value,
    {{ plain_number("jumps.before") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from jumps
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'G6' and rule.part = 'a'
