create table platform.embedded_kafka (
    only_row boolean primary key default true check (only_row),
    id text not null,
    bootstrap_servers text not null,
    started_at timestamptz not null
);
comment on table platform.embedded_kafka is 'The embedded cluster that the hosts of this database share: its owner writes it at its start.';
