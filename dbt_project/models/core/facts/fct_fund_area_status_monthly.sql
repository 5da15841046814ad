-- The worst status of the cells behind each measure of an area: only cells that bear a mark, so
-- this stays small. Programme 00 is the worst of all.
with marked as (
    select
        mark.submission_id,
        mark.sheet,
        mark.row_no,
        meaning.measure,
        meaning.fund_year_only,
        {{ status_rank("mark.status") }} as status_rank
    from {{ ref("stg_township__cell_mark") }} as mark
    inner join {{ ref("fact_measure") }} as meaning
        on mark.form_code = meaning.form_code and mark.column_name = meaning.column_name
    where mark.stat_month = {{ run_month() }} and mark.form_code = 'FP-02'
)

select
    {{ run_month() }} as stat_month,
    reach.ancestor_code as area_code,
    coalesce(fact.programme_code, '00') as programme_code,
    fact.fund_source_code,
    marked.measure,
    max(fact.source_group) as source_group,
    max(marked.status_rank) as status_rank
from marked
inner join {{ ref("fct_fund_monthly") }} as fact
    on
        marked.submission_id = fact.submission_id
        and marked.sheet = fact.sheet
        and marked.row_no = fact.row_no
        and fact.stat_month = {{ run_month() }}
inner join {{ ref("dim_area_reach") }} as reach
    on
        fact.place_code = reach.area_code
        and reach.form_code = 'FP-02'
        and reach.stat_month = {{ run_month() }}
where not marked.fund_year_only or fact.fund_year = extract(year from {{ run_month() }})
group by grouping sets (
    (reach.ancestor_code, fact.programme_code, fact.fund_source_code, marked.measure),
    (reach.ancestor_code, fact.fund_source_code, marked.measure)
)
