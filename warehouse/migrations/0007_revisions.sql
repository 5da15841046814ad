-- What was revised and why, what was explained, when a month was due: written once in the
-- transaction that publishes, so that readers pay for what changed and not for all there is.

create table ops.revision (
    stat_month date not null,
    release_id bigint not null references ops.release,
    earlier_publication_id text not null references ops.publication,
    publication_id text not null references ops.publication,
    reason text not null,
    returns_changed jsonb not null,
    primary key (stat_month, release_id)
);
comment on table ops.revision is
'One row for each time another publication of a month came into force, by correction or rollback.';
comment on column ops.revision.reason is
'Made from the manifests of both publications; a person''s words stand in ops.release.';
comment on column ops.revision.returns_changed is
'Every return that differs between the manifests: change, form, unit, version before and after.';

create table released.revision (
    stat_month date not null,
    release_id bigint not null,
    table_name text not null,
    area_code text not null,
    area_level text not null,
    area_name_zh text not null,
    row_key jsonb not null,
    row_is_total boolean not null,
    measure text not null,
    is_number boolean not null,
    is_measure boolean not null,
    kind text not null check (kind in ('added', 'removed', 'revised', 'reflagged')),
    earlier text,
    later text,
    difference numeric,
    earlier_status text,
    later_status text,
    primary key (stat_month, release_id, table_name, area_code, row_key, measure),
    foreign key (stat_month, release_id) references ops.revision
);
comment on table released.revision is
'Every published value that a release changed, append-only; readers see published.revisions.';
create index on released.revision (area_code, stat_month);

create table released.measure_total (
    stat_month date not null,
    publication_id text not null references ops.publication,
    table_name text not null,
    area_level text not null,
    measure text not null,
    value_count bigint not null,
    absolute_sum numeric not null,
    primary key (stat_month, publication_id, table_name, area_level, measure)
);
comment on table released.measure_total is
'How many values of a measure a publication holds and the sum of their sizes, total rows left out: with the revisions, all that their statistics need.';

create table released.explanation (
    stat_month date not null,
    publication_id text not null references ops.publication,
    finding_id bigint not null,
    check_id text not null,
    severity text not null,
    form_code text,
    area_code text,
    area_level text,
    area_name_zh text,
    row_key jsonb not null,
    column_name text,
    value text,
    expected text,
    reason text not null,
    explained_by text,
    primary key (stat_month, publication_id, finding_id)
);
comment on table released.explanation is
'Comply or explain: what let a finding pass, as it was when the month was published; never about persons.';

create table ops.release_plan (
    stat_month date primary key,
    planned_on date not null
);
comment on table ops.release_plan is
'The planned day of release by the dated rule and the holidays; filled by tmw db migrate.';

create table ops.planned_release (
    stat_month date not null,
    planned_on date not null,
    reason text not null,
    owner text not null,
    recorded_at timestamptz not null default now(),
    primary key (stat_month, recorded_at)
);
comment on table ops.planned_release is
'Single months planned otherwise than by the rule, who said so and why; the latest row counts.';

grant select on ops.revision, ops.release_plan, ops.planned_release
to tmw_loader, tmw_builder, tmw_publisher, view_owner;
grant insert on ops.revision to tmw_publisher;
grant select (stat_month) on ops.build to view_owner;
grant insert, update, delete on ops.release_plan to tmw_builder;
grant insert on ops.planned_release to tmw_publisher;
