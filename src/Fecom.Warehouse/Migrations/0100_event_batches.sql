-- Which rows of bronze silver has yet to take: the sink writes its list in the transaction that writes the rows, so that no row
-- is missed, however late its transaction commits.
create sequence bronze.event_batch_number;
create table bronze.event_batch (
    batch bigint not null,
    day date not null,
    events bigint not null,
    reread boolean not null default false,
    written_at timestamptz not null default now(),
    slice bigint,
    primary key (batch, day)
);
alter table bronze.event add column batch bigint not null default 0;
create index event_batch_idx on bronze.event (batch);
insert into bronze.event_batch (batch, day, events)
select 0, (event_time at time zone 'UTC')::date, count(*) from bronze.event group by 2;

comment on table bronze.event_batch is 'Rows of bronze.event that silver has yet to take: a row a batch of the sink and a day. Deleted when silver has them.';
comment on column bronze.event_batch.batch is 'Number of the sink''s transaction, as in bronze.event; 0 for what was there before batches were numbered.';
comment on column bronze.event_batch.day is 'Day (UTC) of event_time.';
comment on column bronze.event_batch.events is 'Rows of that batch and day.';
comment on column bronze.event_batch.reread is 'Whether the sink had been moved back: its rows replace rows that were removed, which silver may have.';
comment on column bronze.event_batch.written_at is 'When the sink wrote them.';
comment on column bronze.event_batch.slice is 'The slice that takes them; null until one is planned.';
comment on column bronze.event.event_time is 'When it happened, UTC.';
comment on column bronze.event.received_at is 'When Fecom first took it in, UTC.';
comment on column bronze.event.validated_at is 'When validation passed it, UTC.';
comment on column bronze.event.event_id is 'Names the event wherever it is sent again.';
comment on column bronze.event.position is 'Place in the source: a line number, an outbox sequence or a Kafka offset.';
comment on column bronze.event.event_type is 'view, cart, remove_from_cart or purchase.';
comment on column bronze.event.product_id is 'The product, opaque.';
comment on column bronze.event.category_id is 'The product''s category, opaque; null when the shop did not say.';
comment on column bronze.event.category_code is 'Dotted category path; null when the shop did not say.';
comment on column bronze.event.brand is 'Brand; null when the shop did not say.';
comment on column bronze.event.price is 'Unit price in the shop''s currency.';
comment on column bronze.event.user_id is 'The visitor, opaque.';
comment on column bronze.event.user_session is 'The visit as the shop names it, opaque.';
comment on column bronze.event.source is 'Where the event came from.';
comment on column bronze.event.batch is 'Number of the sink''s transaction that wrote the row.';
