-- Rule G5: control totals that do not agree with their parts (error, with the likely slip where
-- only one part can be it), and those that nothing can be compared with (info).
{%- set known = {
    "it_zh": "measure_zh",
    "it_en": "measure_en",
    "printed": plain_number("printed"),
    "computed": plain_number("computed"),
    "difference": plain_number("difference"),
    "tolerance": plain_number("tolerance"),
} -%}
{%- set slip = {
    "slip_place": "slip_place",
    "slip_row": "cast(slip_row_no as text)",
    "slip_value": plain_number("slip_value"),
} %}
with found as (
    select *
    from {{ ref("fct_control_total_monthly") }}
    where
        stat_month = {{ run_month() }}
        and measure <> 'growth_printed'
        and verdict in ('broken', 'no_parts')
),

positions as (
    select distinct
        submission_id,
        sheet,
        column_name,
        column_letter
    from {{ ref("stg_township__column_position") }}
    where stat_month = {{ run_month() }}
),

names as (
    {{ areas_of_month() }}
),

described as (
    select
        found.*,
        rule.severity,
        rule.level,
        rule.message_zh as sentence_zh,
        rule.message_en as sentence_en,
        measured.name_zh as measure_zh,
        measured.name_en as measure_en,
        concat(
            names.area_name_zh, ' ', found.slip_filing_unit_code, ' (', file.file_name, ' ',
            positions.column_letter, found.slip_row_no, '; ',
            {{ row_key_text("found.slip_row_key") }}, ')'
        ) as slip_place
    from found
    inner join {{ ref("seed_rule") }} as rule
        on rule.check_id = 'G5'
    left join {{ ref("seed_form_measure") }} as measured
        on found.form_code = measured.form_code and found.measure = measured.column_name
    left join names
        on found.slip_filing_unit_code = names.area_code
    left join {{ ref("stg_ledger__submission") }} as file
        on found.slip_submission_id = file.submission_id
    left join positions
        on
            found.slip_submission_id = positions.submission_id
            and found.slip_sheet = positions.sheet
            and found.measure = positions.column_name
),

worded as (
    select
        described.*,
        {{ fill_sentence("sentence_zh", known) }} as broken_zh,
        {{ fill_sentence("sentence_en", known) }} as broken_en,
        {{ fill_sentence(rule_parameter("G5", "slip_zh"), slip) }} as slip_zh,
        {{ fill_sentence(rule_parameter("G5", "slip_en"), slip) }} as slip_en
    from described
)

select
    stat_month,
    'G5' as check_id,
    case verdict when 'broken' then severity else 'info' end as severity,
    level,
    form_code,
    filing_unit_code as area_code,
    submission_id,
    sheet,
    row_no,
    measure as column_name,
    row_key,
    {{ plain_number("printed") }} as value,
    {{ plain_number("computed") }} as expected,
    case
        when verdict = 'no_parts'
            then concat('合计核对行“', measure_zh, '”没有可核对的构成行，未核对。')
        when slip_row_no is null then broken_zh
        else concat(broken_zh, slip_zh)
    end as message_zh,
    case
        when verdict = 'no_parts'
            then
                concat('No row makes up the control total of "', measure_en, '"; not compared.')
        when slip_row_no is null then broken_en
        else concat(broken_en, ' ', slip_en)
    end as message_en
from worded
