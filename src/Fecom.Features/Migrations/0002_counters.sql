-- Several hosts write the same sessions and products: a row's own revision tells what a host knew when it wrote.
alter table features.session_state add column revision bigint not null default 1;
alter table features.session_state alter column revision drop default;

-- Products are merged by PostgreSQL, which takes columns. The events so far are counted from the offline store, and every
-- row goes into one more version of its partition, so that the online store gets it again.
update features.sink_partition set version = version + 1 where sink = 'features';

alter table features.product_state rename to product_state_before;
alter table features.product_state_before rename constraint product_state_pkey to product_state_before_pkey;

create table features.product_state (
    product_id text primary key,
    partition integer not null,
    version bigint not null,
    revision bigint not null,
    updated_at timestamptz not null,
    category_id text,
    category_code_level1 text,
    category_code_level2 text,
    brand text,
    price numeric not null,
    view_count bigint not null,
    cart_count bigint not null,
    remove_from_cart_count bigint not null,
    purchase_count bigint not null,
    event_time timestamptz not null,
    event_id uuid not null
) with (fillfactor = 70);
comment on table features.product_state is 'Newest state of each product: what the online store shows, and what it is rebuilt from.';

insert into features.product_state (product_id, partition, version, revision, updated_at, category_id, category_code_level1,
    category_code_level2, brand, price, view_count, cart_count, remove_from_cart_count, purchase_count, event_time, event_id)
select b.product_id, b.partition, s.version, 1, b.updated_at, nullif(b.state ->> 0, ''), nullif(b.state ->> 1, ''),
    nullif(b.state ->> 2, ''), nullif(b.state ->> 3, ''), (b.state ->> 4)::numeric, coalesce(c.views, 0), coalesce(c.carts, 0),
    coalesce(c.removals, 0), coalesce(c.purchases, 0), b.event_time, b.event_id
from features.product_state_before b
join features.sink_partition s on s.sink = 'features' and s.partition = b.partition
left join (
    select product_id,
        count(*) filter (where event_type = 'view') as views,
        count(*) filter (where event_type = 'cart') as carts,
        count(*) filter (where event_type = 'remove_from_cart') as removals,
        count(*) filter (where event_type = 'purchase') as purchases
    from features.session_row
    group by product_id
) c on c.product_id = b.product_id;

drop table features.product_state_before;

create table features.category_state (
    category_id text primary key,
    partition integer not null,
    version bigint not null,
    revision bigint not null,
    updated_at timestamptz not null,
    category_code_level1 text,
    category_code_level2 text,
    view_count bigint not null,
    cart_count bigint not null,
    remove_from_cart_count bigint not null,
    purchase_count bigint not null,
    event_time timestamptz not null,
    event_id uuid not null
) with (fillfactor = 50);
comment on table features.category_state is 'Newest state of each category: what the online store shows, and what it is rebuilt from.';

insert into features.category_state (category_id, partition, version, revision, updated_at, category_code_level1,
    category_code_level2, view_count, cart_count, remove_from_cart_count, purchase_count, event_time, event_id)
select c.category_id, s.partition, s.version, 1, now(), n.category_code_level1, n.category_code_level2, c.views, c.carts,
    c.removals, c.purchases, n.event_time, n.event_id
from (
    select category_id,
        count(*) filter (where event_type = 'view') as views,
        count(*) filter (where event_type = 'cart') as carts,
        count(*) filter (where event_type = 'remove_from_cart') as removals,
        count(*) filter (where event_type = 'purchase') as purchases
    from features.session_row
    where category_id <> ''
    group by category_id
) c
join (
    select distinct on (category_id) category_id, category_code_level1, category_code_level2, event_time, event_id
    from features.session_row
    where category_id <> ''
    order by category_id, event_time desc, event_id desc
) n on n.category_id = c.category_id
cross join (
    select partition, version from features.sink_partition where sink = 'features' order by partition limit 1
) s;
