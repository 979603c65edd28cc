alter table training.model_version add column fingerprint text;
comment on column training.model_version.fingerprint is 'Hash over the data it learned from, the settings and the code; null for versions from before. A training on the same registers nothing.';

alter table training.model_version add column notes text[] not null default '{}';
comment on column training.model_version.notes is 'What whoever asks this version must know of it, a sentence each, such as that it learned from the sample.';

alter table training.model_version add column degraded boolean not null default false;
comment on column training.model_version.degraded is 'Whether it is worse than it should be, as its notes say; health shows it.';

alter table training.model_version add column artifact_removed_at timestamptz;
comment on column training.model_version.artifact_removed_at is 'When its file was removed: old versions keep their row only. See Training:KeepVersions.';

create index alias_change_alias on training.alias_change (model, alias, id);
comment on column training.alias_change.id is 'The promotion''s number: grows with each one of an alias, so that whoever hears of two knows the later.';
