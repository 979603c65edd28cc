-- Ids that clients gave their events, each with the event that had it first.
create table validation.seen_event_id (
    event_id uuid primary key,
    -- Hash of the source's name.
    source bigint not null,
    position bigint not null,
    seen_at timestamptz not null
);
create index seen_event_id_seen_at on validation.seen_event_id using brin (seen_at);
