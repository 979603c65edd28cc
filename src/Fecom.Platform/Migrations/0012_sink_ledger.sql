-- One ledger for the sinks of all modules. Each used to have its own beside its rows.
create table platform.sink_partition (
    sink text not null,
    partition integer not null,
    cluster text not null,
    next_offset bigint not null,
    version bigint not null,
    primary key (sink, partition)
) with (fillfactor = 50);
comment on table platform.sink_partition is 'Where each sink stands: written in the transaction that writes the rows, so that both are there or neither.';
comment on column platform.sink_partition.cluster is 'Names the log that the offset belongs to.';
comment on column platform.sink_partition.version is 'Goes up by one with each transaction; who writes on an old version is fenced.';

create table platform.sink_source (
    sink text not null,
    partition integer not null,
    source text not null,
    position bigint not null,
    moved_at timestamptz not null default now(),
    primary key (sink, partition, source)
);
comment on table platform.sink_source is 'How far each sink has come in each source.';
comment on column platform.sink_source.moved_at is 'When the sink last came further: a file that has been quiet for long enough is forgotten.';

do $$
declare
    former text;
begin
    for former in select schemaname from pg_tables where tablename = 'sink_partition' and schemaname <> 'platform' loop
        execute format('insert into platform.sink_partition (sink, partition, cluster, next_offset, version)
            select sink, partition, cluster, next_offset, version from %I.sink_partition', former);
        execute format('insert into platform.sink_source (sink, partition, source, position, moved_at)
            select sink, partition, source, position, moved_at from %I.sink_source', former);
        execute format('drop table %I.sink_partition, %I.sink_source', former, former);
    end loop;
end $$;
