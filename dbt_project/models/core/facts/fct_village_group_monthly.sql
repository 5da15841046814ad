-- Villages, and lumps of villages, of each place by coverage and band of persons; a lump filed by
-- several units for one place is added up. What the rows do not share is null.
with counted as (
    select
        *,
        coalesce(village_id, '-') as village_key,
        coalesce(pop_band, '-') as pop_band_key
    from {{ ref("fct_village_monthly") }}
    where stat_month = {{ run_month() }} and is_counted
)

select
    {{ run_month() }} as stat_month,
    place_code as area_code,
    village_key as village_id,
    coverage,
    pop_band_key as pop_band,
    {{ shared_values(["village_kind", "programme_batch", "exit_year_planned"]) }},
    {%- for measure in village_measures() %}
    cast(sum({{ measure }}) as bigint) as {{ measure }},
    {%- endfor %}
    cast({{ sum_where_both("poor_persons", "poor_persons", "persons") }} as bigint)
        as incidence_pct_numerator,
    cast({{ sum_where_both("persons", "poor_persons", "persons") }} as bigint)
        as incidence_pct_denominator
from counted
group by place_code, village_key, coverage, pop_band_key
