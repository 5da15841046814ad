-- Roles, schemas and who may do what. Passwords are set by `warehouse/roles.py`, never here.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('tmw_loader', 'login'),
            ('tmw_builder', 'login'),
            ('tmw_publisher', 'login'),
            ('bi_reader', 'login'),
            ('tmw_airflow', 'login'),
            ('view_owner', 'nologin')
        ) as r (name, login)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I %s', wanted.name, wanted.login);
            exception when duplicate_object or unique_violation then
                null;  -- another warehouse of this server has just made it
            end;
        end if;
    end loop;
    -- An administrator who is no superuser must be a member to give objects to these two.
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant tmw_builder, view_owner to %I', current_user);
    end if;
end
$$;

alter role bi_reader set default_transaction_read_only = on;
alter role bi_reader set statement_timeout = '2min';
alter role bi_reader set idle_in_transaction_session_timeout = '10min';

create schema if not exists ops;
create schema raw;
create schema staging authorization tmw_builder;
create schema core authorization tmw_builder;
create schema marts authorization tmw_builder;
create schema released;
create schema published;

comment on schema ops is 'Ledger: submissions, findings, builds, releases; the only mutable state.';
comment on schema raw is 'Parsed returns in base units, append-only.';
comment on schema staging is 'The returns frozen into the build in force.';
comment on schema core is 'Dimensions, facts and findings of rules over months, forms and areas.';
comment on schema marts is 'Candidate marts: what readers would get.';
comment on schema released is 'Every release of every mart, append-only.';
comment on schema published is 'For readers: the release in force of each month.';

revoke all on schema public from public;
grant usage on schema public to public;

grant usage on schema ops to tmw_loader, tmw_builder, tmw_publisher, view_owner;
grant usage on schema raw to tmw_loader, tmw_builder;
grant usage on schema staging, core, marts to tmw_publisher;
grant usage on schema released to tmw_publisher, view_owner;
grant usage on schema published to bi_reader, tmw_publisher;

alter default privileges in schema raw grant select, insert on tables to tmw_loader;
alter default privileges in schema raw grant select on tables to tmw_builder;
alter default privileges in schema released grant select, insert on tables to tmw_publisher;
alter default privileges in schema released grant select on tables to view_owner;
alter default privileges for role tmw_builder in schema staging, core, marts
grant select on tables to tmw_publisher;
