-- What the search index said of a letter that it will never take; null otherwise.
alter table validation.invalid_event add column index_error text;

-- How far a search index has come: it has every letter up to this id, or the letter has an index_error.
create table validation.index_position (
    target text primary key,
    position bigint not null,
    -- What it waits for; null when it goes on.
    error text,
    changed_at timestamptz not null
);
