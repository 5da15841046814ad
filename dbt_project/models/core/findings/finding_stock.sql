-- Rule G3: a stock is last month's stock and what came in, less what went out. What is followed
-- is the stock less the part that is only there for a time (bridged from elsewhere).
with stocks (form_code, stock, inflows, outflows, advanced) as (
    values
    {%- for flow in followed_stocks() %}
    (
        '{{ flow.form_code }}',
        '{{ flow.stock }}',
        {{ text_array(flow.inflows) }},
        {{ text_array(flow.outflows) }},
        {{ text_array(flow.advanced) }}
    ){{ "," if not loop.last }}
    {%- endfor %}
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

followed as (
    select
        filed.form_code,
        filed.filing_unit_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.row_key,
        stocks.stock,
        returned.is_corrected_later,
        {{ filed_measure("filed", "stocks.stock") }} as value,
        {{ filed_measure("filed_before", "stocks.stock") }} as before,
        {{ filed_sum("filed", "stocks.inflows") }} as inflow,
        {{ filed_sum("filed", "stocks.outflows") }} as outflow,
        -- Blank in both months: nothing is bridged. Blank in one: not evaluated.
        case
            when filed.measures ?| stocks.advanced or filed_before.measures ?| stocks.advanced
                then
                    {{ filed_sum("filed", "stocks.advanced") }}
                    - {{ filed_sum("filed_before", "stocks.advanced") }}
            else 0
        end as advanced
    from filed
    inner join stocks
        on filed.form_code = stocks.form_code and filed.measures ? stocks.stock
    inner join {{ ref("fct_return_continuity_monthly") }} as returned
        on
            filed.submission_id = returned.submission_id
            and returned.stat_month = {{ run_month() }}
    inner join filed_before
        on
            returned.before_submission_id = filed_before.submission_id
            and filed.row_key = filed_before.row_key
),

described as (
    select
        followed.*,
        rule.severity,
        rule.level,
        rule.message_zh as sentence_zh,
        rule.message_en as sentence_en,
        measured.name_zh as measure_zh,
        measured.name_en as measure_en,
        followed.before + followed.inflow - followed.outflow + followed.advanced as expected
    from followed
    inner join {{ ref("seed_rule") }} as rule
        on
            rule.check_id = 'G3'
            and (coalesce(rule.part, '') = 'late') = followed.is_corrected_later
    left join {{ ref("seed_form_measure") }} as measured
        on followed.form_code = measured.form_code and followed.stock = measured.column_name
    where
        abs(
            followed.value - followed.before - followed.inflow + followed.outflow
            - followed.advanced
        ) > rule.tolerance
)

{%- set known = {
    "it_zh": "measure_zh",
    "it_en": "measure_en",
    "value": plain_number("value"),
    "before": plain_number("before"),
    "inflow": plain_number("inflow"),
    "outflow": plain_number("outflow"),
    "advanced": plain_number("advanced"),
    "expected": plain_number("expected"),
    "difference": plain_number("value - expected"),
} %}

select
    {{ run_month() }} as stat_month,
    'G3' as check_id,
    severity,
    level,
    form_code,
    filing_unit_code as area_code,
    submission_id,
    sheet,
    row_no,
    stock as column_name,
    row_key,
    {{ plain_number("value") }} as value,
    {{ plain_number("expected") }} as expected,
    {{ fill_sentence("sentence_zh", known) }} as message_zh,
    {{ fill_sentence("sentence_en", known) }} as message_en
from described
