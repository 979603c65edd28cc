-- Days that have no partition of their own: when there are as many as Warehouse:MaxDayPartitions allows.
create table bronze.event_other_days partition of bronze.event default;
create index event_other_days_event_time on bronze.event_other_days using brin (event_time);
comment on table bronze.event is 'Every validated behaviour event exactly once, as it was validated. One partition a day (UTC) of event_time, up to Warehouse:MaxDayPartitions; events of further days are in event_other_days.';
