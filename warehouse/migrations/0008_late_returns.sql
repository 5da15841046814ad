-- What people decide after returns were taken in, and what a build has seen of it and hands on.

create table ops.ledger_event (
    event_id bigint generated always as identity primary key,
    recorded_at timestamptz not null default clock_timestamp(),
    kind text not null check (kind in ('withdrawn', 'waived', 'excused', 'owed_again', 'assigned')),
    owner text,
    reason text,
    area_code text,
    form_code text,
    submission_id bigint references ops.submission,
    check_id text,
    first_month date not null,
    last_month date
);
comment on table ops.ledger_event is 'Decisions that change what a month is made of: who, when, why; only ever added to.';
comment on column ops.ledger_event.owner is 'Who answers for it; null where the command asks for nobody.';
comment on column ops.ledger_event.last_month is 'The last month concerned, null until further notice.';
create index on ops.ledger_event (first_month, event_id);

alter table ops.build add column seen_event_id bigint not null default 0;
alter table ops.build add column handed_on jsonb;
comment on column ops.build.seen_event_id is 'The latest decision this build has seen; later ones that concern its month make it stale.';
comment on column ops.build.handed_on is 'Digest of what builds of other months read of this one, by reading.';
create index on ops.build (stat_month, build_id);

grant select on ops.ledger_event to tmw_loader, tmw_builder, tmw_publisher;
grant insert on ops.ledger_event to tmw_loader;
