-- The worst status of the cells behind each measure of an area: only cells that bear a mark, so
-- this stays small. Programme 00 is the worst of all.
with marked as (
    select *
    from {{ ref("fct_cell_status_monthly") }}
    where stat_month = {{ run_month() }} and form_code = 'FP-02' and measure is not null
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
