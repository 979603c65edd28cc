-- One row a source: a file by its name and the hash of its first lines. A file that could not be identified has one by its name alone.
create table ingestion.file_load (
    id uuid primary key,
    source text not null unique,
    file_name text not null,
    -- Empty while the file is not identified.
    fingerprint text not null,
    -- From 1; a file that was replaced by one with the same first lines is the next generation.
    generation integer not null,
    state text not null check (state in ('waiting', 'loading', 'completed', 'refused', 'failed', 'replaced')),
    -- The file as it was when it was last looked at.
    size bigint not null,
    modified_at timestamptz not null,
    -- Every sink has all rows before this position; tail_hash is of the bytes just before it.
    next_line bigint not null,
    next_offset bigint not null,
    tail_hash bytea not null,
    rows bigint not null,
    malformed bigint not null,
    -- How much of the file, as it lies on disk, has been read up to the position.
    bytes_read bigint not null,
    -- A last line without a line break was sent; the position stays before it.
    last_line_sent boolean not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    notice text,
    last_error text
);
create index file_load_file_name on ingestion.file_load (file_name);

-- Loads that somebody asked for.
create table ingestion.load_run (
    id uuid primary key,
    source text not null,
    state text not null check (state in ('requested', 'running', 'completed', 'failed')),
    requested_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    rows bigint not null,
    error text
);
create index load_run_open on ingestion.load_run (requested_at) where state in ('requested', 'running');
