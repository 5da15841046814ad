-- Each filled measure of a control-total row (kind 3) with the rows that make it up: the detail
-- and lump rows inside its place, whoever filed them (compare_with 1), or the control totals of
-- the same return (compare_with 2). A measure without parts has one row with no part.
with ordinary_covers as (
    select
        list_name,
        total_code,
        part_code
    from {{ ref("seed_code_cover") }}
),

covers as (
    select
        list_name,
        total_code,
        part_code
    from ordinary_covers
    union
    select
        'programme' as list_name,
        programme_code as total_code,
        programme_code as part_code
    from {{ ref("dim_programme") }}
    union
    select
        'fund_source' as list_name,
        fund_source_code as total_code,
        fund_source_code as part_code
    from {{ ref("dim_fund_source") }}
    union
    -- A total inside a larger total: all it covers is covered there.
    select
        inner_total.list_name,
        outer_total.total_code,
        inner_total.total_code as part_code
    from ordinary_covers as inner_total
    inner join ordinary_covers as outer_total
        on
            inner_total.list_name = outer_total.list_name
            and inner_total.part_code = outer_total.part_code
    group by inner_total.list_name, outer_total.total_code, inner_total.total_code
    having
        count(*) = (
            select count(*)
            from ordinary_covers as whole
            where
                whole.list_name = inner_total.list_name
                and whole.total_code = inner_total.total_code
        )
),

covered as (
    select
        list_name,
        total_code,
        array_agg(part_code) as part_codes
    from covers
    group by list_name, total_code
),

{% for form in form_tables() -%}
{%- set has_programme = "programme" in form["keys"] -%}
{%- set has_source = "fund_source" in form["keys"] -%}
{{ form.table }} as (
    select
        *,
        {{ "programme" if has_programme else "cast(null as text)" }} as programme_code,
        {{ "fund_source" if has_source else "cast(null as text)" }} as source_code
    from {{ ref("stg_township__" ~ form.table) }}
    where stat_month = {{ run_month() }}
),

{{ form.table }}_controls as (
    select
        control.*,
        programmes.part_codes as programme_codes,
        sources.part_codes as fund_source_codes,
        measured.column_name as measure,
        {{ measure_value(form, "control", "measured.column_name") }} as printed,
        coalesce(control.compare_with, '1') as compared
    from {{ form.table }} as control
    inner join {{ ref("seed_form_measure") }} as measured
        on measured.form_code = '{{ form.form_code }}'
    left join covered as programmes
        on programmes.list_name = 'programme' and control.programme_code = programmes.total_code
    left join covered as sources
        on sources.list_name = 'fund_source' and control.source_code = sources.total_code
    where
        control.row_kind = '3'
        and {{ measure_value(form, "control", "measured.column_name") }} is not null
),

-- compare_with 1: the detail and lump rows of all returns inside the place.
{{ form.table }}_inside as (
    select
        control.submission_id as control_submission_id,
        control.sheet as control_sheet,
        control.row_no as control_row_no,
        control.measure,
        part.submission_id,
        part.sheet,
        part.row_no,
        part.filing_unit_code,
        part.source_code,
        {{ row_key(form.table, "part") }} as row_key,
        {{ measure_value(form, "part", "control.measure") }} as value
    from {{ form.table }}_controls as control
    inner join {{ ref("dim_area_ancestor") }} as chain
        on
            control.place_code = chain.ancestor_code
            and chain.stat_month = {{ run_month() }}
    inner join {{ form.table }} as part
        on
            chain.area_code = part.place_code
            {{- part_matches(form, "control", "part") | indent(8) }}
    where
        control.compared = '1'
        and part.row_kind in ('1', '2')
        and {{ measure_value(form, "part", "control.measure") }} is not null
),

-- compare_with 2: the other control totals of the same return, place and programme.
{{ form.table }}_beside as (
    select
        control.submission_id as control_submission_id,
        control.sheet as control_sheet,
        control.row_no as control_row_no,
        control.measure,
        part.submission_id,
        part.sheet,
        part.row_no,
        part.filing_unit_code,
        part.source_code,
        {{ row_key(form.table, "part") }} as row_key,
        {{ measure_value(form, "part", "control.measure") }} as value
    from {{ form.table }}_controls as control
    inner join {{ form.table }} as part
        on
            control.submission_id = part.submission_id
            and control.place_code = part.place_code
            and control.programme_code is not distinct from part.programme_code
            and (control.sheet <> part.sheet or control.row_no <> part.row_no)
            {{- part_matches(form, "control", "part") | indent(8) }}
    where
        control.compared = '2'
        and part.row_kind = '3'
        and {{ measure_value(form, "part", "control.measure") }} is not null
),

-- No source counts twice: a total inside another one of the same sum is left out.
{{ form.table }}_doubled as (
    select distinct
        part.control_submission_id,
        part.control_sheet,
        part.control_row_no,
        part.measure,
        part.source_code
    from {{ form.table }}_beside as part
    inner join {{ form.table }}_beside as larger
        on
            part.control_submission_id = larger.control_submission_id
            and part.control_sheet = larger.control_sheet
            and part.control_row_no = larger.control_row_no
            and part.measure = larger.measure
            and part.source_code <> larger.source_code
    inner join covers
        on
            covers.list_name = 'fund_source'
            and larger.source_code = covers.total_code
            and part.source_code = covers.part_code
),

{{ form.table }}_parts as (
    select *
    from {{ form.table }}_inside
    union all
    select part.*
    from {{ form.table }}_beside as part
    left join {{ form.table }}_doubled as doubled
        on
            part.control_submission_id = doubled.control_submission_id
            and part.control_sheet = doubled.control_sheet
            and part.control_row_no = doubled.control_row_no
            and part.measure = doubled.measure
            and part.source_code = doubled.source_code
    where doubled.source_code is null
),

{{ form.table }}_elsewhere as (
    select distinct
        control.submission_id,
        control.sheet,
        control.row_no,
        control.measure
    from {{ form.table }}_controls as control
    inner join {{ ref("seed_uninstalled_part") }} as elsewhere
        on
            elsewhere.compared_form = '{{ form.form_code }}'
            and control.measure = elsewhere.column_name
    inner join covers as programmes
        on
            programmes.list_name = 'programme'
            and control.programme_code = programmes.total_code
            and elsewhere.programme = programmes.part_code
    inner join covers as sources
        on
            sources.list_name = 'fund_source'
            and control.source_code = sources.total_code
            and elsewhere.fund_source = sources.part_code
    where control.compared = '1'
),

{{ form.table }}_compared as (
    select
        control.stat_month,
        '{{ form.form_code }}' as form_code,
        control.submission_id,
        control.sheet,
        control.row_no,
        control.measure,
        control.filing_unit_code,
        control.place_code,
        {{ row_key(form.table, "control") }} as row_key,
        control.programme_code,
        control.source_code as fund_source_code,
        control.compared as compare_with,
        coalesce(control.list_complete, false) as list_complete,
        cast(control.tolerance as numeric(20, 2)) as tolerance,
        cast(control.printed as numeric(20, 2)) as printed,
        elsewhere.measure is not null as has_part_elsewhere,
        coalesce(part.submission_id, 0) as part_submission_id,
        coalesce(part.sheet, '-') as part_sheet,
        coalesce(part.row_no, 0) as part_row_no,
        part.filing_unit_code as part_filing_unit_code,
        part.row_key as part_row_key,
        cast(part.value as numeric(20, 2)) as part_value
    from {{ form.table }}_controls as control
    left join {{ form.table }}_parts as part
        on
            control.submission_id = part.control_submission_id
            and control.sheet = part.control_sheet
            and control.row_no = part.control_row_no
            and control.measure = part.measure
    left join {{ form.table }}_elsewhere as elsewhere
        on
            control.submission_id = elsewhere.submission_id
            and control.sheet = elsewhere.sheet
            and control.row_no = elsewhere.row_no
            and control.measure = elsewhere.measure
){{ "," if not loop.last }}

{% endfor -%}
{%- for form in form_tables() %}
select *
from {{ form.table }}_compared
{{- "\nunion all" if not loop.last }}
{%- endfor %}
