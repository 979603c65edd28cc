-- Rows of captured tables that a change has brought, by table and primary key, each with the place of the change that brought it first.
create table validation.captured_row (
    row_id uuid primary key,
    -- Hash of the source's name.
    source bigint not null,
    position bigint not null,
    -- No valid event; one that comes later and is valid takes its place.
    refused boolean not null
);

-- What came on the change topic from others than the capture, by partition: counted up to a position.
create table validation.change_feed (
    source text primary key,
    position bigint not null,
    keyed_by_user boolean,
    last_error text,
    last_error_at timestamptz,
    changed_at timestamptz not null
);
create table validation.change_feed_count (
    source text not null,
    what text not null,
    messages bigint not null,
    primary key (source, what)
);

-- Of a change: its message's key, which names the row; the letter is sent again as the change that it was.
alter table validation.invalid_event add column message_key bytea;
