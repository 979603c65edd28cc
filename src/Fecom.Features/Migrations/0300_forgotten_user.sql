-- Deleted users, by a hash of their ids: an event of theirs up to the time is not taken again.
create table features.forgotten_user (
    key uuid primary key,
    until timestamptz not null
);
