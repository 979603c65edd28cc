create table features.session_row (
    ingested bigint generated always as identity,
    event_time timestamptz not null,
    received_at timestamptz not null,
    event_id uuid not null,
    activity_count integer not null,
    event_weekday smallint not null,
    event_type text not null,
    user_id text not null,
    user_session text not null,
    product_id text not null,
    category_id text,
    category_code_level1 text,
    category_code_level2 text,
    price numeric not null,
    brand text
);
comment on table features.session_row is 'Offline store of view session: one row an event, with the features as they were after that event. Append only.';

create index session_row_ingested on features.session_row using brin (ingested);

create view features.session_event as
select event_id, event_time, received_at, ingested, event_type, user_id, user_session, product_id, category_id,
    category_code_level1, category_code_level2, event_weekday, activity_count, price, brand
from features.session_row;
comment on view features.session_event is 'Published: the rows of the offline store, for training and analysis.';

create table features.session_state (
    user_session text primary key,
    partition integer not null,
    version bigint not null,
    updated_at timestamptz not null,
    state json not null
) with (fillfactor = 70);
comment on table features.session_state is 'Newest state of each session: what the online store shows, and what it is rebuilt from.';

create table features.product_state (
    product_id text primary key,
    partition integer not null,
    version bigint not null,
    updated_at timestamptz not null,
    event_time timestamptz not null,
    event_id uuid not null,
    state json not null
) with (fillfactor = 70);
comment on table features.product_state is 'Newest state of each product: what the online store shows, and what it is rebuilt from.';

create table features.sink_partition (
    sink text not null,
    partition integer not null,
    cluster text not null,
    next_offset bigint not null,
    version bigint not null,
    primary key (sink, partition)
);
create table features.sink_source (
    sink text not null,
    partition integer not null,
    source text not null,
    position bigint not null,
    primary key (sink, partition, source)
);
