create schema if not exists gold;

create table gold.dim_date (
    date date primary key,
    year smallint not null,
    quarter smallint not null,
    month smallint not null,
    month_name text not null,
    day_of_month smallint not null,
    day_of_year smallint not null,
    iso_year smallint not null,
    iso_week smallint not null,
    weekday smallint not null,
    weekday_name text not null,
    is_weekend boolean not null
);
comment on table gold.dim_date is 'A row a day, without gaps: from 2000, where events may begin, to the end of the third year after the newest event.';
comment on column gold.dim_date.date is 'The day (UTC): what the facts name.';
comment on column gold.dim_date.year is 'Year.';
comment on column gold.dim_date.quarter is 'Quarter, 1 to 4.';
comment on column gold.dim_date.month is 'Month, 1 to 12.';
comment on column gold.dim_date.month_name is 'The month''s English name.';
comment on column gold.dim_date.day_of_month is 'Day of the month, from 1.';
comment on column gold.dim_date.day_of_year is 'Day of the year, from 1.';
comment on column gold.dim_date.iso_year is 'Year that the ISO week belongs to.';
comment on column gold.dim_date.iso_week is 'ISO week, 1 to 53.';
comment on column gold.dim_date.weekday is 'Day of the week, Monday 0 to Sunday 6, as the feature event_weekday.';
comment on column gold.dim_date.weekday_name is 'The weekday''s English name.';
comment on column gold.dim_date.is_weekend is 'Whether it is a Saturday or a Sunday.';

create function gold.add_dates(until date) returns void language sql as $$
    insert into gold.dim_date
    select d, extract(year from d), extract(quarter from d), extract(month from d), to_char(d, 'FMMonth'), extract(day from d),
        extract(doy from d), extract(isoyear from d), extract(week from d), extract(isodow from d) - 1, to_char(d, 'FMDay'),
        extract(isodow from d) > 5
    from (select first + generate_series(0, until - first) as d
        from (select coalesce(max(date) + 1, '2000-01-01'::date) as first from gold.dim_date) as known) as days
    where until >= d
    on conflict do nothing
$$;
comment on function gold.add_dates is 'Adds the days to gold.dim_date that follow its last, up to a day.';
select gold.add_dates('2030-12-31');

create table gold.dim_product (
    product_id text not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    is_current boolean not null,
    category_id text,
    category_code text,
    brand text,
    primary key (product_id, valid_from)
);
comment on table gold.dim_product is 'Products and their history, a row for each time that the events said something else of one: category and brand as they were said last by then. What an event leaves out stays as it was.';
comment on column gold.dim_product.product_id is 'The product, opaque.';
comment on column gold.dim_product.valid_from is 'Time of the first event that said so.';
comment on column gold.dim_product.valid_to is 'When another row follows; null of the current one.';
comment on column gold.dim_product.is_current is 'Whether this is what is known now: one row a product.';
comment on column gold.dim_product.category_id is 'Its category; see dim_category. Null when no event has said.';
comment on column gold.dim_product.category_code is 'Its dotted category path; null when no event has said.';
comment on column gold.dim_product.brand is 'Its brand; null when no event has said.';

create table gold.dim_category (
    category_id text primary key,
    category_code text,
    level1 text generated always as (nullif(split_part(category_code, '.', 1), '')) stored,
    level2 text generated always as (nullif(split_part(category_code, '.', 2), '')) stored,
    level3 text generated always as (nullif(split_part(category_code, '.', 3), '')) stored,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    coded_at timestamptz
);
comment on table gold.dim_category is 'Categories that events name.';
comment on column gold.dim_category.category_id is 'The category, opaque.';
comment on column gold.dim_category.category_code is 'Its dotted path as the latest event that had one said; null when none had.';
comment on column gold.dim_category.level1 is 'First part of the path.';
comment on column gold.dim_category.level2 is 'Second part of the path; null when it has none.';
comment on column gold.dim_category.level3 is 'Third part of the path; null when it has none.';
comment on column gold.dim_category.first_seen_at is 'Time of its first event.';
comment on column gold.dim_category.last_seen_at is 'Time of its latest event.';
comment on column gold.dim_category.coded_at is 'Time of the event that said the path.';

create table gold.dim_user (
    user_id text primary key,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    events bigint not null,
    purchases bigint not null,
    revenue numeric not null
);
comment on table gold.dim_user is 'Visitors of the shop.';
comment on column gold.dim_user.user_id is 'The visitor, opaque; of orders from the Fecom tables the subscriber.';
comment on column gold.dim_user.first_seen_at is 'Time of their first event.';
comment on column gold.dim_user.last_seen_at is 'Time of their latest event.';
comment on column gold.dim_user.events is 'Their events.';
comment on column gold.dim_user.purchases is 'Products that they bought.';
comment on column gold.dim_user.revenue is 'Sum of the prices of these.';

create table gold.fact_event (
    event_time timestamptz not null,
    event_id uuid not null,
    date date not null,
    event_type text not null,
    product_id text not null,
    category_id text,
    category_code text,
    brand text,
    price numeric not null,
    user_id text not null,
    user_session text not null,
    late boolean not null
) partition by range (event_time);
create index fact_event_time on gold.fact_event using brin (event_time) with (autosummarize = on);
comment on table gold.fact_event is 'Every behaviour event once. One partition a month (UTC) of event_time.';
comment on column gold.fact_event.event_time is 'When it happened, UTC.';
comment on column gold.fact_event.event_id is 'Names the event; unique.';
comment on column gold.fact_event.date is 'Its day (UTC); see dim_date.';
comment on column gold.fact_event.event_type is 'view, cart, remove_from_cart or purchase.';
comment on column gold.fact_event.product_id is 'The product; see dim_product.';
comment on column gold.fact_event.category_id is 'The product''s category as this event said; see dim_category. Null when it did not.';
comment on column gold.fact_event.category_code is 'Dotted category path as this event said; null when it did not.';
comment on column gold.fact_event.brand is 'Brand as this event said; null when it did not.';
comment on column gold.fact_event.price is 'Unit price in the shop''s currency.';
comment on column gold.fact_event.user_id is 'The visitor; see dim_user.';
comment on column gold.fact_event.user_session is 'The session; see fact_session.';
comment on column gold.fact_event.late is 'Received much later than it happened; see Validation:LateHours.';

create table gold.fact_session (
    user_session text primary key,
    user_id text not null,
    date date not null,
    started_at timestamptz not null,
    last_event_at timestamptz not null,
    ends_at timestamptz not null,
    is_ended boolean not null,
    events bigint not null,
    views bigint not null,
    carts bigint not null,
    removals bigint not null,
    purchases bigint not null,
    revenue numeric not null,
    counted text[] not null
);
create index fact_session_open on gold.fact_session (ends_at) where not is_ended;
comment on table gold.fact_session is 'Sessions as the shop names them.';
comment on column gold.fact_session.user_session is 'The session, opaque.';
comment on column gold.fact_session.user_id is 'The visitor; see dim_user. The first in the alphabet, should a session have several.';
comment on column gold.fact_session.date is 'Day (UTC) of its first event; see dim_date.';
comment on column gold.fact_session.started_at is 'Time of its first event.';
comment on column gold.fact_session.last_event_at is 'Time of its latest event.';
comment on column gold.fact_session.ends_at is 'last_event_at and 30 minutes.';
comment on column gold.fact_session.is_ended is 'Whether some event of the shop is as late as ends_at: 30 idle minutes of event time end a session. One that goes on later is open again.';
comment on column gold.fact_session.events is 'Its events.';
comment on column gold.fact_session.views is 'Products viewed.';
comment on column gold.fact_session.carts is 'Products put into the cart.';
comment on column gold.fact_session.removals is 'Products taken out of the cart.';
comment on column gold.fact_session.purchases is 'Products bought.';
comment on column gold.fact_session.revenue is 'Sum of the prices of what was bought.';
comment on column gold.fact_session.counted is 'Bookkeeping: the rows of agg_kpi_hourly that count this session, so that none counts it twice.';

create table gold.fact_cart (
    user_session text not null,
    product_id text not null,
    user_id text not null,
    date date not null,
    carted_at timestamptz not null,
    last_carted_at timestamptz not null,
    removed_at timestamptz,
    purchased_at timestamptz,
    carts bigint not null,
    removals bigint not null,
    purchases bigint not null,
    price numeric not null,
    revenue numeric not null,
    outcome text not null check (outcome in ('purchased', 'removed', 'abandoned', 'open')),
    primary key (user_session, product_id)
);
comment on table gold.fact_cart is 'Cart lines: a row a product that was put into a session''s cart, and what became of it.';
comment on column gold.fact_cart.user_session is 'The session; see fact_session.';
comment on column gold.fact_cart.product_id is 'The product; see dim_product.';
comment on column gold.fact_cart.user_id is 'The visitor; see dim_user.';
comment on column gold.fact_cart.date is 'Day (UTC) of carted_at; see dim_date.';
comment on column gold.fact_cart.carted_at is 'When it was first put into the cart.';
comment on column gold.fact_cart.last_carted_at is 'When it was last put into the cart.';
comment on column gold.fact_cart.removed_at is 'When it was last taken out; null when it never was.';
comment on column gold.fact_cart.purchased_at is 'When it was last bought in this session; null when it never was.';
comment on column gold.fact_cart.carts is 'How often it was put into the cart.';
comment on column gold.fact_cart.removals is 'How often it was taken out.';
comment on column gold.fact_cart.purchases is 'How often it was bought in this session.';
comment on column gold.fact_cart.price is 'Highest price at which it was put into the cart.';
comment on column gold.fact_cart.revenue is 'Sum of the prices at which it was bought.';
comment on column gold.fact_cart.outcome is 'purchased: bought in this session when it had been carted, or after. removed: taken out after it was last put in. abandoned: neither, and the session has ended. open: neither, so far.';

create table gold.agg_kpi_hourly (
    hour timestamptz not null,
    is_total boolean not null,
    category_id text not null,
    sessions bigint not null,
    purchase_sessions bigint not null,
    events bigint not null,
    views bigint not null,
    carts bigint not null,
    removals bigint not null,
    purchases bigint not null,
    revenue numeric not null,
    conversion numeric generated always as (round(purchase_sessions::numeric / nullif(sessions, 0), 6)) stored,
    average_basket numeric generated always as (round(revenue / nullif(purchase_sessions, 0), 4)) stored,
    primary key (hour, is_total, category_id)
);
create index agg_kpi_hourly_total on gold.agg_kpi_hourly (hour) where is_total;
comment on table gold.agg_kpi_hourly is 'The shop''s figures by hour (UTC): where is_total, of the whole shop, and else by category. Sessions do not add up over hours and categories; all else does.';
comment on column gold.agg_kpi_hourly.hour is 'Begin of the hour, UTC.';
comment on column gold.agg_kpi_hourly.is_total is 'Whether the row is of the whole shop; then category_id is empty.';
comment on column gold.agg_kpi_hourly.category_id is 'The category; see dim_category. Empty for events that name none, and where is_total.';
comment on column gold.agg_kpi_hourly.sessions is 'Sessions with an event in the hour.';
comment on column gold.agg_kpi_hourly.purchase_sessions is 'Of them, sessions with a purchase in the hour.';
comment on column gold.agg_kpi_hourly.events is 'Events.';
comment on column gold.agg_kpi_hourly.views is 'Products viewed.';
comment on column gold.agg_kpi_hourly.carts is 'Products put into a cart.';
comment on column gold.agg_kpi_hourly.removals is 'Products taken out of a cart.';
comment on column gold.agg_kpi_hourly.purchases is 'Products bought.';
comment on column gold.agg_kpi_hourly.revenue is 'Sum of the prices of these, in the shop''s currency.';
comment on column gold.agg_kpi_hourly.conversion is 'purchase_sessions by sessions; null without sessions.';
comment on column gold.agg_kpi_hourly.average_basket is 'revenue by purchase_sessions; null without a purchase.';
