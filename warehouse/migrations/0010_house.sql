-- Who is reminded of overdue returns, and who has been.

create table ops.contact (
    area_code text not null check (length(area_code) = 12),
    email text not null check (email ~ '^[^@[:space:],;<>]+@[^@[:space:],;<>]+$'),
    name text not null,
    recorded_at timestamptz not null default now(),
    primary key (area_code, email)
);
comment on table ops.contact is 'Who answers for the returns of a unit; read by nobody outside the warehouse.';

create table ops.reminder (
    area_code text not null,
    form_code text not null,
    stat_month date not null,
    address text not null,
    deadline_at timestamptz not null,
    sent_at timestamptz not null default now(),
    primary key (area_code, form_code, stat_month, address)
);
comment on table ops.reminder is 'One row for each overdue return and address: nobody is reminded of it twice.';
comment on column ops.reminder.address is 'The mail address, or outbox where a file was written there.';

grant select on ops.contact, ops.reminder to tmw_loader, tmw_builder, tmw_publisher;
grant insert, update, delete on ops.contact to tmw_loader;
grant insert on ops.reminder to tmw_publisher;
