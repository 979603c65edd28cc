create schema if not exists jobs;

-- What the scheduler before this one kept.
do $$
declare
    former text;
begin
    for former in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'jobs' and tablename like 'qrtz\_%' loop
        execute 'drop table ' || former || ' cascade';
    end loop;
end $$;

create sequence jobs.moment;
comment on sequence jobs.moment is 'Counts requests and beginnings of runs, so that hosts whose clocks differ agree on which came first.';

create table jobs.run (
    id bigint primary key,
    job text not null,
    requested bigint not null,
    only_if_needed boolean not null,
    held integer not null default 0,
    host text,
    started_at timestamptz,
    ended_at timestamptz,
    progress text,
    share double precision
);
create index run_job on jobs.run (job, id desc);
comment on table jobs.run is 'The newest runs of each job: what Hangfire''s own tables, which have the state, do not say.';
comment on column jobs.run.requested is 'The moment when it was last asked for.';
comment on column jobs.run.held is 'How often it was put off since, because another run of the job was under way; 0 when it was not.';

create table jobs.turn (
    job text primary key,
    run bigint not null,
    begun bigint not null,
    covers bigint not null default 0,
    covered_by bigint
);
comment on table jobs.turn is 'Which run of a job began last. Every request up to the moment covers was met by run covered_by.';
