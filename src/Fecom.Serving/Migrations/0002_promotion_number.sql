alter table serving.served_model add column promotion bigint not null default 0;
comment on column serving.served_model.promotion is 'The promotion''s number in the registry; 0 for one from before they were numbered.';
