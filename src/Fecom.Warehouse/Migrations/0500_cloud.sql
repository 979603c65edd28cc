-- The cloud warehouse: which rows of gold it has yet to take. Nothing is noted while no target is set.
create schema if not exists cloud;

create table cloud.target (
    only_row boolean primary key default true check (only_row),
    source uuid not null default gen_random_uuid(),
    installation uuid,
    identity text,
    batch bigint,
    batch_id uuid,
    published_at timestamptz,
    away_since timestamptz,
    failure text
);
insert into cloud.target default values;
comment on table cloud.target is 'Where gold is published to, how far it is, and what hinders it now.';
comment on column cloud.target.source is 'Names this database at the target.';
comment on column cloud.target.installation is 'The database''s name in lake.writer when it got that one: a restored copy is another installation, and goes to the target as such.';
comment on column cloud.target.identity is 'The target; null while there is none, and no change is noted.';
comment on column cloud.target.batch is 'The batch that was published last; null when gold has to go there whole.';
comment on column cloud.target.batch_id is 'The name of that batch at the target.';
comment on column cloud.target.published_at is 'When it was published.';
comment on column cloud.target.away_since is 'When the first of the attempts failed that have failed since then; null when the last one did not.';
comment on column cloud.target.failure is 'Why the last attempt failed; null when it did not.';

create table cloud.change (
    table_name text not null,
    key text[],
    slice bigint,
    batch bigint,
    noted_at timestamptz not null default now(),
    check ((key is null) <> (slice is null))
);
comment on table cloud.change is 'Rows of gold that were written or deleted since they were published, by their keys. Events, which are only added, by their slice.';
comment on column cloud.change.table_name is 'The table of gold.';
comment on column cloud.change.key is 'The key''s values, as text.';
comment on column cloud.change.slice is 'The slice of silver that brought the rows.';
comment on column cloud.change.batch is 'The batch that publishes it; null until one takes it.';
comment on column cloud.change.noted_at is 'Begin of the transaction that changed it.';

create table cloud.batch (
    batch bigint generated always as identity primary key,
    id uuid not null default gen_random_uuid(),
    whole text[] not null,
    created_at timestamptz not null,
    published_at timestamptz,
    rows bigint,
    deletions bigint
);
comment on table cloud.batch is 'What goes to the cloud warehouse at once. One that was cut off goes again.';
comment on column cloud.batch.batch is 'Its number, ascending.';
comment on column cloud.batch.id is 'Its name at the target.';
comment on column cloud.batch.whole is 'Tables that go whole: in place of what is there.';
comment on column cloud.batch.created_at is 'When it was made.';
comment on column cloud.batch.published_at is 'When the target had it; null until then.';
comment on column cloud.batch.rows is 'Rows that it brought.';
comment on column cloud.batch.deletions is 'Rows that it deleted.';

create table cloud.published_table (
    table_name text primary key,
    columns text not null,
    published_at timestamptz not null
);
comment on table cloud.published_table is 'Tables that the target has. One with other columns than these goes there whole again.';
comment on column cloud.published_table.table_name is 'The table of gold.';
comment on column cloud.published_table.columns is 'Its columns and their types there.';
comment on column cloud.published_table.published_at is 'When rows of it were published last.';

create function cloud.note_change() returns trigger language plpgsql set datestyle to 'ISO, YMD' as $$
begin
    execute format('insert into cloud.change (table_name, key) select %L, array[%s] from changed', tg_table_name,
        (select string_agg(format('%I::text', name), ', ' order by place) from unnest(tg_argv) with ordinality as argument (name, place)));
    return null;
end
$$;
comment on function cloud.note_change is 'Notes the keys of the rows that a statement changed. Its arguments are the key''s columns.';
