-- A file that has no row and that nobody writes to is idle: nothing is under way.
alter table ingestion.file_load drop constraint file_load_state_check;
alter table ingestion.file_load add constraint file_load_state_check
    check (state in ('waiting', 'idle', 'loading', 'completed', 'refused', 'failed', 'replaced'));
-- When it was noticed that the file lies there no more.
alter table ingestion.file_load add column gone_at timestamptz;
