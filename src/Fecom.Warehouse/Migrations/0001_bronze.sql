create table bronze.event (
    event_time timestamptz not null,
    received_at timestamptz not null,
    validated_at timestamptz not null,
    event_id uuid not null,
    position bigint not null,
    event_type text not null,
    product_id text not null,
    category_id text,
    category_code text,
    brand text,
    price numeric not null,
    user_id text not null,
    user_session text not null,
    source text not null
) partition by range (event_time);
comment on table bronze.event is 'Every validated behaviour event exactly once, as it was validated. One partition a day (UTC) of event_time.';

create table bronze.sink_partition (
    sink text not null,
    partition integer not null,
    cluster text not null,
    next_offset bigint not null,
    version bigint not null,
    primary key (sink, partition)
);
create table bronze.sink_source (
    sink text not null,
    partition integer not null,
    source text not null,
    position bigint not null,
    primary key (sink, partition, source)
);
