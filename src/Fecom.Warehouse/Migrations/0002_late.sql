alter table bronze.event add column late boolean not null default false;
comment on column bronze.event.late is 'Received much later than it happened; see Validation:LateHours.';
