-- The ledger: the only mutable state of the warehouse.

create table ops.area (
    area_code text not null check (length(area_code) = 12),
    level text not null check (level in ('province', 'prefecture', 'county', 'township', 'village')),
    name_zh text not null,
    parent_code text,
    valid_from date not null default '1900-01-01',
    valid_until date,
    source text not null,
    primary key (area_code, valid_from)
);
comment on table ops.area is 'Dated list of areas; valid_until is the last day, null while in use.';

create table ops.assignment (
    area_code text not null,
    form_code text not null,
    valid_from date not null,
    valid_until date,
    recorded_at timestamptz not null default now(),
    primary key (area_code, form_code, valid_from)
);
comment on table ops.assignment is 'Who owes which form: a unit open for part of a month owes that month.';

create table ops.excuse (
    area_code text not null,
    form_code text not null,
    stat_month date not null,
    reason text not null,
    owner text not null,
    recorded_at timestamptz not null default now(),
    primary key (area_code, form_code, stat_month)
);

create table ops.submission (
    submission_id bigint generated always as identity primary key,
    receipt_no text not null unique,
    sha256 text not null unique,
    file_name text not null,
    file_bytes bigint not null,
    landing_path text not null,
    form_code text,
    edition text,
    area_code text,
    stat_month date,
    version integer,
    received_at timestamptz not null,
    received_at_given boolean not null default false,
    recorded_at timestamptz not null default now(),
    decided_at timestamptz,
    passed_level_0 boolean,
    is_nil boolean not null default false,
    required_cells integer,
    filled_required_cells integer,
    state text not null check (state in (
        'received', 'unreadable', 'rejected', 'returned', 'accepted_with_warnings',
        'accepted', 'superseded', 'withdrawn'
    )),
    accepted_state text check (accepted_state in ('accepted', 'accepted_with_warnings')),
    superseded_by bigint references ops.submission
);
comment on column ops.submission.received_at is 'When the file was received; given by an operator where received_at_given.';
comment on column ops.submission.accepted_state is 'The state it had when it was accepted; kept when it is superseded.';
create index on ops.submission (stat_month, form_code, area_code, version);

create table ops.waiver (
    waiver_id bigint generated always as identity primary key,
    check_id text not null,
    area_code text not null,
    form_code text not null,
    stat_month date not null,
    until_month date not null,
    row_key jsonb not null,
    column_name text,
    reason text not null,
    owner text not null,
    pinned_value text,
    pinned_at timestamptz,
    lapsed_at timestamptz,
    recorded_at timestamptz not null default now(),
    unique nulls not distinct (check_id, area_code, form_code, stat_month, row_key, column_name)
);
comment on column ops.waiver.pinned_value is 'Value and expected value of the finding first covered; anything else lets the waiver lapse.';

create table ops.build (
    build_id bigint generated always as identity primary key,
    stat_month date not null,
    token uuid not null default gen_random_uuid(),
    state text not null check (state in (
        'building', 'built', 'failed', 'open', 'held', 'waiting_signature', 'ready',
        'published', 'superseded'
    )),
    in_force boolean not null default true,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    candidate_hash text,
    mart_hashes jsonb,
    failure text
);
create unique index build_in_force on ops.build (stat_month) where in_force;
comment on column ops.build.in_force is 'The build whose input staging shows; one for each month.';

create table ops.build_input (
    build_id bigint not null references ops.build,
    submission_id bigint not null references ops.submission,
    primary key (build_id, submission_id)
);

create table ops.finding (
    finding_id bigint generated always as identity primary key,
    submission_id bigint references ops.submission,
    build_id bigint references ops.build,
    file text,
    sheet text,
    cell text,
    form_code text,
    check_id text not null,
    severity text not null check (severity in ('error', 'warning', 'info')),
    level smallint not null check (level between 0 and 4),
    value text,
    expected text,
    message_zh text not null,
    message_en text not null,
    stat_month date,
    area_code text,
    row_key jsonb not null default '{}',
    column_name text,
    state text not null check (state in ('open', 'explained')),
    reason text,
    waiver_id bigint references ops.waiver,
    recorded_at timestamptz not null default now()
);
create index on ops.finding (submission_id);
create index on ops.finding (build_id);

create table ops.gate_result (
    gate_result_id bigint generated always as identity primary key,
    build_id bigint not null references ops.build,
    candidate_hash text not null,
    mart text not null,
    check_id text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    success boolean not null,
    explained boolean not null default false,
    observed jsonb,
    expected text,
    unexpected_keys jsonb,
    message_zh text not null,
    message_en text not null,
    owner text not null,
    reason text,
    recorded_at timestamptz not null default now(),
    unique (build_id, check_id)
);

create table ops.signature (
    build_id bigint not null references ops.build,
    candidate_hash text not null,
    signed_by text not null,
    reason text not null,
    signed_at timestamptz not null default now(),
    primary key (build_id)
);

create table ops.release (
    release_id bigint generated always as identity primary key,
    released_at timestamptz not null default now(),
    reason text not null,
    signed_by text,
    reservations jsonb not null default '[]'
);

create table ops.publication (
    publication_id text primary key,
    stat_month date not null,
    build_id bigint not null references ops.build,
    release_id bigint not null references ops.release,
    candidate_hash text not null,
    mart_hashes jsonb not null,
    row_counts jsonb not null,
    published_at timestamptz not null default now()
);

create table ops.release_month (
    release_id bigint not null references ops.release,
    stat_month date not null,
    publication_id text not null references ops.publication,
    valid_from timestamptz not null,
    valid_to timestamptz,
    primary key (stat_month, valid_from)
);
create unique index release_month_in_force on ops.release_month (stat_month) where valid_to is null;
comment on table ops.release_month is 'Which publication of a month was in force when; a history never overwritten.';

-- Who may write what; everybody named here may read the whole ledger.
grant select on all tables in schema ops to tmw_loader, tmw_builder, tmw_publisher;
grant insert, update on ops.submission, ops.waiver to tmw_loader;
grant insert, update, delete on ops.finding, ops.area, ops.assignment, ops.excuse to tmw_loader;
grant insert, update on ops.build to tmw_builder;
grant insert on ops.build_input to tmw_builder;
grant insert, update, delete on ops.finding, ops.gate_result to tmw_builder;
grant update on ops.waiver to tmw_builder;
grant insert on ops.signature, ops.release, ops.publication, ops.release_month to tmw_publisher;
grant update on ops.signature to tmw_publisher;
grant update (valid_to) on ops.release_month to tmw_publisher;
grant update (state) on ops.build to tmw_publisher;
grant select on ops.release, ops.release_month, ops.publication to view_owner;
