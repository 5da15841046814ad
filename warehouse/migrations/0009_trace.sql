-- Who owns the functions that trace a figure: a role nobody logs in with, which may read what a
-- trace reads and write nothing. What it may read of the forms is granted column by column in
-- generated/raw.sql: personal data it cannot read, so no function of its can show them.

do $$
begin
    if not exists (select from pg_roles where rolname = 'trace_owner') then
        begin
            create role trace_owner nologin;
        exception when duplicate_object or unique_violation then
            null;  -- another warehouse of this server has just made it
        end;
    end if;
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant trace_owner to %I', current_user);
    end if;
end
$$;

create schema trace;
comment on schema trace is 'Functions that lead figures to cells and back; readers use published.trace and published.feeds.';

grant usage on schema ops, raw, staging, core, released, trace to trace_owner;
grant select on ops.publication, ops.release_month, ops.build_input, ops.area, ops.assignment,
ops.excuse to trace_owner;
grant select (build_id, stat_month, state, started_at) on ops.build to trace_owner;
grant select (
    submission_id, receipt_no, sha256, file_name, form_code, area_code, stat_month, received_at,
    recorded_at, passed_level_0, required_cells, filled_required_cells, state
) on ops.submission to trace_owner;
grant select on raw.column_position to trace_owner;
grant select (submission_id, table_name, sheet, row_no, column_name, status)
on raw.cell_mark to trace_owner;
alter default privileges in schema released grant select on tables to trace_owner;
grant select on all tables in schema released to trace_owner;

-- The command traces as the builder, who also finds the landed files in the ledger.
grant usage on schema published to tmw_builder;
