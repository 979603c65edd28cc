-- Events that left validation in the last while, by the second in which a host told of them.
create table validation.recent_count (
    at timestamptz primary key,
    valid bigint not null,
    invalid bigint not null
);

-- Rises of the invalid share. At most one has no end yet.
create table validation.alert (
    id bigint generated always as identity primary key,
    raised_at timestamptz not null,
    share double precision not null,
    invalid bigint not null,
    events bigint not null,
    top_rules jsonb not null,
    resolved_at timestamptz,
    resolved_share double precision,
    -- When the webhook had it.
    raised_told_at timestamptz,
    resolved_told_at timestamptz
);
create unique index alert_open on validation.alert ((true)) where resolved_at is null;
