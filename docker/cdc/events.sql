-- The shop's table, as Fecom and Debezium read it. Run once, when the volume is made.
create table public.events (
    id bigint generated always as identity primary key,
    event_time timestamptz not null default now(),
    event_type text not null,
    product_id bigint not null,
    category_id bigint,
    category_code text,
    brand text,
    price numeric(12, 2) not null,
    user_id bigint not null,
    user_session uuid not null
);
