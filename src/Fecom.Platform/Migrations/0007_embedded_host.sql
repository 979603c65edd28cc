create table platform.embedded_host (
    host text primary key,
    seen_at timestamptz not null
);
comment on table platform.embedded_host is 'Hosts that share the embedded Kafka, each with its last sign of life: they share the room of its log.';
