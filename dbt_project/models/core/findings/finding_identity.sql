-- Rule G11: a project or village in two detail rows of a month, whoever filed them. Each row gets
-- a finding that names another one.
with filed as (
    select
        filed.*,
        count(*) over same as row_count,
        row_number() over (same order by filed.submission_id, filed.sheet, filed.row_no)
            as position
    from {{ ref("stg_township__filed_row") }} as filed
    where
        filed.stat_month = {{ run_month() }}
        and filed.row_kind = '1'
        and filed.identity_code is not null
    window same as (partition by filed.form_code, filed.identity_code)
),

names as (
    select distinct
        ancestor_code as area_code,
        ancestor_name_zh as area_name_zh
    from {{ ref("dim_area_ancestor") }}
    where stat_month = {{ run_month() }}
),

doubled as (
    select
        filed.*,
        file.file_name as other_file,
        other.row_no as other_row,
        concat_ws(' ', names.area_name_zh, other.filing_unit_code) as other_unit
    from filed
    inner join filed as other
        on
            filed.form_code = other.form_code
            and filed.identity_code = other.identity_code
            and other.position = case filed.position when 1 then 2 else 1 end
    left join names
        on other.filing_unit_code = names.area_code
    left join {{ ref("stg_ledger__submission") }} as file
        on other.submission_id = file.submission_id
)

{%- set known = {
    "value": "doubled.identity_code",
    "count": "cast(doubled.row_count as text)",
    "other_unit": "doubled.other_unit",
    "other_file": "doubled.other_file",
    "other_row": "cast(doubled.other_row as text)",
} %}

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    doubled.form_code,
    doubled.filing_unit_code as area_code,
    doubled.submission_id,
    doubled.sheet,
    doubled.row_no,
    doubled.identity_column as column_name,
    doubled.row_key,
    doubled.identity_code as value,
    cast(null as text) as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from doubled
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'G11'
