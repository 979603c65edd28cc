-- A run that has yet to begin waits, whatever runs it: a load says so as a job does.
alter table ingestion.load_run drop constraint load_run_state_check;
drop index ingestion.load_run_open;
update ingestion.load_run set state = 'waiting' where state = 'requested';
alter table ingestion.load_run add check (state in ('waiting', 'running', 'completed', 'failed'));
create index load_run_open on ingestion.load_run (requested_at) where state in ('waiting', 'running');
create index load_run_newest on ingestion.load_run (requested_at desc, id desc);
