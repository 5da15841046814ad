-- Rule G6, part c: a value that is the unit's own last one of the same row moved by a power of
-- ten. Round figures match by chance, so both need some significant digits. Part b needs no
-- model: every measure that has a price has a unit-cost rule of its own (FP08-01, X7).
with limits as (
    select
        cast({{ rule_parameter("G6", "months_back", "c") }} as integer) as months_back,
        cast({{ rule_parameter("G6", "least_digits", "c") }} as integer) as least_digits,
        cast({{ rule_parameter("G6", "within_pct", "c") }} as numeric) / 100 as within,
        cast({{ rule_parameter("G6", "most_powers", "c") }} as integer) as most_powers
),

filed as (
    select
        filed.*,
        measured.column_name,
        measured.name_zh,
        measured.name_en,
        measured.basis,
        {{ filed_measure("filed", "measured.column_name") }} as value
    from {{ ref("stg_township__filed_row") }} as filed
    inner join {{ ref("seed_form_measure") }} as measured
        on
            filed.form_code = measured.form_code
            and filed.measures ? measured.column_name
            -- The total of the year begins anew in January; a month is not compared with another.
            and (
                measured.basis in ('P', 'S', 'C')
                or (measured.basis = 'Y' and extract(month from {{ run_month() }}) > 1)
            )
    where filed.stat_month = {{ run_month() }} and filed.row_kind in ('1', '2')
),

earlier as (
    select filed.*
    from {{ ref("stg_township__filed_row") }} as filed
    cross join limits
    where
        filed.stat_month < {{ run_month() }}
        and filed.stat_month >= {{ run_month() }} - make_interval(months => limits.months_back)
        and filed.row_kind in ('1', '2')
),

-- The last non-zero value of the same unit, form, row and measure, behind its month.
lasts as (
    select
        filed.form_code,
        filed.filing_unit_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.row_key,
        filed.column_name,
        filed.name_zh,
        filed.name_en,
        filed.value,
        max(
            array[
                extract(epoch from earlier.stat_month),
                {{ filed_measure("earlier", "filed.column_name") }}
            ]
        ) as dated_value
    from filed
    cross join limits
    inner join earlier
        on
            filed.form_code = earlier.form_code
            and filed.filing_unit_code = earlier.filing_unit_code
            and filed.row_key = earlier.row_key
    where
        {{ significant_digits("filed.value") }} >= limits.least_digits
        and {{ filed_measure("earlier", "filed.column_name") }} <> 0
        and (
            filed.basis <> 'Y'
            or date_trunc('year', earlier.stat_month) = date_trunc('year', filed.stat_month)
        )
    group by
        filed.form_code, filed.filing_unit_code, filed.submission_id, filed.sheet, filed.row_no,
        filed.row_key, filed.column_name, filed.name_zh, filed.name_en, filed.value
),

powers as (
    select
        lasts.*,
        cast(round(log(10, lasts.value / lasts.dated_value[2])) as integer) as power,
        lasts.dated_value[2] as last_value
    from lasts
    where lasts.value / lasts.dated_value[2] > 0
),

slips as (
    select
        powers.*,
        powers.value / power(cast(10 as numeric), powers.power) as likely_value
    from powers
    cross join limits
    where
        abs(powers.power) between 1 and limits.most_powers
        and abs(powers.value / powers.last_value / power(cast(10 as numeric), powers.power) - 1)
        <= limits.within
        and {{ significant_digits("powers.last_value") }} >= limits.least_digits
)

{%- set known = {
    "it_zh": "slips.name_zh",
    "it_en": "slips.name_en",
    "value": plain_number("slips.value"),
    "before": plain_number("slips.last_value"),
    "before_month": month_text("to_timestamp(slips.dated_value[1]) at time zone 'utc'"),
    "power": "cast(slips.power as text)",
    "expected": plain_number("slips.likely_value"),
} %}

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    slips.form_code,
    slips.filing_unit_code as area_code,
    slips.submission_id,
    slips.sheet,
    slips.row_no,
    slips.column_name,
    slips.row_key,
    {{ plain_number("slips.value") }} as value,
    {{ plain_number("slips.likely_value") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from slips
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'G6' and rule.part = 'c'
