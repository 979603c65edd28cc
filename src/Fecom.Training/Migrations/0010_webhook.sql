alter table training.alias_change add column is_told boolean not null default true;
alter table training.alias_change alter column is_told drop default;
create index alias_change_untold on training.alias_change (id) where not is_told;
comment on column training.alias_change.is_told is 'Whether the webhook has it, or there was none when it came.';
