create table platform.dead_letter (
    id bigint generated always as identity primary key,
    endpoint text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    reason text not null,
    key bytea not null,
    original bytea not null,
    failed_at timestamptz not null,
    unique (endpoint, topic, partition, message_offset, failed_at)
);
