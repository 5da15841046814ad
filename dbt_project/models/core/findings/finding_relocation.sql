-- Rule FP08-05 (X2): subsidies of a county and programme in FP-08 against what FP-02 paid for the
-- programme there or, for money placed above the counties, further up. One finding for each county
-- and programme, at the row with the largest subsidy.
with subsidies as (
    select
        fact.*,
        {{ county_of("fact.place_code") }} as county_code
    from {{ ref("fct_relocation_monthly") }} as fact
    where fact.stat_month = {{ run_month() }} and fact.subsidy_paid_yuan_ytd is not null
),

summed as (
    select
        subsidies.*,
        sum(subsidies.subsidy_paid_yuan_ytd) over same as county_yuan,
        row_number() over (
            same
            order by
                subsidies.subsidy_paid_yuan_ytd desc, subsidies.submission_id asc,
                subsidies.sheet asc, subsidies.row_no asc
        ) as position
    from subsidies
    window same as (partition by subsidies.county_code, subsidies.programme_code)
),

paid as (
    select
        programme_code,
        {{ county_of("place_code") }} as county_code,
        sum(paid_yuan_ytd) as paid_yuan
    from {{ ref("fct_fund_monthly") }}
    where stat_month = {{ run_month() }}
    group by programme_code, {{ county_of("place_code") }}
),

paid_around as (
    select
        summed.county_code,
        summed.programme_code,
        sum(paid.paid_yuan) as paid_yuan
    from summed
    inner join paid
        on
            summed.programme_code = paid.programme_code
            and paid.county_code in (
                summed.county_code,
                rpad(left(summed.county_code, 4), 12, '0'),
                rpad(left(summed.county_code, 2), 12, '0')
            )
    where summed.position = 1
    group by summed.county_code, summed.programme_code
),

names as (
    {{ areas_of_month() }}
),

compared as (
    select
        summed.*,
        paid_around.paid_yuan,
        concat_ws(' ', names.area_name_zh, summed.county_code) as county
    from summed
    inner join paid_around
        on
            summed.county_code = paid_around.county_code
            and summed.programme_code = paid_around.programme_code
    left join names
        on summed.county_code = names.area_code
    where
        summed.position = 1
        and summed.county_yuan > paid_around.paid_yuan
        and {{ is_complete(["FP-02"], ["summed.county_code"], whole=true) | indent(8) }}
)

{%- set known = {
    "county": "compared.county",
    "programme": "compared.programme_code",
    "value": plain_number("compared.county_yuan"),
    "expected": plain_number("compared.paid_yuan"),
    "difference": plain_number("compared.county_yuan - compared.paid_yuan"),
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
    {{ plain_number("compared.county_yuan") }} as value,
    {{ plain_number("compared.paid_yuan") }} as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from compared
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'FP08-05'
