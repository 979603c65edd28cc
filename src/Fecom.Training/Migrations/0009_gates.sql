alter table training.model_version
    add column decision text check (decision in ('promoted', 'refused', 'waiting')),
    add column gates jsonb;
comment on column training.model_version.decision is 'What became of it: promoted (it was the champion, or is), refused (it failed at a gate), waiting (it passed, and nobody has promoted it yet). Null for versions from before it was kept that never were the champion.';
comment on column training.model_version.gates is 'The gates that it was asked at, with the figures; null for versions from before.';
update training.model_version v set decision = 'promoted'
where exists (select from training.alias_change c where c.model = v.model and c.version = v.version and c.alias = 'champion');
