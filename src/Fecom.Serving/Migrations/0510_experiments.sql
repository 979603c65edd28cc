create table serving.experiment (
    change bigint generated always as identity primary key,
    name text not null,
    version integer not null,
    changed_at timestamptz not null,
    changed_by text not null,
    reason text not null,
    state text not null check (state in ('draft', 'running', 'stopped')),
    stopped_variants text[] not null default '{}',
    by_guard boolean not null default false,
    definition jsonb not null,
    unique (name, version)
);
comment on table serving.experiment is 'Experiments, each by versions, of which the highest holds. Rows are only added, so that this is also who changed what, when and why.';
comment on column serving.experiment.change is 'Ascends with each change, so that a host reads only when there is one.';
comment on column serving.experiment.stopped_variants is 'Variants that nobody gets any more.';
comment on column serving.experiment.by_guard is 'Whether the guard made the change, since a variant loses.';
comment on column serving.experiment.definition is 'The experiment as the API takes it; the same in each of its versions.';

alter table serving.recommendation
    add column experiment text,
    add column variant text,
    add column unit uuid,
    add column session uuid;
create index recommendation_unit on serving.recommendation (unit) where unit is not null;
create index recommendation_session on serving.recommendation (session) where session is not null;
comment on column serving.recommendation.experiment is 'The experiment that the answer was part of; null where it was of none.';
comment on column serving.recommendation.variant is 'Its variant.';
comment on column serving.recommendation.unit is 'The visitor of the experiment, or the session where no user was named, by a hash; null without an experiment, and once the user is deleted.';
comment on column serving.recommendation.session is 'The session by a hash; of an answer without one the visitor''s day.';

create table serving.experiment_session (
    experiment text not null,
    unit uuid not null,
    session uuid not null,
    variant text not null,
    first_at timestamptz not null,
    answers bigint not null,
    impressions bigint not null default 0,
    clicks bigint not null default 0,
    carts bigint not null default 0,
    purchases bigint not null default 0,
    revenue numeric not null default 0,
    primary key (experiment, unit, session, variant)
);
create index experiment_session_unit on serving.experiment_session (unit);
create index experiment_session_session on serving.experiment_session (session);
comment on table serving.experiment_session is 'Sessions that were part of an experiment, and what they did with what was recommended to them.';
comment on column serving.experiment_session.unit is 'The visitor, or the session where no user was named, by a hash.';
comment on column serving.experiment_session.session is 'The session by a hash; of answers without one the visitor''s day.';
comment on column serving.experiment_session.first_at is 'When it got its first answer, UTC.';
comment on column serving.experiment_session.answers is 'Recommendations that it got.';

create table serving.experiment_counted (
    one boolean primary key default true check (one),
    seq bigint not null
);
insert into serving.experiment_counted (seq) values (0);
comment on table serving.experiment_counted is 'A row: feedback up to this number is counted in the experiments.';

create table serving.experiment_result (
    experiment text primary key,
    kept_at timestamptz not null,
    results jsonb not null
);
comment on table serving.experiment_result is 'The last results of experiments whose sessions are forgotten.';
