create table training.study (
    id bigint generated always as identity primary key,
    state text not null check (state in ('waiting', 'running', 'completed', 'failed', 'cancelled')),
    sampler text not null check (sampler in ('random', 'tpe')),
    halving boolean not null,
    seed bigint not null,
    trials integer not null,
    max_seconds integer not null,
    requested_at timestamptz not null,
    started_at timestamptz,
    ready_at timestamptz,
    finished_at timestamptz,
    rungs integer,
    row_count integer,
    data_path text,
    data_sha256 text,
    data_fingerprint text,
    best_trial integer,
    best_loss double precision,
    progress text,
    error text
);
create unique index study_under_way on training.study ((true)) where state in ('waiting', 'running');
create index study_data on training.study (id) where data_path is not null;
comment on table training.study is 'A search for good parameters of the purchase model. One is under way at a time.';
comment on column training.study.ready_at is 'When its rows were there, and its time for trials began.';
comment on column training.study.data_path is 'Where the rows lie in the store of models; null once they are removed, after its end.';

create table training.trial (
    study_id bigint not null references training.study,
    number integer not null,
    parameters double precision[] not null,
    primary key (study_id, number)
);
comment on table training.trial is 'Parameters that a study tries, in the order of their ranges.';

create table training.trial_rung (
    study_id bigint not null,
    number integer not null,
    rung integer not null,
    state text not null check (state in ('running', 'completed', 'failed')),
    attempt integer not null default 1,
    host text not null,
    lease_until timestamptz not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    loss double precision,
    trees integer,
    error text,
    primary key (study_id, number, rung),
    foreign key (study_id, number) references training.trial
);
comment on table training.trial_rung is 'A trial measured on a rung of its study. The host that measures it renews its lease; when the lease has ended, the next host that looks takes it, as another attempt, and what the earlier one still says counts no more.';

alter table training.model_version add column study_id bigint references training.study;
comment on column training.model_version.study_id is 'The study whose best parameters it was trained with; null for the parameters that come with the release.';
