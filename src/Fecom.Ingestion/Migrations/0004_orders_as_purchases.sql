-- What an order item needs to become a purchase: the newest rows of four Fecom tables, in whatever order their files came.
create table ingestion.shop_order (
    order_id text primary key,
    customer_trx_id text,
    event_time text
);
create table ingestion.shop_customer (
    customer_trx_id text primary key,
    subscriber_id text
);
create table ingestion.shop_product (
    product_id text primary key,
    category text
);
create table ingestion.shop_order_item (
    order_id text not null,
    order_item_id text not null,
    product_id text,
    price text,
    -- It has its place in ingestion.purchase, and never gets another one.
    purchased boolean not null default false,
    primary key (order_id, order_item_id)
);
create index shop_order_item_waiting on ingestion.shop_order_item (order_id) where not purchased;

-- Purchases that are not yet in every sink, as they were when they got their position: sent again, they are the same.
create table ingestion.purchase (
    position bigint primary key,
    event_time text,
    product_id text,
    category text,
    price text,
    user_id text,
    user_session text not null,
    received_at timestamptz not null
);

create table ingestion.purchase_state (
    only_row boolean primary key default true check (only_row),
    next_position bigint not null,
    -- Every sink has the purchases up to here, and who acts on a completed load has heard of those up to there.
    taken bigint not null,
    announced bigint not null,
    -- The snapshots that were joined last.
    joined text,
    -- Items that wait for their order, customer or product: counts and examples.
    waiting jsonb not null
);
insert into ingestion.purchase_state (next_position, taken, announced, waiting) values (1, 0, 0, '[]');
