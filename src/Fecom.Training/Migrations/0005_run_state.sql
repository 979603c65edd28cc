-- One word a thing, here as for every other run: its state, when it had finished, and completed for one that went well.
alter table training.run rename column status to state;
alter table training.run rename column ended_at to finished_at;
alter table training.run drop constraint run_status_check;
update training.run set state = 'completed' where state = 'succeeded';
alter table training.run add constraint run_state_check check (state in ('running', 'completed', 'failed', 'cancelled'));
