-- The answer to each return, and the reasons by which units explain their warnings.

alter table ops.submission add column answer_path text;
alter table ops.submission add column answer_digest text;
alter table ops.submission add column figures_sha256 text;
comment on column ops.submission.answer_path is 'The answer last written, below the outbox: a workbook, or the receipt alone where nothing is to be marked.';
comment on column ops.submission.answer_digest is 'Digest of what the answer was made of; another one means that it has to be written again.';
comment on column ops.submission.figures_sha256 is 'Digest of all figures of the return: equal where two files say the same.';

create table ops.stated_reason (
    stated_reason_id bigint generated always as identity primary key,
    submission_id bigint not null references ops.submission,
    area_code text not null,
    form_code text not null,
    stat_month date not null,
    check_id text not null,
    sheet text,
    cell text,
    row_key jsonb not null default '{}',
    column_name text,
    value text,
    expected text,
    reason text not null check (length(reason) between 1 and 1000),
    stated_by text not null,
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table ops.stated_reason is 'Reasons that units wrote into the answer they sent back; one holds for a warning of the same unit, form, month, check, row, column, value and expected value, whichever version it is found in; only ever added to.';
comment on column ops.stated_reason.submission_id is 'The file the reason came with.';
comment on column ops.stated_reason.stated_by is 'Who filled in the return (填表人), or the unit where the head names nobody.';
create index on ops.stated_reason (area_code, form_code, stat_month, check_id);
create index on ops.stated_reason (submission_id);

alter table ops.finding add column stated_reason_id bigint references ops.stated_reason;

alter table ops.ledger_event drop constraint ledger_event_kind_check;
alter table ops.ledger_event add constraint ledger_event_kind_check
check (kind in ('withdrawn', 'waived', 'excused', 'owed_again', 'assigned', 'explained'));

grant select on ops.stated_reason to tmw_loader, tmw_builder, tmw_publisher;
grant insert on ops.stated_reason to tmw_loader;
