alter table training.run
    add column feature_profile jsonb,
    add column reason text;
comment on column training.run.feature_profile is 'How each feature of the rows that were learned from is spread over bins, for drift to be seen; null where a kind of model has none, and for runs from before it was kept.';
comment on column training.run.reason is 'Why it was started by what watches the models; null for one by its schedule, a load or a person.';

create table training.retraining (
    id bigint generated always as identity primary key,
    job text not null,
    asked_at timestamptz not null,
    reason text not null,
    run_id bigint references training.run
);
create index retraining_open on training.retraining (job) where run_id is null;
comment on table training.retraining is 'Trainings that were asked for because features or live quality have moved.';
comment on column training.retraining.run_id is 'The training that answered it; null until one begins.';

create table training.watch_report (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('skew', 'drift', 'quality')),
    model text not null,
    version integer,
    measured_at timestamptz not null,
    predictions bigint not null,
    alert text,
    details jsonb not null
);
create index watch_report_model on training.watch_report (model, kind, id desc);
comment on table training.watch_report is 'What was found of a model that serves: skew of its served features against the offline ones, drift against its training set, live quality.';
comment on column training.watch_report.version is 'The champion that it speaks of; null for skew, which is no matter of a version.';
comment on column training.watch_report.alert is 'What is wrong and what to do, for a person; null when nothing is.';

create table training.live_quality (
    model text not null,
    version integer not null,
    day date not null,
    predictions bigint not null,
    bought bigint not null,
    auc double precision,
    average_precision double precision,
    calibration_error double precision not null,
    mean_probability double precision not null,
    measured_at timestamptz not null,
    primary key (model, version, day)
);
comment on table training.live_quality is 'How good the predictions of a day (UTC) were that were logged, once it was known what was bought.';
