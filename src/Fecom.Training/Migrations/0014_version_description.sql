alter table training.model_version
    add column description text not null default '',
    add column inputs jsonb;
comment on column training.model_version.description is 'What the version is, for people: the training''s own words until somebody gives it others.';
comment on column training.model_version.inputs is 'What it predicts from: names, types, units and meanings; null for versions from before it was kept.';
