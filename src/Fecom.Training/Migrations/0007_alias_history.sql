alter table training.alias_change
    add column moved_by text,
    add column restores bigint references training.alias_change,
    add column undone boolean not null default false;
comment on column training.alias_change.moved_by is 'Who or what moved the alias: a training run, or a caller of the API. Null for changes from before it was kept.';
comment on column training.alias_change.restores is 'The change that a rollback went back to; null for what is no rollback.';
comment on column training.alias_change.undone is 'Whether a rollback went back behind this change: the next rollback passes over it.';
