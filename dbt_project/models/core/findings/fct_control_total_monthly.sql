-- Each control total beside the sum of its parts, and each printed growth beside the computed
-- one, with a verdict. The rules G5 and X11 and the mart of control totals all read this.
with sums as (
    select
        form_code,
        submission_id,
        sheet,
        row_no,
        measure,
        filing_unit_code,
        place_code,
        row_key,
        programme_code,
        fund_source_code,
        compare_with,
        list_complete,
        printed,
        has_part_elsewhere,
        coalesce(tolerance, 0) as tolerance,
        count(part_value) as parts_count,
        sum(part_value) as parts_sum
    from {{ ref("fct_control_part_monthly") }}
    where stat_month = {{ run_month() }}
    group by
        form_code, submission_id, sheet, row_no, measure, filing_unit_code, place_code, row_key,
        programme_code, fund_source_code, compare_with, list_complete, tolerance, printed,
        has_part_elsewhere
),

missing as (
    select distinct
        unit.form_code,
        chain.ancestor_code as place_code
    from {{ ref("fct_return_monthly") }} as unit
    inner join {{ ref("dim_area_ancestor") }} as chain
        on
            unit.filing_unit_code = chain.area_code
            and chain.stat_month = {{ run_month() }}
    where unit.stat_month = {{ run_month() }} and unit.is_expected and not unit.is_accepted
),

totals as (
    select
        sums.form_code,
        sums.submission_id,
        sums.sheet,
        sums.row_no,
        sums.measure,
        sums.filing_unit_code,
        sums.place_code,
        sums.row_key,
        sums.programme_code,
        sums.fund_source_code,
        sums.compare_with,
        sums.list_complete,
        sums.tolerance,
        sums.printed,
        case when not sums.has_part_elsewhere then sums.parts_sum end as computed,
        case
            when sums.has_part_elsewhere then 'not_evaluated'
            when sums.parts_count = 0 then 'no_parts'
            when abs(sums.printed - sums.parts_sum) <= sums.tolerance then 'holds'
            when sums.list_complete and missing.place_code is null then 'broken'
            when sums.parts_sum > sums.printed then 'broken'
            else 'remainder'
        end as verdict,
        sums.parts_count,
        cast(null as numeric) as current_value,
        cast(null as numeric) as last_year_value
    from sums
    left join missing
        on sums.form_code = missing.form_code and sums.place_code = missing.place_code
),

growth_rows as (
    {%- for form in form_tables() %}
    select
        '{{ form.form_code }}' as form_code,
        filed.submission_id,
        filed.sheet,
        filed.row_no,
        filed.filing_unit_code,
        filed.place_code,
        {{ row_key(form.table, "filed") }} as row_key,
        {{ "filed.programme" if "programme" in form["keys"] else "cast(null as text)" }}
            as programme_code,
        {{ "filed.fund_source" if "fund_source" in form["keys"] else "cast(null as text)" }}
            as fund_source_code,
        coalesce(filed.compare_with, '1') as compare_with,
        coalesce(filed.list_complete, false) as list_complete,
        cast(filed.growth_printed as numeric) as printed,
        cast(filed.last_year_y as numeric) as last_year_value,
        (
            select {{ measure_value(form, "filed", "growing.column_name") }}
            from {{ ref("seed_growth_measure") }} as growing
            where
                growing.form_code = '{{ form.form_code }}'
                and {{ measure_value(form, "filed", "growing.column_name") }} is not null
            order by growing.position
            limit 1
        ) as current_value
    from {{ ref("stg_township__" ~ form.table) }} as filed
    where
        filed.stat_month = {{ run_month() }}
        and filed.row_kind = '3'
        and filed.growth_printed is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

growth as (
    select
        growth_rows.*,
        rule.tolerance,
        -- A growth beyond all measure (one cent filed for last year) is not evaluated.
        case
            when abs(current_value - last_year_value) < 1e12 * abs(last_year_value)
                then round(100 * (current_value - last_year_value) / last_year_value, 2)
        end as computed
    from growth_rows
    inner join {{ ref("seed_rule") }} as rule
        on rule.check_id = 'X11'
),

compared as (
    select *
    from totals
    union all
    select
        form_code,
        submission_id,
        sheet,
        row_no,
        'growth_printed' as measure,
        filing_unit_code,
        place_code,
        row_key,
        programme_code,
        fund_source_code,
        compare_with,
        list_complete,
        tolerance,
        printed,
        computed,
        case
            when computed is null then 'not_evaluated'
            when abs(printed - computed) <= tolerance then 'holds'
            else 'broken'
        end as verdict,
        cast(null as bigint) as parts_count,
        current_value,
        last_year_value
    from growth
),

-- A part that, moved by one to four powers of ten, makes the total agree.
slips as (
    select
        broken.submission_id,
        broken.sheet,
        broken.row_no,
        broken.measure,
        part.part_submission_id,
        part.part_sheet,
        part.part_row_no,
        part.part_filing_unit_code,
        part.part_row_key,
        part.part_value,
        part.part_value * power(cast(10 as numeric), shift.exponent) as slip_value,
        count(*) over (
            partition by broken.submission_id, broken.sheet, broken.row_no, broken.measure
        ) as candidates
    from compared as broken
    inner join {{ ref("fct_control_part_monthly") }} as part
        on
            broken.submission_id = part.submission_id
            and broken.sheet = part.sheet
            and broken.row_no = part.row_no
            and broken.measure = part.measure
            and part.stat_month = {{ run_month() }}
    inner join generate_series(-4, 4) as shift (exponent)
        on
            shift.exponent <> 0
            and abs(
                broken.printed - broken.computed + part.part_value
                - part.part_value * power(cast(10 as numeric), shift.exponent)
            ) <= broken.tolerance
    where broken.verdict = 'broken' and part.part_value <> 0
)

select
    {{ run_month() }} as stat_month,
    compared.form_code,
    compared.submission_id,
    compared.sheet,
    compared.row_no,
    compared.measure,
    case when compared.measure = 'growth_printed' then '%' else measured.unit end as measure_unit,
    compared.filing_unit_code,
    compared.place_code,
    compared.row_key,
    compared.programme_code,
    compared.fund_source_code,
    compared.compare_with,
    compared.list_complete,
    cast(compared.tolerance as numeric(20, 2)) as tolerance,
    cast(compared.printed as numeric(20, 2)) as printed,
    cast(compared.computed as numeric(20, 2)) as computed,
    cast(compared.printed - compared.computed as numeric(20, 2)) as difference,
    compared.verdict,
    compared.parts_count,
    cast(compared.current_value as numeric(20, 2)) as current_value,
    cast(compared.last_year_value as numeric(20, 2)) as last_year_value,
    slips.part_submission_id as slip_submission_id,
    slips.part_sheet as slip_sheet,
    slips.part_row_no as slip_row_no,
    slips.part_filing_unit_code as slip_filing_unit_code,
    slips.part_row_key as slip_row_key,
    cast(slips.slip_value as numeric(20, 2)) as slip_value
from compared
left join {{ ref("seed_form_measure") }} as measured
    on compared.form_code = measured.form_code and compared.measure = measured.column_name
left join slips
    on
        compared.submission_id = slips.submission_id
        and compared.sheet = slips.sheet
        and compared.row_no = slips.row_no
        and compared.measure = slips.measure
        -- Two candidates tell nothing.
        and slips.candidates = 1
