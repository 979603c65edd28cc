#!/bin/sh
# An event a second from one of a thousand visitors, until it is stopped.
set -eu
PGPASSWORD=$(cat /run/fecom/shop_password)
export PGPASSWORD
while true; do
    psql -h shop -U shop -d shop -v ON_ERROR_STOP=1 -q <<'SQL' || true
insert into public.events (event_type, product_id, category_id, category_code, brand, price, user_id, user_session)
select (array ['view', 'view', 'view', 'cart', 'purchase'])[1 + floor(random() * 5)::int], product, 2053013555631882655 + product % 7,
    'electronics.smartphone', (array ['samsung', 'apple', 'xiaomi'])[1 + product % 3], 10 + product % 900, visitor,
    md5(visitor::text || date_trunc('hour', now())::text)::uuid
from (select 1000 + floor(random() * 500)::int as product, 100000 + floor(random() * 1000)::int as visitor) drawn;
SQL
    sleep 1
done
