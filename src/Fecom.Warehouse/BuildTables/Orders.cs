using Fecom.Warehouse.Slices;

namespace Fecom.Warehouse.BuildTables;

/// <summary>
/// Orders with their items, payments and reviews, as silver has them now. An order that fails a rule of its own is left as gold has
/// it, and noted in <c>silver.waiting_order</c>; all others of the piece are written. One that the shop deleted goes.
/// </summary>
internal static class Orders
{
    /// <summary>Amounts may differ by so much in any case, in the shop's currency: what rounding makes.</summary>
    private const string Rounding = "1.00";

    public static GoldRecipe Recipe { get; } =
        new("order", "orders", [Make, Judge, Write], [Complete, References, Dates, Totals]);

    private const string Make = """
        create temporary table made_item on commit drop as
        select i.order_id, i.order_item_id, i.product_id, i.seller_id, i.price, i.freight_value, i.shipping_limit_date
        from taken t join silver.order_items i on i.order_id = t.key and i.is_current;
        analyze made_item;

        create temporary table made_payment on commit drop as
        select p.order_id, p.payment_type, p.payment_installments, p.payment_value
        from taken t join silver.order_payments p on p.order_id = t.key and p.is_current;

        create temporary table made_review on commit drop as
        select r.order_id, r.review_id, r.review_score, r.review_comment_title_en, r.review_comment_message_en, r.review_creation_date,
            r.review_answer_timestamp
        from taken t join silver.order_reviews r on r.order_id = t.key and r.is_current;

        create temporary table made_order on commit drop as
        select o.order_id, o.customer_trx_id, c.user_id, nullif(lower(trim(o.order_status)), '') as status,
            o.order_purchase_timestamp as ordered_at, o.order_approved_at as approved_at, o.order_delivered_carrier_date as shipped_at,
            o.order_delivered_customer_date as delivered_at, o.order_estimated_delivery_date as promised_at,
            coalesce(i.items, 0) as items, coalesce(i.products, 0) as products, coalesce(i.sellers, 0) as sellers,
            coalesce(i.items_value, 0) as items_value, coalesce(i.freight_value, 0) as freight_value, coalesce(p.payments, 0) as payments,
            coalesce(p.paid, 0) as paid, p.payment_types, p.installments, coalesce(r.reviews, 0) as reviews, r.review_score, r.reviewed_at
        from taken t
        join silver.orders o on o.order_id = t.key and o.is_current
        left join (
            select order_id, count(*) as items, count(distinct product_id) as products, count(distinct seller_id) as sellers,
                coalesce(sum(price), 0) as items_value, coalesce(sum(freight_value), 0) as freight_value
            from made_item group by order_id
        ) as i on i.order_id = t.key
        left join (
            select order_id, count(*) as payments, coalesce(sum(payment_value), 0) as paid,
                string_agg(distinct payment_type, ', ' order by payment_type) as payment_types, max(payment_installments) as installments
            from made_payment group by order_id
        ) as p on p.order_id = t.key
        left join (
            select order_id, count(*) as reviews, round(avg(review_score), 2) as review_score, max(review_answer_timestamp) as reviewed_at
            from made_review group by order_id
        ) as r on r.order_id = t.key
        left join lateral (
            select d.user_id from gold.dim_customer d where d.customer_trx_id = o.customer_trx_id order by d.valid_from desc limit 1
        ) as c on true;
        analyze made_order;
        """;

    /// <summary>
    /// A dimension has a key once it was stated, also when it was deleted since. Instalments bear interest, so a payment may exceed
    /// what it pays for; items and payments may also come one after the other.
    /// </summary>
    private const string Judge = $"""
        create temporary table failing on commit drop as
        select distinct on (order_id) order_id, rule, detail
        from (
            select order_id, 1 as place, 'order_times_resolve' as rule,
                'ordered at ' || coalesce(ordered_at::text, 'a time that cannot be read') as detail
            from made_order
            where ordered_at is null or ordered_at < '2000-01-01Z' or ordered_at > @now + interval '1 year'
            union all
            select order_id, 2, 'order_customer_resolves', 'customer ' || customer_trx_id
            from made_order o
            where customer_trx_id is not null
                and not exists (select from gold.dim_customer d where d.customer_trx_id = o.customer_trx_id)
            union all
            select o.order_id, 3, 'order_products_resolve', 'product ' || min(i.product_id)
            from made_order o join made_item i on i.order_id = o.order_id
            where i.product_id is not null and not exists (select from gold.dim_product d where d.product_id = i.product_id)
            group by o.order_id
            union all
            select o.order_id, 4, 'order_sellers_resolve', 'seller ' || min(i.seller_id)
            from made_order o join made_item i on i.order_id = o.order_id
            where i.seller_id is not null and not exists (select from gold.dim_seller d where d.seller_id = i.seller_id)
            group by o.order_id
            union all
            select order_id, 5, 'order_payments_agree', format('paid %s for items of %s and freight of %s', paid, items_value, freight_value)
            from made_order
            where items > 0 and payments > 0
                and abs(paid - items_value - freight_value) > greatest({Rounding}, @tolerance::numeric * (items_value + freight_value))
        ) as found
        order by order_id, place;

        create temporary table promoted on commit drop as
        select t.key as order_id from taken t where not exists (select from failing f where f.order_id = t.key);
        analyze promoted;

        insert into failing
        select t.key, 'order_is_known', 'no row of orders' from taken t
        where not exists (select from made_order o where o.order_id = t.key)
            and (exists (select from made_item i where i.order_id = t.key) or exists (select from made_payment p where p.order_id = t.key)
                or exists (select from made_review r where r.order_id = t.key));

        delete from silver.waiting_order w using taken t
        where w.order_id = t.key and not exists (select from failing f where f.order_id = t.key);
        insert into silver.waiting_order (order_id, rule, detail, since)
        select order_id, rule, detail, @now from failing
        on conflict (order_id) do update set rule = excluded.rule, detail = excluded.detail;
        """;

    private const string Write = """
        delete from gold.fact_order f using promoted p where f.order_id = p.order_id;
        delete from gold.fact_order_item f using promoted p where f.order_id = p.order_id;
        delete from gold.fact_review f using promoted p where f.order_id = p.order_id;

        select gold.add_dates(make_date(extract(year from max(day))::integer + 3, 12, 31))
        from (
            select o.ordered_at as day from made_order o join promoted p on p.order_id = o.order_id
            union all
            select r.review_creation_date from made_review r join promoted p on p.order_id = r.order_id
            where r.review_creation_date < @now + interval '1 year'
        ) as days having max(day) is not null;

        insert into gold.fact_order (order_id, customer_trx_id, user_id, status, date, ordered_at, approved_at, shipped_at, delivered_at,
            promised_at, items, products, sellers, items_value, freight_value, payments, paid, payment_types, installments, reviews,
            review_score, reviewed_at)
        select o.order_id, o.customer_trx_id, o.user_id, o.status, (o.ordered_at at time zone 'UTC')::date, o.ordered_at, o.approved_at,
            o.shipped_at, o.delivered_at, o.promised_at, o.items, o.products, o.sellers, o.items_value, o.freight_value, o.payments, o.paid,
            o.payment_types, o.installments, o.reviews, o.review_score, o.reviewed_at
        from made_order o join promoted p on p.order_id = o.order_id;

        insert into gold.fact_order_item (order_id, order_item_id, date, product_id, seller_id, price, freight_value, ship_until)
        select i.order_id, i.order_item_id, (o.ordered_at at time zone 'UTC')::date, i.product_id, i.seller_id, i.price, i.freight_value,
            i.shipping_limit_date
        from made_item i join promoted p on p.order_id = i.order_id join made_order o on o.order_id = i.order_id;

        insert into gold.fact_review (review_id, order_id, date, score, title, message, asked_at, answered_at)
        select r.review_id, r.order_id,
            case when r.review_creation_date between '2000-01-01Z' and @now + interval '1 year'
                then (r.review_creation_date at time zone 'UTC')::date end,
            r.review_score, r.review_comment_title_en, r.review_comment_message_en, r.review_creation_date, r.review_answer_timestamp
        from made_review r join promoted p on p.order_id = r.order_id join made_order o on o.order_id = r.order_id;
        """;

    private static QualityRule Complete =>
        new(
            "gold_orders_reconcile",
            "orders that silver has and fact_order has not, or the other way",
            """
            select p.order_id from promoted p
            left join made_order o on o.order_id = p.order_id
            left join gold.fact_order f on f.order_id = p.order_id
            where (o.order_id is null) <> (f.order_id is null)
            """
        );

    private static QualityRule References =>
        new(
            "gold_order_references_resolve",
            "orders whose customer, product or seller no dimension has",
            """
            select f.order_id from promoted p join gold.fact_order f on f.order_id = p.order_id
            where f.customer_trx_id is not null
                and not exists (select from gold.dim_customer d where d.customer_trx_id = f.customer_trx_id)
            union
            select i.order_id from promoted p join gold.fact_order_item i on i.order_id = p.order_id
            where (i.product_id is not null and not exists (select from gold.dim_product d where d.product_id = i.product_id))
                or (i.seller_id is not null and not exists (select from gold.dim_seller d where d.seller_id = i.seller_id))
            """
        );

    private static QualityRule Dates =>
        new(
            "gold_order_dates_resolve",
            "days of orders and reviews that dim_date does not have",
            """
            select distinct date::text from (
                select f.date from promoted p join gold.fact_order f on f.order_id = p.order_id
                union all select r.date from promoted p join gold.fact_review r on r.order_id = p.order_id where r.date is not null
            ) as days
            where not exists (select from gold.dim_date d where d.date = days.date)
            """
        );

    private static QualityRule Totals =>
        new(
            "gold_order_totals_agree",
            "orders whose totals differ from the sums of their items and payments",
            """
            select f.order_id from promoted p join gold.fact_order f on f.order_id = p.order_id
            left join (
                select i.order_id, count(*) as items, coalesce(sum(i.price), 0) as price, coalesce(sum(i.freight_value), 0) as freight
                from promoted p join gold.fact_order_item i on i.order_id = p.order_id group by i.order_id
            ) as i on i.order_id = p.order_id
            left join (
                select s.order_id, count(*) as payments, coalesce(sum(s.payment_value), 0) as paid
                from promoted p join silver.order_payments s on s.order_id = p.order_id and s.is_current group by s.order_id
            ) as s on s.order_id = p.order_id
            where (f.items, f.items_value, f.freight_value) is distinct from
                    (coalesce(i.items, 0), coalesce(i.price, 0), coalesce(i.freight, 0))
                or (f.payments, f.paid) is distinct from (coalesce(s.payments, 0), coalesce(s.paid, 0))
            """
        );
}
