-- Rule G9: for each unit and programme the share of the year's plan that is done, against the
-- dated rows, else the unit's own share in the same month of its last years, else the time passed.
{%- set numbers = ["own_margin", "years_back", "time_margin", "time_from_month", "both_sides"] %}
with parameters as (
    select
        part,
        jsonb_object_agg(name, value) as texts,
        {%- for name in numbers %}
        max(case when name = '{{ name }}' then cast(value as numeric) end) as {{ name }},
        {%- endfor %}
        max(value) filter (where name = 'measure_column') as measure,
        max(value) filter (where name = 'plan_column') as plan_measure
    from {{ ref("seed_rule_parameter") }}
    where check_id = 'G9'
    group by part
),

tested as (
    select
        parameters.*,
        rule.check_id,
        rule.severity,
        rule.level,
        rule.form_code,
        rule.column_name,
        rule.message_zh as sentence_zh,
        rule.message_en as sentence_en
    from {{ ref("seed_rule") }} as rule
    inner join parameters
        on rule.part = parameters.part
    where rule.check_id = 'G9'
),

filed as (
    select
        tested.part,
        filed.stat_month,
        filed.filing_unit_code,
        filed.submission_id,
        filed.row_key ->> 'programme' as programme_code,
        {{ filed_measure("filed", "tested.measure") }} as done,
        {{ filed_measure("filed", "tested.plan_measure") }} as planned
    from {{ ref("stg_township__filed_row") }} as filed
    inner join tested
        on filed.form_code = tested.form_code
    where
        filed.stat_month <= {{ run_month() }}
        and filed.stat_month
        >= {{ run_month() }} - make_interval(years => cast(tested.years_back as integer))
        and extract(month from filed.stat_month) = extract(month from {{ run_month() }})
        and filed.row_kind in ('1', '2')
        -- A plan of another year is no plan of this one.
        and coalesce(filed.row_key ->> 'plan_year', to_char(filed.stat_month, 'YYYY'))
        = to_char(filed.stat_month, 'YYYY')
),

shares as (
    select
        part,
        stat_month,
        filing_unit_code,
        programme_code,
        min(submission_id) as submission_id,
        sum(done) as done,
        sum(planned) as planned,
        sum(done) / sum(planned) as share
    from filed
    where done is not null and planned is not null
    group by part, stat_month, filing_unit_code, programme_code
    having sum(planned) > 0
),

own as (
    select
        part,
        filing_unit_code,
        programme_code,
        avg(share) as share
    from shares
    where stat_month < {{ run_month() }}
    group by part, filing_unit_code, programme_code
),

bounded as (
    select
        tested.*,
        shares.filing_unit_code,
        shares.programme_code,
        shares.submission_id,
        shares.done,
        shares.planned,
        shares.share,
        extract(month from shares.stat_month) as month_no,
        case
            when dated.measure is not null then 'dated'
            when own.share is not null then 'own'
            else 'time'
        end as basis,
        case
            when dated.measure is not null then dated.low
            when own.share is not null then own.share - tested.own_margin
            when extract(month from shares.stat_month) >= tested.time_from_month
                then extract(month from shares.stat_month) / 12 - tested.time_margin
        end as low,
        case
            when tested.both_sides = 0 then null
            when dated.measure is not null then dated.high
            else own.share + tested.own_margin
        end as high
    from shares
    inner join tested
        on shares.part = tested.part
    left join {{ ref("seed_expected_share") }} as dated
        on
            tested.form_code = dated.form_code
            and tested.measure = dated.measure
            and extract(month from shares.stat_month) = dated.month
    left join own
        on
            shares.part = own.part
            and shares.filing_unit_code = own.filing_unit_code
            and shares.programme_code = own.programme_code
    where shares.stat_month = {{ run_month() }}
)

{%- set known = {
    "programme": "programme_code",
    "month": plain_number("month_no"),
    "done": plain_number("done"),
    "plan": plain_number("planned"),
    "value": plain_number("round(100 * share, 1)"),
    "low": plain_number("round(100 * low, 1)"),
    "high": plain_number("round(100 * high, 1)"),
    "basis_zh": "texts ->> (basis || '_zh')",
    "basis_en": "texts ->> (basis || '_en')",
} %}

select
    {{ run_month() }} as stat_month,
    check_id,
    severity,
    level,
    form_code,
    filing_unit_code as area_code,
    submission_id,
    cast(null as text) as sheet,
    cast(null as integer) as row_no,
    column_name,
    jsonb_build_object('programme', programme_code) as row_key,
    {{ plain_number("round(100 * share, 1)") }} as value,
    {{ plain_number("round(100 * case when share < low then low else high end, 1)") }} as expected,
    {{ fill_sentence("sentence_zh", known) }} as message_zh,
    {{ fill_sentence("sentence_en", known) }} as message_en
from bounded
where share < low or share > high
