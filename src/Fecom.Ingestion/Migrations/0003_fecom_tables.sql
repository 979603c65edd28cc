-- Names this database, so that two on one data folder keep their snapshots apart.
create table ingestion.instance (
    only_row boolean primary key default true check (only_row),
    id uuid not null default gen_random_uuid()
);
insert into ingestion.instance default values;

-- One row a Fecom table: the last snapshot whose changes every sink has.
create table ingestion.table_snapshot (
    table_name text primary key,
    number bigint not null,
    -- Position of its last change; positions ascend from snapshot to snapshot.
    position bigint not null,
    file_name text not null,
    rows bigint not null,
    created bigint not null,
    updated bigint not null,
    deleted bigint not null,
    -- Rows whose line could not be read: they stay as they were.
    held bigint not null,
    -- What the file held beside rows: counts and examples.
    findings jsonb not null,
    notice text,
    taken_at timestamptz not null,
    finished_at timestamptz not null
);

-- One row a file of a Fecom table, as it lay there when it was last looked at.
create table ingestion.table_file (
    file_name text primary key,
    table_name text not null,
    state text not null check (state in ('waiting', 'completed', 'refused', 'failed')),
    size bigint not null,
    modified_at timestamptz not null,
    notice text,
    last_error text,
    looked_at timestamptz not null
);
