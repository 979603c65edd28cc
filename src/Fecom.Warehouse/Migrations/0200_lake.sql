-- The lake: a copy of bronze as Parquet. What it has yet to take, and which files it has, is written here.
create schema if not exists lake;

create table lake.pending_batch (
    batch bigint not null,
    day date not null,
    events bigint not null,
    reread boolean not null default false,
    written_at timestamptz not null default now(),
    slice bigint,
    primary key (batch, day)
);
create index pending_batch_slice on lake.pending_batch (slice) where slice is not null;
comment on table lake.pending_batch is 'Rows of bronze.event that the lake has yet to take: a row a batch of the sink and a day. Deleted when all their files are written.';
comment on column lake.pending_batch.batch is 'Number of the sink''s transaction, as in bronze.event.';
comment on column lake.pending_batch.day is 'Day (UTC) of event_time.';
comment on column lake.pending_batch.events is 'Rows of that batch and day.';
comment on column lake.pending_batch.reread is 'Whether the sink had been moved back: its rows replace rows that were removed, which the lake may have.';
comment on column lake.pending_batch.written_at is 'When bronze had them.';
comment on column lake.pending_batch.slice is 'The slice that takes them; null until one is planned.';
insert into lake.pending_batch (batch, day, events)
select batch, (event_time at time zone 'UTC')::date, count(*) from bronze.event group by 1, 2;

create table lake.writer (
    only_row boolean primary key default true check (only_row),
    installation uuid not null default gen_random_uuid(),
    partition integer,
    next_offset bigint not null default 0,
    next_slice bigint not null default 1,
    failure text,
    failed_at timestamptz
);
insert into lake.writer default values;
comment on table lake.writer is 'Who this database is to the lake, how far it has written, and what hinders it now.';
comment on column lake.writer.installation is 'Names this database in the lake.';
comment on column lake.writer.partition is 'The partition of the lake that this database alone writes; null until it has one.';
comment on column lake.writer.next_offset is 'Place of the next event in the partition.';
comment on column lake.writer.next_slice is 'Number of the next slice.';
comment on column lake.writer.failure is 'Why the last run failed; null when it did not.';
comment on column lake.writer.failed_at is 'When it failed.';

create table lake.file (
    hour timestamptz not null,
    partition integer not null,
    first_offset bigint not null,
    slice bigint not null,
    events bigint not null,
    bytes bigint,
    state text not null check (state in ('planned', 'written', 'merging', 'replaced')),
    merged_into bigint,
    written_at timestamptz,
    primary key (hour, partition, first_offset)
);
create index file_open on lake.file (slice) where state <> 'written';
comment on table lake.file is 'The lake''s files. One that is planned is written again, under the same name and with the same rows, until it is there.';
comment on column lake.file.hour is 'Hour (UTC) of event_time.';
comment on column lake.file.partition is 'Partition of the lake, first part of the name.';
comment on column lake.file.first_offset is 'Place of the first event in the partition, second part of the name.';
comment on column lake.file.slice is 'The slice that it came with.';
comment on column lake.file.events is 'Rows.';
comment on column lake.file.bytes is 'Size; null until it is written.';
comment on column lake.file.state is 'planned, written, merging (its rows are on the way into a larger file) or replaced (they are there, and it is to be removed).';
comment on column lake.file.merged_into is 'First offset of the file that takes its rows.';
comment on column lake.file.written_at is 'When it was written last.';
