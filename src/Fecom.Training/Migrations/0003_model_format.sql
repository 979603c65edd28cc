alter table training.model_version add column algorithm text, add column format integer;
comment on column training.model_version.algorithm is 'What the version predicts with, where its kind of model has several ways.';
comment on column training.model_version.format is 'Format of the artifact: a host reads the one that it writes. Null for versions from before it was kept.';
