create table serving.served_model (
    model text primary key,
    version integer not null,
    artifact_path text not null,
    sha256 text not null,
    promoted_at timestamptz not null,
    loaded_at timestamptz not null
);
comment on table serving.served_model is 'The version of each model that was loaded last: what a restart serves before any message came.';
