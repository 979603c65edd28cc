-- Deletions of users, and whom bronze takes nothing of any more that happened before.
create table bronze.user_deletion (
    id bigint generated always as identity primary key,
    user_id text,
    key uuid not null,
    requested_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    sessions text[],
    deleted jsonb not null default '{}',
    failure text
);
create unique index user_deletion_open on bronze.user_deletion (key) where finished_at is null;
comment on table bronze.user_deletion is 'Users whom the shop had deleted, and what was deleted of them.';
comment on column bronze.user_deletion.id is 'Number of the deletion, ascending.';
comment on column bronze.user_deletion.user_id is 'The user; null once all is deleted.';
comment on column bronze.user_deletion.key is 'Hash of the user''s id.';
comment on column bronze.user_deletion.requested_at is 'When it was asked for: what happened up to then goes.';
comment on column bronze.user_deletion.started_at is 'When it began.';
comment on column bronze.user_deletion.finished_at is 'When all was deleted; null until then.';
comment on column bronze.user_deletion.sessions is 'The user''s sessions while it is under way; null once all is deleted.';
comment on column bronze.user_deletion.deleted is 'How many records were deleted, by store.';
comment on column bronze.user_deletion.failure is 'Why the last attempt failed; null when it did not.';

create table bronze.forgotten_user (
    key uuid primary key,
    until timestamptz not null
);
comment on table bronze.forgotten_user is 'Deleted users, by a hash of their ids: an event of theirs that comes again is not taken.';
comment on column bronze.forgotten_user.key is 'Hash of the user''s id.';
comment on column bronze.forgotten_user.until is 'Events that happened up to then are not taken, UTC.';
