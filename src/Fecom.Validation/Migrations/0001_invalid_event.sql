create table validation.invalid_event (
    id bigint generated always as identity primary key,
    event_id uuid not null,
    source text not null,
    position bigint not null,
    received_at timestamptz not null,
    rejected_at timestamptz not null,
    rules text[] not null,
    errors jsonb not null,
    original bytea not null
);
create index invalid_event_rejected_at on validation.invalid_event (rejected_at);
create index invalid_event_source on validation.invalid_event (source, position);

create table validation.sink_partition (
    sink text not null,
    partition integer not null,
    cluster text not null,
    next_offset bigint not null,
    version bigint not null,
    primary key (sink, partition)
);
create table validation.sink_source (
    sink text not null,
    partition integer not null,
    source text not null,
    position bigint not null,
    primary key (sink, partition, source)
);
