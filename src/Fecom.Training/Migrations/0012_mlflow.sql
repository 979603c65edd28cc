alter table training.run
    add column mlflow_key uuid,
    add column mlflow_run_id text,
    add column mlflow_told_at timestamptz,
    add column mlflow_refusal text;
comment on column training.run.mlflow_key is 'By which MLflow knows the run, in its tag fecom_run_key; null for runs that began while no MLflow was set: they are not told.';
comment on column training.run.mlflow_run_id is 'MLflow''s id of the run; null before it was told.';
comment on column training.run.mlflow_told_at is 'When MLflow had all of the run.';
comment on column training.run.mlflow_refusal is 'Why MLflow did not take the run, or a part of it; tried again when a host starts. Null otherwise.';
create index run_untold on training.run (id)
    where mlflow_key is not null and mlflow_told_at is null and mlflow_refusal is null;

alter table training.model_version add column mlflow_version text;
comment on column training.model_version.mlflow_version is 'The version''s number in MLflow''s registry, which counts by itself; null for versions that it does not have.';

create table training.mlflow_alias (
    model text not null,
    alias text not null,
    version integer not null,
    mlflow_version text,
    primary key (model, alias)
);
comment on table training.mlflow_alias is 'What MLflow was told last of each alias: the version, and its number there; none where MLflow does not have it.';

create table training.mlflow_outage (
    is_only boolean primary key default true check (is_only),
    since timestamptz not null,
    reason text not null
);
comment on table training.mlflow_outage is 'One row while MLflow takes nothing: since when, and why.';
