create index run_open on training.run (id) where state = 'running';

alter table training.model_version add column has_file boolean not null default true;
update training.model_version set has_file = false where artifact_removed_at is not null;
comment on column training.model_version.has_file is 'Whether its file may be there. A file is removed once the version is known as removed, so that none is missing of a version that could still be pointed at.';
