-- One row for each unit and form that is owed or was filed: expected, received, accepted, on time.
with expected as (
    select
        assignment.form_code,
        assignment.filing_unit_code,
        bool_or(excuse.filing_unit_code is not null) as is_excused
    from {{ ref("stg_ledger__assignment") }} as assignment
    inner join {{ ref("dim_area") }} as unit
        on
            assignment.filing_unit_code = unit.area_code
            and unit.valid_from <= {{ run_month_end() }}
            and (unit.valid_until is null or unit.valid_until >= {{ run_month() }})
    left join {{ ref("stg_ledger__excuse") }} as excuse
        on
            assignment.form_code = excuse.form_code
            and assignment.filing_unit_code = excuse.filing_unit_code
            and excuse.stat_month = {{ run_month() }}
    where
        assignment.valid_from <= {{ run_month_end() }}
        and (assignment.valid_until is null or assignment.valid_until >= {{ run_month() }})
    group by assignment.form_code, assignment.filing_unit_code
),

accepted as (
    select
        form_code,
        filing_unit_code,
        submission_id,
        decided_at,
        is_nil,
        required_cells,
        filled_required_cells
    from {{ ref("stg_ledger__submission") }}
    where stat_month = {{ run_month() }} and build_id = {{ run_build_id() }}
),

-- A withdrawal takes back all that the unit had sent until then: it has not reported.
withdrawn as (
    select
        form_code,
        filing_unit_code,
        max(submission_id) as submission_id
    from {{ ref("stg_ledger__submission") }}
    where stat_month = {{ run_month() }} and state = 'withdrawn'
    group by form_code, filing_unit_code
),

received as (
    select
        filed.form_code,
        filed.filing_unit_code,
        min(filed.received_at) as first_received_at,
        min(case when filed.passed_level_0 then filed.received_at end) as first_readable_at
    from {{ ref("stg_ledger__submission") }} as filed
    left join withdrawn
        on
            filed.form_code = withdrawn.form_code
            and filed.filing_unit_code = withdrawn.filing_unit_code
    left join accepted
        on
            filed.form_code = accepted.form_code
            and filed.filing_unit_code = accepted.filing_unit_code
    where
        filed.stat_month = {{ run_month() }}
        and filed.submission_id > coalesce(withdrawn.submission_id, 0)
        -- A return that gave way to one that was withdrawn has not come back.
        and (filed.state <> 'superseded' or accepted.submission_id is not null)
    group by filed.form_code, filed.filing_unit_code
),

units as (
    select
        form_code,
        filing_unit_code
    from expected
    union
    select
        form_code,
        filing_unit_code
    from received
),

levels as (
    select
        area_code,
        area_level,
        row_number() over (partition by area_code order by valid_from desc) as newest
    from {{ ref("dim_area") }}
    where valid_from <= {{ run_month_end() }}
)

select
    {{ run_month() }} as stat_month,
    units.form_code,
    units.filing_unit_code,
    coalesce(not expected.is_excused, false) as is_expected,
    coalesce(expected.is_excused, false) as is_excused,
    received.filing_unit_code is not null as is_received,
    accepted.submission_id is not null as is_accepted,
    coalesce(
        accepted.submission_id is not null
        and received.first_readable_at
        < coalesce(deadline.deadline_at, cast('infinity' as timestamp with time zone)),
        false
    ) as is_on_time,
    coalesce(accepted.is_nil, false) as is_nil,
    accepted.submission_id,
    received.first_received_at,
    accepted.decided_at as accepted_at,
    deadline.deadline_at,
    accepted.required_cells,
    accepted.filled_required_cells
from units
left join expected
    on units.form_code = expected.form_code and units.filing_unit_code = expected.filing_unit_code
left join received
    on units.form_code = received.form_code and units.filing_unit_code = received.filing_unit_code
left join accepted
    on units.form_code = accepted.form_code and units.filing_unit_code = accepted.filing_unit_code
left join levels
    on units.filing_unit_code = levels.area_code and levels.newest = 1
left join {{ ref("dim_deadline") }} as deadline
    on levels.area_level = deadline.area_level and deadline.stat_month = {{ run_month() }}
