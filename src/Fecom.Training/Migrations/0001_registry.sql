create table training.run (
    id bigint generated always as identity primary key,
    job text not null,
    status text not null check (status in ('running', 'succeeded', 'failed', 'cancelled')),
    started_at timestamptz not null,
    ended_at timestamptz,
    progress text,
    error text,
    parameters jsonb not null default '{}'
);
create index run_job on training.run (job, id desc);
comment on table training.run is 'Every training, with how it ended.';

create table training.run_metric (
    run_id bigint not null references training.run,
    name text not null,
    value double precision not null,
    primary key (run_id, name)
);

create table training.model (
    name text primary key,
    created_at timestamptz not null
);
create table training.model_version (
    model text not null references training.model,
    version integer not null,
    run_id bigint not null references training.run,
    artifact_path text not null,
    sha256 text not null,
    size_bytes bigint not null,
    created_at timestamptz not null,
    primary key (model, version)
);
create table training.alias (
    model text not null,
    alias text not null,
    version integer not null,
    changed_at timestamptz not null,
    primary key (model, alias),
    foreign key (model, version) references training.model_version
);
create table training.alias_change (
    id bigint generated always as identity primary key,
    model text not null,
    alias text not null,
    version integer not null,
    changed_at timestamptz not null,
    reason text not null
);
comment on table training.alias_change is 'What each alias stood for, since when and why: what served when.';
