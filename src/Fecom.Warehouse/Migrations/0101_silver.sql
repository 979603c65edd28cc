create schema if not exists silver;

create table silver.slice (
    slice bigint primary key,
    state text not null check (state in ('planned', 'silver', 'gold')),
    first_batch bigint not null,
    last_batch bigint not null,
    from_time timestamptz not null,
    to_time timestamptz not null,
    bronze_events bigint not null,
    written_at timestamptz not null,
    events bigint,
    duplicates bigint,
    views bigint,
    carts bigint,
    removals bigint,
    purchases bigint,
    revenue numeric,
    planned_at timestamptz not null,
    silver_at timestamptz,
    gold_at timestamptz,
    failed_rule text,
    failed_rows bigint,
    failure text,
    failed_at timestamptz
);
create index slice_open on silver.slice (slice) where state <> 'gold';
comment on table silver.slice is 'A piece of new events on its way from bronze through silver to gold. Pieces that have come to gold are forgotten after a while.';
comment on column silver.slice.slice is 'Number of the slice, ascending.';
comment on column silver.slice.state is 'How far it is: planned, silver (its rows are in silver), or gold.';
comment on column silver.slice.first_batch is 'Lowest batch of bronze in it.';
comment on column silver.slice.last_batch is 'Highest batch of bronze in it.';
comment on column silver.slice.from_time is 'No event of it is earlier.';
comment on column silver.slice.to_time is 'Every event of it is earlier than this.';
comment on column silver.slice.bronze_events is 'Events that bronze announced.';
comment on column silver.slice.written_at is 'When bronze had the last of them.';
comment on column silver.slice.events is 'Events that silver has of it.';
comment on column silver.slice.duplicates is 'Events that silver had already and left out.';
comment on column silver.slice.views is 'Of the events, views.';
comment on column silver.slice.carts is 'Of the events, products put into a cart.';
comment on column silver.slice.removals is 'Of the events, products taken out of a cart.';
comment on column silver.slice.purchases is 'Of the events, purchases.';
comment on column silver.slice.revenue is 'Sum of the purchases'' prices.';
comment on column silver.slice.planned_at is 'When it was planned.';
comment on column silver.slice.silver_at is 'When silver had it.';
comment on column silver.slice.gold_at is 'When gold had it.';
comment on column silver.slice.failed_rule is 'The quality rule that it fails; null when it fails none. It is tried again with every run.';
comment on column silver.slice.failed_rows is 'Rows that fail the rule.';
comment on column silver.slice.failure is 'What is wrong, for a person, with some of the rows.';
comment on column silver.slice.failed_at is 'When it failed last.';

create table silver.promoted (
    events bigint not null,
    views bigint not null,
    carts bigint not null,
    removals bigint not null,
    purchases bigint not null,
    revenue numeric not null,
    watermark timestamptz
);
insert into silver.promoted values (0, 0, 0, 0, 0, 0, null);
comment on table silver.promoted is 'What gold has in all, in one row: gold''s totals are held against it.';
comment on column silver.promoted.events is 'Events in gold.';
comment on column silver.promoted.views is 'Of them, views.';
comment on column silver.promoted.carts is 'Of them, products put into a cart.';
comment on column silver.promoted.removals is 'Of them, products taken out of a cart.';
comment on column silver.promoted.purchases is 'Of them, purchases.';
comment on column silver.promoted.revenue is 'Sum of the purchases'' prices.';
comment on column silver.promoted.watermark is 'The latest event_time in gold: a session that has been idle for 30 minutes by then has ended.';

create table silver.event (
    slice bigint not null,
    event_time timestamptz not null,
    received_at timestamptz not null,
    event_id uuid not null,
    position bigint not null,
    event_type text not null,
    product_id text not null,
    category_id text,
    category_code text,
    brand text,
    price numeric not null,
    user_id text not null,
    user_session text not null,
    source text not null,
    late boolean not null,
    is_named boolean not null
) partition by range (event_time);
create index event_slice on silver.event (slice);
create index event_named on silver.event (event_id) where is_named;
comment on table silver.event is 'Every behaviour event once by its event_id, however often bronze has it. One partition a month (UTC) of event_time.';
comment on column silver.event.slice is 'The slice that brought it.';
comment on column silver.event.event_time is 'When it happened, UTC.';
comment on column silver.event.received_at is 'When Fecom first took it in, UTC.';
comment on column silver.event.event_id is 'Names the event; unique.';
comment on column silver.event.position is 'Place in the source.';
comment on column silver.event.event_type is 'view, cart, remove_from_cart or purchase.';
comment on column silver.event.product_id is 'The product.';
comment on column silver.event.category_id is 'The product''s category as the event said; null when it did not.';
comment on column silver.event.category_code is 'Dotted category path as the event said; null when it did not.';
comment on column silver.event.brand is 'Brand as the event said; null when it did not.';
comment on column silver.event.price is 'Unit price in the shop''s currency.';
comment on column silver.event.user_id is 'The visitor.';
comment on column silver.event.user_session is 'The session, as the shop names it.';
comment on column silver.event.source is 'Where the event came from.';
comment on column silver.event.late is 'Received much later than it happened; see Validation:LateHours.';
comment on column silver.event.is_named is 'Whether its client named it: then it can come again from another source or much later, and is looked for.';

create table silver.cart_line (
    user_session text not null,
    product_id text not null,
    user_id text not null,
    carts bigint not null,
    removals bigint not null,
    purchases bigint not null,
    first_cart_at timestamptz,
    last_cart_at timestamptz,
    last_removal_at timestamptz,
    last_purchase_at timestamptz,
    cart_price numeric,
    revenue numeric not null,
    primary key (user_session, product_id)
);
comment on table silver.cart_line is 'What is known of a product in a session beyond its views, also where it was bought without a cart: a cart event may still come late. gold.fact_cart is made of it.';
comment on column silver.cart_line.user_session is 'The session.';
comment on column silver.cart_line.product_id is 'The product.';
comment on column silver.cart_line.user_id is 'The visitor; the first in the alphabet, should a session have several.';
comment on column silver.cart_line.carts is 'How often it was put into the cart.';
comment on column silver.cart_line.removals is 'How often it was taken out.';
comment on column silver.cart_line.purchases is 'How often it was bought.';
comment on column silver.cart_line.first_cart_at is 'When it was first put into the cart.';
comment on column silver.cart_line.last_cart_at is 'When it was last put into the cart.';
comment on column silver.cart_line.last_removal_at is 'When it was last taken out.';
comment on column silver.cart_line.last_purchase_at is 'When it was last bought.';
comment on column silver.cart_line.cart_price is 'Highest price at which it was put into the cart.';
comment on column silver.cart_line.revenue is 'Sum of the purchases'' prices.';
