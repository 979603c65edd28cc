alter table jobs.turn rename to latest_run;
