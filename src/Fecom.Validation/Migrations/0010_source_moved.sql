-- When the sink last came further in the source: a file that has been quiet for long enough is forgotten.
alter table validation.sink_source add column moved_at timestamptz not null default now();
