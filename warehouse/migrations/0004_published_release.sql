-- For readers: which release of each month is in force, since when and why.

create view published.release as
select
    month_in_force.stat_month,
    month_in_force.release_id,
    month_in_force.publication_id,
    month_in_force.valid_from as in_force_since,
    release.reason,
    release.reservations,
    release.signed_by
from ops.release_month as month_in_force
inner join ops.release as release on month_in_force.release_id = release.release_id
where month_in_force.valid_to is null;

comment on view published.release is 'The release in force of each month.';
comment on column published.release.stat_month is 'Reporting month, as its first day.';
comment on column published.release.release_id is 'The release that switched this month.';
comment on column published.release.publication_id is 'What is shown, e.g. 2009-11.r1.';
comment on column published.release.in_force_since is 'When readers first saw it.';
comment on column published.release.reason is 'Why the release was made.';
comment on column published.release.reservations is 'What readers should know: warnings accepted by signature.';
comment on column published.release.signed_by is 'Who signed, where a signature was due.';

grant create on schema published to view_owner;
alter view published.release owner to view_owner;
revoke create on schema published from view_owner;
grant select on published.release to bi_reader, tmw_publisher;
