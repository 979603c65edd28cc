-- A table of a shop's PostgreSQL that is followed by logical replication. Each time it is begun anew is a generation of its own.
create table ingestion.capture (
    table_name text not null,
    generation int not null,
    -- The name that its events carry.
    source text not null unique,
    system_id text not null,
    database_name text not null,
    slot text not null,
    -- snapshot: its rows are being taken; sending: they are here, and on their way; streaming: changes follow; replaced.
    state text not null,
    -- Counts the tries to take the snapshot: a host that was replaced in the middle does not end the new one's.
    attempt int not null default 0,
    -- Where the changes go on, and the position of the last one before that.
    lsn pg_lsn,
    position bigint not null default 0,
    snapshot_rows bigint not null default 0,
    created bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    truncated bigint not null default 0,
    started_at timestamptz not null,
    last_error text,
    primary key (table_name, generation)
);

-- Rows of a snapshot that are not yet in every sink, as they are sent: sent again, each has the same position.
create table ingestion.capture_row (
    position bigint primary key,
    key bytea not null,
    value bytea not null
);
