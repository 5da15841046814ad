-- Which areas lie inside or above one in a month (of the rows of an area valid in it the newest
-- holds), and what a total covers. Applied by warehouse/trace_functions.py.
create function trace.valid_area (p_month date)
returns table (area_code text, parent_code text)
language sql stable set search_path = pg_catalog, pg_temp as $body$
select distinct on (area.area_code) area.area_code, area.parent_code
from ops.area as area
where area.valid_from <= cast(p_month + interval '1 month - 1 day' as date)
    and (area.valid_until is null or area.valid_until >= p_month)
order by area.area_code, area.valid_from desc
$body$;
create function trace.inside (p_area text, p_month date) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $body$
with recursive inside as (
    select p_area as area_code
    union
    select area.area_code
    from trace.valid_area(p_month) as area
    inner join inside on area.parent_code = inside.area_code
)
select area_code from inside
$body$;
create function trace.above (p_area text, p_month date) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $body$
with recursive above as (
    select p_area as area_code
    union
    select area.parent_code
    from trace.valid_area(p_month) as area
    inner join above on area.area_code = above.area_code
    where area.parent_code is not null
)
select area_code from above
$body$;
create function trace.covers (p_list text, p_total text, p_part text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $body$
-- A code the total covers, or a total all of whose parts it covers.
select exists (
    select 1 from staging.seed_code_cover as cover where cover.list_name = p_list
        and cover.total_code = p_total and cover.part_code = p_part
) or (exists (
    select 1 from staging.seed_code_cover as own
    where own.list_name = p_list and own.total_code = p_part
) and not exists (
    select 1 from staging.seed_code_cover as own
    where own.list_name = p_list and own.total_code = p_part and not exists (
        select 1 from staging.seed_code_cover as cover where cover.list_name = p_list
            and cover.total_code = p_total and cover.part_code = own.part_code
    )
))
$body$;
create function trace.is_part (p_part jsonb, p_total jsonb) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $body$
-- The same code or one the total covers; mode 0, "not collected", stands for every mode.
select not exists (
    select 1 from jsonb_each_text(p_total) as wanted
    where wanted.key not in ('place_code', 'row_kind') and wanted.value <> '-'
        and not (wanted.key = 'mode' and wanted.value = '0')
        and p_part ->> wanted.key <> wanted.value
        and not exists (
            select 1 from staging.seed_code_cover as cover where cover.list_name = wanted.key
                and cover.total_code = wanted.value and cover.part_code = p_part ->> wanted.key
        )
)
$body$;
