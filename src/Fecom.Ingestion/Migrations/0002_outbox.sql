-- Events that the API has accepted and that are not yet through the pipeline: chunks of NDJSON, one line an event.
create table ingestion.outbox (
    -- Sequence number of the chunk's first event; its other events follow without a gap.
    first_seq bigint primary key,
    events integer not null,
    payload bytea not null,
    received_at timestamptz not null
);
-- Written and deleted once, so compressing it would cost more than it saves.
alter table ingestion.outbox alter column payload set storage external;
alter table ingestion.outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A row instead of a sequence: numbers are given in the order of the commits.
create table ingestion.outbox_counter (
    only_row boolean primary key default true check (only_row),
    next_seq bigint not null
);
insert into ingestion.outbox_counter (next_seq) values (1);

-- Ids that clients gave their events: a repeat is accepted and not written again.
create table ingestion.client_event (
    event_id uuid primary key,
    accepted_at timestamptz not null
);
create index client_event_accepted_at on ingestion.client_event using brin (accepted_at);
