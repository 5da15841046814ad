-- Who may sign: every signature names somebody recorded here for the moment it is given.

create table ops.signer (
    name text not null check (name = btrim(name) and name <> ''),
    airflow_user text check (airflow_user ~ '^[a-z][a-z0-9_.-]*$'),
    valid_from timestamptz not null default now(),
    valid_until timestamptz,
    recorded_at timestamptz not null default now(),
    primary key (name, valid_from)
);
comment on table ops.signer is 'Who may sign from when until when; nobody recorded, nobody may sign.';
comment on column ops.signer.name is 'The name a signature bears and readers see.';
comment on column ops.signer.airflow_user is 'The login by which this person answers Airflow''s form.';
comment on column ops.signer.valid_until is 'From this instant no longer; null until further notice.';

-- The publisher checks the list and cannot change it: that is the administrator's.
grant select on ops.signer to tmw_loader, tmw_builder, tmw_publisher;
