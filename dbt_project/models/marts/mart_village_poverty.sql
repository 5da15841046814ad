-- Poor villages, each at its committee, and lumps of villages at their place.
with figures as (
    select *
    from {{ ref("fct_village_group_monthly") }}
    where stat_month = {{ run_month() }}
),

areas as (
    {{ areas_of_month() }}
),

marks as (
    select
        fact.place_code as area_code,
        fact.coverage,
        mark.measure,
        mark.status_rank,
        coalesce(fact.village_id, '-') as village_id,
        coalesce(fact.pop_band, '-') as pop_band
    from {{ ref("fct_cell_status_monthly") }} as mark
    inner join {{ ref("fct_village_monthly") }} as fact
        on
            mark.submission_id = fact.submission_id
            and mark.sheet = fact.sheet
            and mark.row_no = fact.row_no
            and fact.stat_month = {{ run_month() }}
            and fact.is_counted
    where
        mark.stat_month = {{ run_month() }}
        and mark.form_code = 'FP-03'
        and mark.measure is not null
),

statuses as (
    select
        figures.area_code,
        figures.village_id,
        figures.coverage,
        figures.pop_band,
        {{ worst_ranks("figures") }}
    from figures
    inner join marks
        on
            figures.area_code = marks.area_code
            and figures.village_id = marks.village_id
            and figures.coverage = marks.coverage
            and figures.pop_band = marks.pop_band
    group by figures.area_code, figures.village_id, figures.coverage, figures.pop_band
)

select
    figures.stat_month,
    figures.area_code,
    areas.area_level,
    areas.area_name_zh,
    figures.village_id,
    figures.coverage,
    figures.pop_band,
    figures.village_kind,
    {%- for measure in village_measures() %}
    figures.{{ measure }},
    {%- endfor %}
    {{ rate_pct("figures.incidence_pct_numerator", "figures.incidence_pct_denominator") }}
        as incidence_pct,
    figures.incidence_pct_numerator,
    figures.incidence_pct_denominator,
    -- FP-03 counts all inhabitants of a village: its rural population.
    '2' as denominator_kind,
    figures.programme_batch,
    figures.exit_year_planned,
    {{ row_status("figures", village_measures(), "statuses") }} as obs_status
from figures
inner join areas
    on figures.area_code = areas.area_code
left join statuses
    on
        figures.area_code = statuses.area_code
        and figures.village_id = statuses.village_id
        and figures.coverage = statuses.coverage
        and figures.pop_band = statuses.pop_band
