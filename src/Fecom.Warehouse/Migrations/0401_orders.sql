-- What gold makes of the Fecom tables: customers, sellers and products with their history, orders as they are.

create table gold.dim_customer (
    customer_trx_id text not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    user_id text,
    subscribed_at timestamptz,
    first_ordered_at timestamptz,
    postal_code text,
    city text,
    country text,
    country_code text,
    age numeric,
    gender text,
    primary key (customer_trx_id, valid_from)
);
comment on table gold.dim_customer is 'Customers of orders and their history, a row for each time that the shops table said something else of one. One customer is one orders; user_id is the person.';
comment on column gold.dim_customer.customer_trx_id is 'The customer; see fact_order.';
comment on column gold.dim_customer.valid_from is 'When the file was read that first said so, UTC.';
comment on column gold.dim_customer.valid_to is 'When it changed, or the shop deleted the customer, UTC; null of the current row.';
comment on column gold.dim_customer.is_current is 'Whether this is what is known now: at most one row a customer.';
comment on column gold.dim_customer.user_id is 'The person: the subscriber; see dim_user.';
comment on column gold.dim_customer.subscribed_at is 'When they subscribed, UTC.';
comment on column gold.dim_customer.first_ordered_at is 'When they first ordered, UTC.';
comment on column gold.dim_customer.postal_code is 'Postal code.';
comment on column gold.dim_customer.city is 'City.';
comment on column gold.dim_customer.country is 'Country.';
comment on column gold.dim_customer.country_code is 'Country, two letters.';
comment on column gold.dim_customer.age is 'Age in years.';
comment on column gold.dim_customer.gender is 'Gender as the shop writes it.';

create table gold.dim_seller (
    seller_id text not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    name text,
    postal_code text,
    city text,
    country text,
    country_code text,
    primary key (seller_id, valid_from)
);
comment on table gold.dim_seller is 'Sellers and their history, a row for each time that the shops table said something else of one.';
comment on column gold.dim_seller.seller_id is 'The seller; see fact_order_item.';
comment on column gold.dim_seller.valid_from is 'When the file was read that first said so, UTC.';
comment on column gold.dim_seller.valid_to is 'When it changed, or the shop deleted the seller, UTC; null of the current row.';
comment on column gold.dim_seller.is_current is 'Whether this is what is known now: at most one row a seller.';
comment on column gold.dim_seller.name is 'Name.';
comment on column gold.dim_seller.postal_code is 'Postal code.';
comment on column gold.dim_seller.city is 'City.';
comment on column gold.dim_seller.country is 'Country.';
comment on column gold.dim_seller.country_code is 'Country, two letters.';

create table gold.fact_order (
    order_id text not null primary key,
    customer_trx_id text,
    user_id text,
    status text,
    date date not null,
    ordered_at timestamptz not null,
    approved_at timestamptz,
    shipped_at timestamptz,
    delivered_at timestamptz,
    promised_at timestamptz,
    hours_to_approve numeric generated always as (round(extract(epoch from approved_at - ordered_at) / 3600, 2)) stored,
    days_to_ship numeric generated always as (round(extract(epoch from shipped_at - ordered_at) / 86400, 2)) stored,
    days_to_deliver numeric generated always as (round(extract(epoch from delivered_at - ordered_at) / 86400, 2)) stored,
    is_late boolean generated always as (delivered_at > promised_at) stored,
    items bigint not null,
    products bigint not null,
    sellers bigint not null,
    items_value numeric not null,
    freight_value numeric not null,
    payments bigint not null,
    paid numeric not null,
    payment_difference numeric generated always as (paid - items_value - freight_value) stored,
    payment_types text,
    installments numeric,
    reviews bigint not null,
    review_score numeric,
    reviewed_at timestamptz
);
comment on table gold.fact_order is 'Orders of the Fecom tables as they are now, with their items, payments, delivery and review. An order that fails a quality rule stays as it last was; see silver.waiting_order.';
comment on column gold.fact_order.order_id is 'The order; as user_session in fact_event where its items became purchases.';
comment on column gold.fact_order.customer_trx_id is 'Who ordered; see dim_customer.';
comment on column gold.fact_order.user_id is 'The person who ordered; see dim_user.';
comment on column gold.fact_order.status is 'Status in lower case, such as delivered or canceled.';
comment on column gold.fact_order.date is 'Day (UTC) of ordered_at; see dim_date.';
comment on column gold.fact_order.ordered_at is 'When it was ordered, UTC.';
comment on column gold.fact_order.approved_at is 'When its payment was approved, UTC; null when it was not.';
comment on column gold.fact_order.shipped_at is 'When the carrier got it, UTC; null when it has not.';
comment on column gold.fact_order.delivered_at is 'When the customer got it, UTC; null when they have not.';
comment on column gold.fact_order.promised_at is 'When the customer was told to get it, UTC.';
comment on column gold.fact_order.hours_to_approve is 'Hours from the order to the approval.';
comment on column gold.fact_order.days_to_ship is 'Days from the order to the carrier.';
comment on column gold.fact_order.days_to_deliver is 'Days from the order to the customer.';
comment on column gold.fact_order.is_late is 'Whether the customer got it after the promised time; null while they have not.';
comment on column gold.fact_order.items is 'Its items; see fact_order_item.';
comment on column gold.fact_order.products is 'Different products among them.';
comment on column gold.fact_order.sellers is 'Different sellers of them.';
comment on column gold.fact_order.items_value is 'Sum of the items prices, in the shops currency.';
comment on column gold.fact_order.freight_value is 'Sum of what their transport costs.';
comment on column gold.fact_order.payments is 'Its payments.';
comment on column gold.fact_order.paid is 'Sum of the payments.';
comment on column gold.fact_order.payment_difference is 'paid without items_value and freight_value: such as the interest of instalments. The rule order_payments_agree bounds it.';
comment on column gold.fact_order.payment_types is 'How it was paid, in the order of the alphabet, with commas between.';
comment on column gold.fact_order.installments is 'The most instalments of a payment.';
comment on column gold.fact_order.reviews is 'Reviews of it; see fact_review.';
comment on column gold.fact_order.review_score is 'Mean score of these, 1 to 5.';
comment on column gold.fact_order.reviewed_at is 'When the latest of them was answered, UTC.';

create table gold.fact_order_item (
    order_id text not null,
    order_item_id text not null,
    date date not null,
    product_id text,
    seller_id text,
    price numeric,
    freight_value numeric,
    ship_until timestamptz,
    primary key (order_id, order_item_id)
);
comment on table gold.fact_order_item is 'Items of the orders of fact_order.';
comment on column gold.fact_order_item.order_id is 'The order; see fact_order.';
comment on column gold.fact_order_item.order_item_id is 'Its number in the order.';
comment on column gold.fact_order_item.date is 'Day (UTC) of the order; see dim_date.';
comment on column gold.fact_order_item.product_id is 'The product; see dim_product.';
comment on column gold.fact_order_item.seller_id is 'Who sells it; see dim_seller.';
comment on column gold.fact_order_item.price is 'Price in the shops currency.';
comment on column gold.fact_order_item.freight_value is 'What its transport costs.';
comment on column gold.fact_order_item.ship_until is 'Until when the seller has to send it, UTC.';

create table gold.fact_review (
    review_id text not null,
    order_id text not null,
    date date,
    score numeric,
    title text,
    message text,
    asked_at timestamptz,
    answered_at timestamptz,
    hours_to_answer numeric generated always as (round(extract(epoch from answered_at - asked_at) / 3600, 2)) stored,
    primary key (order_id, review_id)
);
comment on table gold.fact_review is 'What customers said of the orders of fact_order.';
comment on column gold.fact_review.review_id is 'The review; one may speak of several orders.';
comment on column gold.fact_review.order_id is 'The order; see fact_order.';
comment on column gold.fact_review.date is 'Day (UTC) of asked_at; see dim_date. Null where that is not known.';
comment on column gold.fact_review.score is 'From 1 to 5.';
comment on column gold.fact_review.title is 'Title of the comment; null when there is none.';
comment on column gold.fact_review.message is 'The comment; null when there is none.';
comment on column gold.fact_review.asked_at is 'When the customer was asked for it, UTC.';
comment on column gold.fact_review.answered_at is 'When the customer answered, UTC.';
comment on column gold.fact_review.hours_to_answer is 'Hours from asking to the answer.';

alter table gold.dim_product
    add column is_listed boolean,
    add column category_name text,
    add column weight_g numeric,
    add column length_cm numeric,
    add column height_cm numeric,
    add column width_cm numeric;
comment on table gold.dim_product is 'Products and their history, a row for each time that the events or the shop''s table said something else of one: category and brand as events said them last by then, the rest as the table did. What an event leaves out stays as it was.';
comment on column gold.dim_product.valid_from is 'Time of the first event that said so, or when the file was read that did.';
comment on column gold.dim_product.is_listed is 'Whether the shop''s table of products has it; null where no table has said.';
comment on column gold.dim_product.category_name is 'Its category in that table; null when it is not listed.';
comment on column gold.dim_product.weight_g is 'Weight in grams.';
comment on column gold.dim_product.length_cm is 'Length in centimetres.';
comment on column gold.dim_product.height_cm is 'Height in centimetres.';
comment on column gold.dim_product.width_cm is 'Width in centimetres.';

create table silver.waiting_order (
    order_id text primary key,
    rule text not null,
    detail text not null,
    since timestamptz not null
);
comment on table silver.waiting_order is 'Orders that fail a quality rule: gold keeps them as they last were, and takes them when what is wrong has changed.';
comment on column silver.waiting_order.order_id is 'The order.';
comment on column silver.waiting_order.rule is 'The rule: order_is_known, order_times_resolve, order_customer_resolves, order_products_resolve, order_sellers_resolve or order_payments_agree.';
comment on column silver.waiting_order.detail is 'What fails it.';
comment on column silver.waiting_order.since is 'Since when, UTC.';
