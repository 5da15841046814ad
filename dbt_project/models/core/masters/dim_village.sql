-- Every village known up to the month: those filed in it, and of the latest month built before it
-- those that are filed no more. The model reads its own earlier months.
with filed as (
    select
        fact.*,
        row_number() over (
            partition by fact.village_id order by fact.submission_id, fact.sheet, fact.row_no
        ) as position
    from {{ ref("fct_village_monthly") }} as fact
    where fact.stat_month = {{ run_month() }} and fact.row_kind = '1'
),

earlier as (
    select *
    from {{ this }}
    where stat_month = (
        select max(stat_month)
        from {{ this }}
        where stat_month < {{ run_month() }}
    )
),

known as (
    select
        filed.village_id,
        filed.village_kind,
        filed.coverage,
        filed.programme_batch,
        filed.place_code,
        filed.filing_unit_code,
        coalesce(earlier.first_month, filed.stat_month) as first_month,
        case
            when
                (filed.village_kind is not distinct from earlier.village_kind)
                and (filed.coverage is not distinct from earlier.coverage)
                and (filed.programme_batch is not distinct from earlier.programme_batch)
                then earlier.valid_from
            else filed.stat_month
        end as valid_from,
        filed.stat_month as last_filed_month
    from filed
    left join earlier
        on filed.village_id = earlier.village_id
    where filed.position = 1
    union all
    select
        earlier.village_id,
        earlier.village_kind,
        earlier.coverage,
        earlier.programme_batch,
        earlier.place_code,
        earlier.filing_unit_code,
        earlier.first_month,
        earlier.valid_from,
        earlier.last_filed_month
    from earlier
    left join filed
        on earlier.village_id = filed.village_id
    where filed.village_id is null
)

select
    {{ run_month() }} as stat_month,
    village_id,
    left(village_id, 12) as committee_code,
    right(village_id, 3) as local_no,
    village_kind,
    coverage,
    programme_batch,
    place_code,
    filing_unit_code,
    first_month,
    valid_from,
    last_filed_month,
    last_filed_month = {{ run_month() }} as is_filed_now
from known
