namespace Fecom.Warehouse.BuildGold;

/// <summary>
/// Cart lines and what became of them. First and last times say it all, so one grouping of the slice's events is enough; a line
/// is abandoned, and open again, with its session. A session that is new with the slice has no lines but the slice's own, which
/// are written with their outcome.
/// </summary>
internal static class Carts
{
    /// <summary>The lines of some events.</summary>
    /// <param name="events">A table of events, with the condition of which.</param>
    public static string Group(string events) =>
        $"""
            create temporary table gold_line on commit drop as
            select user_session, product_id, min(user_id) as user_id,
                count(*) filter (where event_type = 'cart') as carts,
                count(*) filter (where event_type = 'remove_from_cart') as removals,
                count(*) filter (where event_type = 'purchase') as purchases,
                min(event_time) filter (where event_type = 'cart') as first_cart_at,
                max(event_time) filter (where event_type = 'cart') as last_cart_at,
                max(event_time) filter (where event_type = 'remove_from_cart') as last_removal_at,
                max(event_time) filter (where event_type = 'purchase') as last_purchase_at,
                max(price) filter (where event_type = 'cart') as cart_price,
                coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
            from {events} and event_type <> 'view'
            group by user_session, product_id;

            """;

    /// <summary>Adds the lines of <c>gold_line</c> to those that there are; their sessions are there.</summary>
    public const string Write = """
        with l as (
            insert into silver.cart_line as l
            select * from gold_line
            on conflict (user_session, product_id) do update
            set user_id = least(l.user_id, excluded.user_id), carts = l.carts + excluded.carts,
                removals = l.removals + excluded.removals, purchases = l.purchases + excluded.purchases,
                first_cart_at = least(l.first_cart_at, excluded.first_cart_at),
                last_cart_at = greatest(l.last_cart_at, excluded.last_cart_at),
                last_removal_at = greatest(l.last_removal_at, excluded.last_removal_at),
                last_purchase_at = greatest(l.last_purchase_at, excluded.last_purchase_at),
                cart_price = greatest(l.cart_price, excluded.cart_price), revenue = l.revenue + excluded.revenue
            returning *
        )
        insert into gold.fact_cart
            (user_session, product_id, user_id, date, carted_at, last_carted_at, removed_at, purchased_at, carts, removals, purchases, price,
            revenue, outcome)
        select l.user_session, l.product_id, l.user_id, (l.first_cart_at at time zone 'UTC')::date, l.first_cart_at, l.last_cart_at,
            l.last_removal_at, l.last_purchase_at, l.carts, l.removals, l.purchases, l.cart_price, l.revenue,
            case when l.last_purchase_at >= l.first_cart_at then 'purchased'
                when l.last_removal_at >= l.last_cart_at then 'removed' when s.is_ended then 'abandoned' else 'open' end
        from l
        cross join lateral (select is_ended from gold.fact_session s where s.user_session = l.user_session limit 1) as s
        where l.carts > 0
        on conflict (user_session, product_id) do update
        set user_id = excluded.user_id, date = excluded.date, carted_at = excluded.carted_at, last_carted_at = excluded.last_carted_at,
            removed_at = excluded.removed_at, purchased_at = excluded.purchased_at, carts = excluded.carts, removals = excluded.removals,
            purchases = excluded.purchases, price = excluded.price, revenue = excluded.revenue, outcome = excluded.outcome;

        """;

    private const string FollowSessions = """
        update gold.fact_cart
        set outcome = case outcome when 'open' then 'abandoned' else 'open' end
        where ctid = any(array(
            select c.ctid
            from (select user_session from gold_known union select user_session from gold_ended) as touched
            cross join lateral (select is_ended from gold.fact_session s where s.user_session = touched.user_session limit 1) as s
            cross join lateral (
                select f.ctid from gold.fact_cart f
                where f.user_session = touched.user_session and f.outcome = case when s.is_ended then 'open' else 'abandoned' end
                offset 0
            ) as c
        ));
        """;

    public const string Sql = Write + FollowSessions;
}
