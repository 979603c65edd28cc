alter table training.run
    add column seed bigint,
    add column code_version text,
    add column data_fingerprint text,
    add column diagnostics jsonb;
comment on column training.run.seed is 'Seed of every random choice; the same data, parameters, code and seed give the same model. Null where nothing is left to chance, and for runs from before it was kept.';
comment on column training.run.code_version is 'The release that trained; null for runs from before it was kept.';
comment on column training.run.data_fingerprint is 'Hash over all rows that were read; null before they were.';
comment on column training.run.diagnostics is 'The curves and tables of the new model, as data; null where its kind of model has none.';

create table training.run_step (
    run_id bigint not null references training.run,
    name text not null,
    step integer not null,
    value double precision not null,
    primary key (run_id, name, step)
);
comment on table training.run_step is 'What was measured step by step, such as the log loss after each tree.';
