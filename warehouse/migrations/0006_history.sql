-- What a release did, which publications a rollback took back, a hash for marts without rows.

alter table ops.release add column kind text not null default 'publish'
check (kind in ('publish', 'rollback'));
comment on column ops.release.kind is 'publish: new figures; rollback: earlier ones in force again.';

create table ops.taken_back (
    release_id bigint not null references ops.release,
    publication_id text not null references ops.publication,
    primary key (release_id, publication_id)
);
comment on table ops.taken_back is
'What a rollback took back: a candidate of the same hash is published again by signature only.';

grant select on ops.taken_back to tmw_loader, tmw_builder, tmw_publisher, view_owner;
grant insert on ops.taken_back to tmw_publisher;

-- The sha256 of nothing: until now a mart without rows had no hash.
update ops.publication set mart_hashes = empty.hashes || mart_hashes
from (
    select
        publication.publication_id,
        jsonb_object_agg(
            mart.subject, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
        ) as hashes
    from ops.publication as publication
    cross join lateral jsonb_each_text(publication.row_counts) as mart (subject, row_count)
    where mart.row_count = '0'
    group by publication.publication_id
) as empty
where publication.publication_id = empty.publication_id;
