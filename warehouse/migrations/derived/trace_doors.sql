-- The doors for readers: a figure to its cells, a cell to its figures. They run as trace_owner.
-- Applied by warehouse/trace_functions.py.
create function published.trace (
    table_name text, stat_month date, keys jsonb, measure text, publication_id text default null
)
returns table (
    role text, part text, filing_unit_code text, submission_id bigint, receipt_no text, file text,
    sha256 text, sheet text, cell text, form_column text, stored_value text, amount numeric,
    conversion text, status text
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $body$
#variable_conflict use_column
declare
    wanted_table text := regexp_replace(table_name, '^published[.]', '');
    wanted_month date := stat_month;
    wanted_measure text := measure;
    wanted_keys jsonb;
    wanted_publication text := publication_id;
    parts text[];
begin
    select array_agg(distinct lead.part_measure) into parts
    from trace.lead() as lead
    where lead.subject = wanted_table and lead.measure = wanted_measure;
    if parts is null then
        raise exception '% has no figure %', wanted_table, wanted_measure
            using errcode = 'invalid_parameter_value';
    end if;
    select publication.publication_id into wanted_publication
    from ops.publication as publication
    left join ops.release_month as month on publication.publication_id = month.publication_id
    where publication.stat_month = wanted_month and case
        when wanted_publication is null then month.valid_from is not null and month.valid_to is null
        else publication.publication_id = wanted_publication
    end
    limit 1;
    if wanted_publication is null then
        raise exception '% was not published so', to_char(wanted_month, 'YYYY-MM')
            using errcode = 'no_data_found';
    end if;
    wanted_keys := trace.default_keys(wanted_table) || keys;
    return query
    with found as (
        select
            case when lead.role = 'part' then cells.role else lead.role end as role,
            cells.measure as part,
            cells.unit_code,
            cells.submission_id,
            cells.sheet,
            cells.row_no,
            position.column_letter || cells.row_no as cell,
            cells.column_name,
            cells.value,
            cells.amount,
            concat_ws(
                ' ', nullif(position.unit, ''), 'x ' || cast(trim_scale(position.factor) as text)
            ) as conversion,
            case when cells.table_name is not null then coalesce(mark.status, 'A') end as status
        from trace.cells(
            wanted_table, wanted_publication, array[wanted_keys ->> 'area_code'], wanted_keys, parts
        ) as cells
        inner join trace.lead() as lead on lead.subject = wanted_table
            and lead.measure = wanted_measure and lead.part_measure = cells.measure
        left join raw.column_position as position
            on cells.submission_id = position.submission_id
            and cells.table_name = position.table_name and cells.sheet = position.sheet
            and cells.column_name = position.column_name
        left join raw.cell_mark as mark
            on cells.submission_id = mark.submission_id
            and cells.table_name = mark.table_name and cells.sheet = mark.sheet
            and cells.row_no = mark.row_no and cells.column_name = mark.column_name
    )
    -- Where a cell is filled, the filled ones; where none is, those that say why.
    select found.role, found.part, found.unit_code, found.submission_id, submission.receipt_no,
        submission.file_name, submission.sha256, found.sheet, found.cell, found.column_name,
        found.value, found.amount, found.conversion, cast(found.status as text)
    from found
    left join ops.submission as submission on found.submission_id = submission.submission_id
    where found.value is not null or found.status is null
        or (found.status <> 'A' and not exists (select 1 from found where value is not null))
    order by found.role desc, found.part, found.submission_id, found.sheet, found.row_no, found.cell;
end
$body$;
comment on function published.trace is
'The cells a published figure is made of, e.g. of the row {"area_code": "530700000000"}; the original text is read by tmw trace.';
create function published.feeds (submission_id bigint, sheet text, cell text)
returns table (
    table_name text, stat_month date, keys jsonb, measure text, role text, value text,
    publication_id text, is_in_force boolean
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $body$
#variable_conflict use_column
declare
    wanted_submission bigint := submission_id;
    wanted_sheet text := sheet;
    wanted_row integer := cast(substring(cell from '^[A-Za-z]{1,3}([0-9]{1,7})$') as integer);
    wanted_letter text := upper(substring(cell from '^([A-Za-z]{1,3})[0-9]{1,7}$'));
begin
    return query
    with origin as materialized (
        select position.table_name, position.column_name, submission.area_code as unit_code,
            submission.stat_month
        from raw.column_position as position
        inner join ops.submission as submission
            on position.submission_id = submission.submission_id
        where position.submission_id = wanted_submission and position.sheet = wanted_sheet
            and position.column_letter = wanted_letter
    ),
    -- The publications that read this return: of its month, and of the same month a year later.
    reading as materialized (
        select publication.publication_id, input.build_id
        from ops.build_input as input
        inner join ops.build as build on input.build_id = build.build_id
        inner join ops.publication as publication on publication.build_id = build.build_id
            or (
                publication.stat_month = cast(build.stat_month + interval '1 year' as date)
                and build.build_id = (
                    select max(before.build_id) from ops.build as before
                    where before.stat_month = build.stat_month
                        and before.build_id < publication.build_id
                        and before.state not in ('building', 'failed')
                )
            )
        where input.submission_id = wanted_submission
    ),
    wanted as materialized (
        select reading.publication_id, origin.*,
            array(
                select distinct above.area_code
                from trace.places(
                    origin.table_name, wanted_submission, wanted_sheet, wanted_row,
                    reading.build_id
                ) as place (area_code)
                cross join lateral trace.above(place.area_code, origin.stat_month)
                    as above (area_code)
            ) as areas
        from reading
        cross join origin
    ),
    subjects as materialized (
        select lead.subject, array_agg(distinct lead.part_measure) as parts
        from trace.lead() as lead
        group by lead.subject
    )
    select distinct
        subjects.subject,
        cast(found.figure ->> 'stat_month' as date),
        found.figure_keys - 'stat_month',
        lead.measure,
        case when lead.role = 'part' then found.role else lead.role end,
        found.figure ->> lead.measure,
        wanted.publication_id,
        exists (
            select 1 from ops.release_month as month
            where month.publication_id = wanted.publication_id and month.valid_to is null
        )
    from wanted
    cross join subjects
    cross join lateral trace.cells(
        subjects.subject, wanted.publication_id, wanted.areas, null, subjects.parts,
        wanted.unit_code
    ) as found
    inner join trace.lead() as lead
        on lead.subject = subjects.subject and lead.part_measure = found.measure
    where found.submission_id = wanted_submission and found.table_name = wanted.table_name
        and found.sheet = wanted_sheet and found.row_no = wanted_row
        and found.column_name = wanted.column_name and found.value is not null
        and found.figure ->> lead.measure is not null
    order by 1, 2, 3, 4, 5, 7;
end
$body$;
comment on function published.feeds is
'Every published figure that a cell feeds, in whatever publication; is_in_force says whether readers see it now.';
