-- Rule X3: a project or village that a row names must be known: filed in FP-01 or FP-03 in this
-- month or before. Where nobody in the county keeps that list, nothing is asked.
with used as (
    {%- for form, reference in references() %}
    select
        '{{ form.form_code }}' as form_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.filing_unit_code,
        {{ "filed.place_code" if "place_code" in form.has else "filed.filing_unit_code" }}
            as place_code,
        '{{ reference.column }}' as column_name,
        '{{ reference.to }}' as kind,
        filed.{{ reference.column }} as code,
        {{ row_key(form.table, "filed") }} as row_key
    from {{ ref("stg_township__" ~ form.table) }} as filed
    where
        filed.stat_month = {{ run_month() }}
        and filed.{{ reference.column }} <> '-'
        {{- " and filed.row_kind in ('1', '2')" if "row_kind" in form.has }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

masters as (
    select
        'projects' as kind,
        project_code as code,
        {{ county_of("place_code") }} as county_code
    from {{ ref("dim_project") }}
    where stat_month = {{ run_month() }}
    union
    select
        'villages' as kind,
        village_id as code,
        {{ county_of("committee_code") }} as county_code
    from {{ ref("dim_village") }}
    where stat_month = {{ run_month() }}
    union
    -- A village may be named by its committee.
    select
        'villages' as kind,
        committee_code as code,
        {{ county_of("committee_code") }} as county_code
    from {{ ref("dim_village") }}
    where stat_month = {{ run_month() }}
),

-- The counties in which a list is kept, and the prefectures and provinces above them.
kept as (
    select distinct
        masters.kind,
        rpad(left(masters.county_code, level.digits), 12, '0') as area_code
    from masters
    cross join (values (2), (4), (6)) as level (digits)
),

unknown as (
    select used.*
    from used
    inner join kept
        on
            used.kind = kept.kind
            and {{ county_of("used.place_code") }} = kept.area_code
    left join masters
        on used.kind = masters.kind and used.code = masters.code
    where masters.code is null
)

select
    {{ run_month() }} as stat_month,
    rule.check_id,
    rule.severity,
    rule.level,
    unknown.form_code,
    unknown.filing_unit_code as area_code,
    unknown.submission_id,
    unknown.sheet,
    unknown.row_no,
    unknown.column_name,
    unknown.row_key,
    unknown.code as value,
    cast(null as text) as expected,
    {{ fill_sentence("rule.message_zh", {"value": "unknown.code"}) }} as message_zh,
    {{ fill_sentence("rule.message_en", {"value": "unknown.code"}) }} as message_en
from unknown
inner join {{ ref("seed_rule") }} as rule
    on rule.check_id = 'X3' and unknown.kind = rule.part
where
    {% set areas = ["unknown.filing_unit_code", "unknown.place_code"] -%}
    case unknown.kind
        when 'projects' then {{ is_complete(["FP-01"], areas) | indent(8) }}
        else {{ is_complete(["FP-03"], areas + [township_of("unknown.code")]) | indent(8) }}
    end
