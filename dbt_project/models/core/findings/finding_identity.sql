-- Rule G11: a project or village in two detail rows of a month, whoever filed them. Rule FP02-10:
-- money of the same document, source, project or programme and place filed by two units. Each row
-- gets a finding that names another one; the holder of a thing is a row (G11) or a unit (FP02-10).
with once as (
    select
        'G11' as check_id,
        filed.form_code || ' ' || filed.identity_code as thing,
        concat_ws(' ', filed.submission_id, filed.sheet, filed.row_no) as holder,
        filed.identity_column as column_name,
        filed.identity_code as value,
        filed.*
    from {{ ref("stg_township__filed_row") }} as filed
    where
        filed.stat_month = {{ run_month() }}
        and filed.row_kind = '1'
        and filed.identity_code is not null
    union all
    select
        'FP02-10' as check_id,
        cast(filed.row_key - 'row_kind' as text) as thing,
        filed.filing_unit_code as holder,
        'fund_doc_no' as column_name,
        filed.row_key ->> 'fund_doc_no' as value,
        filed.*
    from {{ ref("stg_township__filed_row") }} as filed
    where
        filed.stat_month = {{ run_month() }}
        and filed.form_code = 'FP-02'
        and filed.row_kind in ('1', '2')
        -- Money without a document cannot be told from other money of the place.
        and filed.row_key ->> 'fund_doc_no' <> '-'
),

ranked as (
    select
        once.*,
        count(*) over (partition by once.check_id, once.thing) as row_count,
        dense_rank() over (
            partition by once.check_id, once.thing order by once.holder
        ) as holder_rank,
        row_number() over (
            partition by once.check_id, once.thing, once.holder
            order by once.submission_id, once.sheet, once.row_no
        ) as position
    from once
),

names as (
    {{ areas_of_month() }}
),

doubled as (
    select
        ranked.*,
        file.file_name as other_file,
        other.row_no as other_row,
        concat_ws(' ', names.area_name_zh, other.filing_unit_code) as other_unit
    from ranked
    inner join ranked as other
        on
            ranked.check_id = other.check_id
            and ranked.thing = other.thing
            and other.position = 1
            and other.holder_rank = case ranked.holder_rank when 1 then 2 else 1 end
    left join names
        on other.filing_unit_code = names.area_code
    left join {{ ref("stg_ledger__submission") }} as file
        on other.submission_id = file.submission_id
)

{%- set known = {
    "value": "doubled.value",
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
    doubled.column_name,
    doubled.row_key,
    doubled.value,
    cast(null as text) as expected,
    {{ fill_sentence("rule.message_zh", known) }} as message_zh,
    {{ fill_sentence("rule.message_en", known) }} as message_en
from doubled
inner join {{ ref("seed_rule") }} as rule
    on doubled.check_id = rule.check_id
