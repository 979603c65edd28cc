-- Each batch looks for its own changes several times: without an index each look reads all that wait, which are millions after a backfill or
-- while the target is away.
create index change_batch on cloud.change (batch, table_name);
