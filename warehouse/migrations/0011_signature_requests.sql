-- Signatures that were asked for: which candidates, and how it ended.

create table ops.signature_request (
    request_id bigint generated always as identity primary key,
    stat_month date not null,
    asked_at timestamptz not null default now(),
    remark_zh text,
    remark_en text,
    outcome text check (outcome in ('signed', 'refused', 'timed_out', 'superseded', 'settled')),
    answered_by text,
    reason text,
    ended_at timestamptz
);
comment on table ops.signature_request is 'A question to those who may sign; without an outcome it is open.';
comment on column ops.signature_request.stat_month is 'The month whose run asked; others may depend on it.';
comment on column ops.signature_request.remark_zh is 'Why the last answer did not count.';
create index on ops.signature_request (stat_month);

create table ops.signature_request_build (
    request_id bigint not null references ops.signature_request,
    build_id bigint not null references ops.build,
    candidate_hash text not null,
    primary key (request_id, build_id)
);
comment on table ops.signature_request_build is 'The candidates to be published together, the unsigned and the ready.';
create index on ops.signature_request_build (build_id);

grant select on ops.signature_request, ops.signature_request_build
to tmw_loader, tmw_builder, tmw_publisher;
grant insert, update on ops.signature_request to tmw_publisher;
grant insert on ops.signature_request_build to tmw_publisher;
