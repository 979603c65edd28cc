-- Numbers in sequences instead of rows: a sequence has no versions, so a transaction that reads for long does not make every
-- append look through what it keeps alive. Whoever gives a number holds a lock until the commit, so they ascend with the commits;
-- a transaction that fails leaves a gap.
create sequence ingestion.outbox_last minvalue 0 start 0;
comment on sequence ingestion.outbox_last is 'Number of the last event that was given one.';
create sequence ingestion.outbox_done minvalue 0 start 0;
comment on sequence ingestion.outbox_done is 'Number of the last event that every sink has.';
select setval('ingestion.outbox_last', next_seq - 1) from ingestion.outbox_counter;
select setval('ingestion.outbox_done', coalesce((select min(first_seq) from ingestion.outbox), next_seq) - 1) from ingestion.outbox_counter;
drop table ingestion.outbox_counter;
