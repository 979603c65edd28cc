create table jobs.schedule (
    job text primary key,
    cron text,
    enabled boolean not null,
    changed_at timestamptz not null default now(),
    changed_by text not null
);
comment on table jobs.schedule is 'Schedules that somebody has changed; a job without a row runs as the settings say.';
comment on column jobs.schedule.cron is 'Five fields in UTC; null: as the settings say.';
comment on column jobs.schedule.enabled is 'Whether the job runs by itself; otherwise on demand only.';
