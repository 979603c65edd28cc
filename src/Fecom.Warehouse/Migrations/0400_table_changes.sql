-- The changes of the Fecom tables: bronze has each as it came, silver the rows as they are and were.
create table bronze.table_change (
    changed_at timestamptz not null,
    received_at timestamptz not null,
    change_id uuid not null,
    table_name text not null,
    key text not null,
    op text not null,
    before jsonb,
    after jsonb,
    snapshot bigint not null,
    file text not null,
    line bigint,
    source text not null,
    position bigint not null,
    batch bigint not null
) partition by range (changed_at);
create index table_change_batch on bronze.table_change (batch);
create index table_change_id on bronze.table_change (change_id);
comment on table bronze.table_change is 'Every change of a row of the Fecom tables exactly once, as fecom.cdc.* carried it. One partition a month (UTC) of changed_at.';
comment on column bronze.table_change.changed_at is 'When the file was read in which the change was found, UTC.';
comment on column bronze.table_change.received_at is 'When Fecom first took the change in, UTC.';
comment on column bronze.table_change.change_id is 'Names the change wherever it is sent again.';
comment on column bronze.table_change.table_name is 'The Fecom table: customers, geolocations, order_items, order_payments, order_reviews, orders, products or sellers.';
comment on column bronze.table_change.key is 'The values of the row''s key, with a slash between them.';
comment on column bronze.table_change.op is 'c created, u updated, d deleted.';
comment on column bronze.table_change.before is 'The row as it was; null of a created one.';
comment on column bronze.table_change.after is 'The row as it is; null of a deleted one.';
comment on column bronze.table_change.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column bronze.table_change.file is 'The file that differed from the last snapshot.';
comment on column bronze.table_change.line is 'The row''s line there; null of a deleted one.';
comment on column bronze.table_change.source is 'Where the change came from.';
comment on column bronze.table_change.position is 'Place in the source.';
comment on column bronze.table_change.batch is 'Number of the sink''s transaction that wrote it.';

-- Which of them silver has yet to take: written in the transaction that writes the rows, so that none is missed.
create sequence bronze.change_batch_number;
create table bronze.change_batch (
    batch bigint not null,
    month date not null,
    table_name text not null,
    changes bigint not null,
    written_at timestamptz not null default now(),
    primary key (batch, month)
);
comment on table bronze.change_batch is 'Changes of bronze.table_change that silver has yet to take: a row a transaction of a sink and a month. Deleted when silver has them.';
comment on column bronze.change_batch.batch is 'Number of the sink''s transaction, as in bronze.table_change.';
comment on column bronze.change_batch.month is 'First day of the month (UTC) of changed_at.';
comment on column bronze.change_batch.table_name is 'The Fecom table.';
comment on column bronze.change_batch.changes is 'Changes of that batch and month.';
comment on column bronze.change_batch.written_at is 'When the sink wrote them.';

create table bronze.forgotten_row (
    key uuid primary key,
    until timestamptz not null
);
comment on table bronze.forgotten_row is 'Customers and orders of deleted users, by a hash of table and key: a change of theirs is not taken any more.';
comment on column bronze.forgotten_row.key is 'Hash of the table and the key.';
comment on column bronze.forgotten_row.until is 'Changes up to then are not taken, UTC; far in the future, since a deleted order stays deleted.';
alter table bronze.user_deletion add column customers text[], add column orders text[];
comment on column bronze.user_deletion.customers is 'The user''s customers of orders while it is under way; null once all is deleted.';
comment on column bronze.user_deletion.orders is 'The user''s orders while it is under way; null once all is deleted.';

-- Text of a table as what its column holds; null where it is not that. The text itself stays in bronze.
create function silver.as_number(value text) returns numeric language sql immutable parallel safe as $$
    select case when value ~ '^\s*-?[0-9]{1,14}([.][0-9]{1,14})?\s*$' then value::numeric end
$$;
comment on function silver.as_number is 'A number of at most 14 digits before and behind its decimal point; null of any other text.';
create function silver.as_time(value text) returns timestamptz language plpgsql immutable parallel safe as $$
begin
    if value is null then
        return null;
    elsif value ~ '^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?\s*$' then
        return value::timestamp at time zone 'UTC';
    elsif value ~ '^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)? ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)\s*$' then
        return value::timestamptz;
    end if;
    return null;
exception when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
    return null;
end
$$;
comment on function silver.as_time is 'A date or time, UTC where it names no zone; null of any other text.';

create table silver.customers (
    customer_trx_id text not null,
    subscriber_id text,
    subscribe_date timestamptz,
    first_order_date timestamptz,
    customer_postal_code text,
    customer_city text,
    customer_country text,
    customer_country_code text,
    age numeric,
    gender text,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (customer_trx_id, change_id)
);
comment on table silver.customers is 'The Fecom table customers: each customer as it is (is_current) and as it was, a row a change.';
comment on column silver.customers.customer_trx_id is 'The customer of one order; the key.';
comment on column silver.customers.subscriber_id is 'The person: the visitor of gold.dim_user. Null where the shop leaves it out.';
comment on column silver.customers.subscribe_date is 'When they subscribed, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.customers.first_order_date is 'When they first ordered, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.customers.customer_postal_code is 'Postal code. Null where the shop leaves it out.';
comment on column silver.customers.customer_city is 'City. Null where the shop leaves it out.';
comment on column silver.customers.customer_country is 'Country. Null where the shop leaves it out.';
comment on column silver.customers.customer_country_code is 'Country, two letters. Null where the shop leaves it out.';
comment on column silver.customers.age is 'Age in years. Null where the shop leaves it out or writes something else.';
comment on column silver.customers.gender is 'Gender as the shop writes it. Null where the shop leaves it out.';
comment on column silver.customers.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.customers.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.customers.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.customers.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.customers.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.customers.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.geolocations (
    geo_postal_code text not null,
    geo_lat numeric,
    geo_lon numeric,
    geolocation_city text,
    geo_country text,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (geo_postal_code, change_id)
);
comment on table silver.geolocations is 'The Fecom table geolocations: each place as it is (is_current) and as it was, a row a change.';
comment on column silver.geolocations.geo_postal_code is 'Postal code; the key.';
comment on column silver.geolocations.geo_lat is 'Latitude in degrees. Null where the shop leaves it out or writes something else.';
comment on column silver.geolocations.geo_lon is 'Longitude in degrees. Null where the shop leaves it out or writes something else.';
comment on column silver.geolocations.geolocation_city is 'City. Null where the shop leaves it out.';
comment on column silver.geolocations.geo_country is 'Country. Null where the shop leaves it out.';
comment on column silver.geolocations.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.geolocations.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.geolocations.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.geolocations.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.geolocations.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.geolocations.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.order_items (
    order_id text not null,
    order_item_id text not null,
    product_id text,
    seller_id text,
    shipping_limit_date timestamptz,
    price numeric,
    freight_value numeric,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (order_id, order_item_id, change_id)
);
comment on table silver.order_items is 'The Fecom table order_items: each item of an order as it is (is_current) and as it was, a row a change.';
comment on column silver.order_items.order_id is 'The order; first part of the key.';
comment on column silver.order_items.order_item_id is 'Its number in the order; second part of the key.';
comment on column silver.order_items.product_id is 'The product. Null where the shop leaves it out.';
comment on column silver.order_items.seller_id is 'Who sells it. Null where the shop leaves it out.';
comment on column silver.order_items.shipping_limit_date is 'Until when the seller has to send it, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.order_items.price is 'Price in the shop''s currency. Null where the shop leaves it out or writes something else.';
comment on column silver.order_items.freight_value is 'What its transport costs, in the shop''s currency. Null where the shop leaves it out or writes something else.';
comment on column silver.order_items.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.order_items.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.order_items.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.order_items.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.order_items.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.order_items.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.order_payments (
    order_id text not null,
    payment_sequential text not null,
    payment_type text,
    payment_installments numeric,
    payment_value numeric,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (order_id, payment_sequential, change_id)
);
comment on table silver.order_payments is 'The Fecom table order_payments: each payment of an order as it is (is_current) and as it was, a row a change.';
comment on column silver.order_payments.order_id is 'The order; first part of the key.';
comment on column silver.order_payments.payment_sequential is 'Its number in the order; second part of the key.';
comment on column silver.order_payments.payment_type is 'How it was paid, as the shop writes it. Null where the shop leaves it out.';
comment on column silver.order_payments.payment_installments is 'In how many instalments. Null where the shop leaves it out or writes something else.';
comment on column silver.order_payments.payment_value is 'Amount in the shop''s currency. Null where the shop leaves it out or writes something else.';
comment on column silver.order_payments.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.order_payments.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.order_payments.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.order_payments.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.order_payments.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.order_payments.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.order_reviews (
    review_id text not null,
    order_id text not null,
    review_score numeric,
    review_comment_title_en text,
    review_comment_message_en text,
    review_creation_date timestamptz,
    review_answer_timestamp timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (review_id, order_id, change_id)
);
comment on table silver.order_reviews is 'The Fecom table order_reviews: each review of an order as it is (is_current) and as it was, a row a change.';
comment on column silver.order_reviews.review_id is 'The review; first part of the key.';
comment on column silver.order_reviews.order_id is 'The order; second part of the key.';
comment on column silver.order_reviews.review_score is 'From 1 to 5. Null where the shop leaves it out or writes something else.';
comment on column silver.order_reviews.review_comment_title_en is 'Title of the comment. Null where the shop leaves it out.';
comment on column silver.order_reviews.review_comment_message_en is 'The comment. Null where the shop leaves it out.';
comment on column silver.order_reviews.review_creation_date is 'When the customer was asked for it, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.order_reviews.review_answer_timestamp is 'When the customer answered, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.order_reviews.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.order_reviews.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.order_reviews.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.order_reviews.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.order_reviews.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.order_reviews.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.orders (
    order_id text not null,
    customer_trx_id text,
    order_status text,
    order_purchase_timestamp timestamptz,
    order_approved_at timestamptz,
    order_delivered_carrier_date timestamptz,
    order_delivered_customer_date timestamptz,
    order_estimated_delivery_date timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (order_id, change_id)
);
comment on table silver.orders is 'The Fecom table orders: each order as it is (is_current) and as it was, a row a change.';
comment on column silver.orders.order_id is 'The order; the key.';
comment on column silver.orders.customer_trx_id is 'Who ordered; see silver.customers. Null where the shop leaves it out.';
comment on column silver.orders.order_status is 'Status as the shop writes it. Null where the shop leaves it out.';
comment on column silver.orders.order_purchase_timestamp is 'When it was ordered, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.orders.order_approved_at is 'When its payment was approved, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.orders.order_delivered_carrier_date is 'When the carrier got it, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.orders.order_delivered_customer_date is 'When the customer got it, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.orders.order_estimated_delivery_date is 'When the customer was told to get it, UTC. Null where the shop leaves it out or writes something else.';
comment on column silver.orders.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.orders.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.orders.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.orders.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.orders.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.orders.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.products (
    product_id text not null,
    product_category_name text,
    product_weight_gr numeric,
    product_length_cm numeric,
    product_height_cm numeric,
    product_width_cm numeric,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (product_id, change_id)
);
comment on table silver.products is 'The Fecom table products: each product as it is (is_current) and as it was, a row a change.';
comment on column silver.products.product_id is 'The product; the key.';
comment on column silver.products.product_category_name is 'Its category as the shop names it. Null where the shop leaves it out.';
comment on column silver.products.product_weight_gr is 'Weight in grams. Null where the shop leaves it out or writes something else.';
comment on column silver.products.product_length_cm is 'Length in centimetres. Null where the shop leaves it out or writes something else.';
comment on column silver.products.product_height_cm is 'Height in centimetres. Null where the shop leaves it out or writes something else.';
comment on column silver.products.product_width_cm is 'Width in centimetres. Null where the shop leaves it out or writes something else.';
comment on column silver.products.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.products.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.products.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.products.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.products.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.products.change_id is 'The change of bronze.table_change that it was made of.';

create table silver.sellers (
    seller_id text not null,
    seller_name text,
    seller_postal_code text,
    seller_city text,
    country_code text,
    seller_country text,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    is_deleted boolean not null,
    snapshot bigint not null,
    change_id uuid not null,
    primary key (seller_id, change_id)
);
comment on table silver.sellers is 'The Fecom table sellers: each seller as it is (is_current) and as it was, a row a change.';
comment on column silver.sellers.seller_id is 'The seller; the key.';
comment on column silver.sellers.seller_name is 'Name. Null where the shop leaves it out.';
comment on column silver.sellers.seller_postal_code is 'Postal code. Null where the shop leaves it out.';
comment on column silver.sellers.seller_city is 'City. Null where the shop leaves it out.';
comment on column silver.sellers.country_code is 'Country, two letters. Null where the shop leaves it out.';
comment on column silver.sellers.seller_country is 'Country. Null where the shop leaves it out.';
comment on column silver.sellers.valid_from is 'When the file was read that first had it so, UTC.';
comment on column silver.sellers.valid_to is 'When it changed or was deleted, UTC; null of what is so now.';
comment on column silver.sellers.is_current is 'Whether it is so now: at most one row a key.';
comment on column silver.sellers.is_deleted is 'Whether the row only marks a deletion: it is valid from valid_from to the same time, so never.';
comment on column silver.sellers.snapshot is 'Number of the table''s snapshot that brought it.';
comment on column silver.sellers.change_id is 'The change of bronze.table_change that it was made of.';

create index orders_customer on silver.orders using hash (customer_trx_id);
create index order_reviews_order on silver.order_reviews (order_id);

create table silver.table_state (
    part text primary key,
    changes bigint not null default 0,
    watermark timestamptz,
    written_at timestamptz,
    done_at timestamptz,
    failed_rule text,
    failed_rows bigint,
    failure text,
    failed_at timestamptz
);
comment on table silver.table_state is 'How far each Fecom table is in silver, and what gold makes of them all (part gold).';
comment on column silver.table_state.part is 'The Fecom table, or gold.';
comment on column silver.table_state.changes is 'Changes that were taken; of gold, customers, sellers, products and orders that were worked out.';
comment on column silver.table_state.watermark is 'The latest changed_at that was taken; null of gold.';
comment on column silver.table_state.written_at is 'When bronze had the last of them; null of gold.';
comment on column silver.table_state.done_at is 'When they were taken last; null when none were.';
comment on column silver.table_state.failed_rule is 'The quality rule that what is new fails; null when it fails none. It is tried again with every run.';
comment on column silver.table_state.failed_rows is 'Rows that fail the rule.';
comment on column silver.table_state.failure is 'What is wrong, for a person, with some of the rows.';
comment on column silver.table_state.failed_at is 'When it failed last.';
insert into silver.table_state (part) values
    ('customers'), ('geolocations'), ('order_items'), ('order_payments'), ('order_reviews'), ('orders'), ('products'), ('sellers'), ('gold');

create table silver.touched (
    kind text not null check (kind in ('customer', 'seller', 'product', 'order')),
    key text not null,
    since timestamptz not null,
    touched_at timestamptz not null default now(),
    primary key (kind, key)
);
comment on table silver.touched is 'Customers, sellers, products and orders of which silver has something that gold has not. Deleted when gold has it.';
comment on column silver.touched.kind is 'customer, seller, product or order.';
comment on column silver.touched.key is 'Its key.';
comment on column silver.touched.since is 'The earliest time from which on something is new, UTC.';
comment on column silver.touched.touched_at is 'When silver first had it.';
