namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Gold from scratch, by plain SQL over bronze, without any of what the steps do to be incremental.</summary>
internal static class GoldOracle
{
    private const string Event =
        "(select distinct on (event_id) * from bronze.event order by event_id, received_at) as e";

    private const string Sessions = $"""
        select user_session, min(user_id) as user_id, (min(event_time) at time zone 'UTC')::date as date, min(event_time) as started_at,
            max(event_time) as last_event_at, max(event_time) + interval '30 minutes' as ends_at,
            max(event_time) + interval '30 minutes' <= (select max(event_time) from bronze.event) as is_ended, count(*) as events,
            count(*) filter (where event_type = 'view') as views, count(*) filter (where event_type = 'cart') as carts,
            count(*) filter (where event_type = 'remove_from_cart') as removals,
            count(*) filter (where event_type = 'purchase') as purchases,
            coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
        from {Event} group by user_session
        """;

    /// <summary>Each table's columns that are compared, and the query that gives them.</summary>
    public static IReadOnlyDictionary<string, string> Queries { get; } =
        new Dictionary<string, string>
        {
            ["fact_event"] = $"""
                select event_time, event_id, (event_time at time zone 'UTC')::date as date, event_type, product_id, category_id, category_code,
                    brand, price, user_id, user_session, late from {Event}
                """,
            ["fact_session"] = Sessions,
            ["dim_user"] = $"""
                select user_id, min(event_time) as first_seen_at, max(event_time) as last_seen_at, count(*) as events,
                    count(*) filter (where event_type = 'purchase') as purchases,
                    coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
                from {Event} group by user_id
                """,
            ["dim_category"] = $"""
                select category_id, (array_agg(category_code order by event_time desc, category_code desc)
                    filter (where category_code is not null))[1] as category_code,
                    min(event_time) as first_seen_at, max(event_time) as last_seen_at
                from {Event} where category_id is not null group by category_id
                """,
            ["dim_product"] = $"""
                with stated as (
                    select e.product_id, e.event_time,
                        (select category_id from {Event} where e.product_id = o.product_id and category_id is not null
                            and (event_time, event_id) <= (o.event_time, o.event_id) order by event_time desc, event_id desc limit 1) as category_id,
                        (select category_code from {Event} where e.product_id = o.product_id and category_code is not null
                            and (event_time, event_id) <= (o.event_time, o.event_id) order by event_time desc, event_id desc limit 1) as category_code,
                        (select brand from {Event} where e.product_id = o.product_id and brand is not null
                            and (event_time, event_id) <= (o.event_time, o.event_id) order by event_time desc, event_id desc limit 1) as brand
                    from (select distinct on (product_id, event_time) * from {Event} order by product_id, event_time, event_id desc) as o
                    cross join lateral (select o.product_id, o.event_time) as e
                ), new as (
                    select *, lag((category_id, category_code, brand)::text) over (partition by product_id order by event_time) as before from stated
                )
                select product_id, event_time as valid_from, lead(event_time) over (partition by product_id order by event_time) as valid_to,
                    lead(event_time) over (partition by product_id order by event_time) is null as is_current, category_id, category_code, brand
                from new where before is distinct from (category_id, category_code, brand)::text
                """,
            ["fact_cart"] = $"""
                select l.*, case when purchased_at >= carted_at then 'purchased' when removed_at >= last_carted_at then 'removed'
                    when s.is_ended then 'abandoned' else 'open' end as outcome
                from (
                    select user_session, product_id, min(user_id) filter (where event_type <> 'view') as user_id,
                        min(event_time) filter (where event_type = 'cart') as carted_at,
                        max(event_time) filter (where event_type = 'cart') as last_carted_at,
                        max(event_time) filter (where event_type = 'remove_from_cart') as removed_at,
                        max(event_time) filter (where event_type = 'purchase') as purchased_at,
                        count(*) filter (where event_type = 'cart') as carts,
                        max(price) filter (where event_type = 'cart') as price,
                        coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
                    from {Event} group by user_session, product_id having bool_or(event_type = 'cart')
                ) as l join ({Sessions}) as s on s.user_session = l.user_session
                """,
            ["agg_kpi_hourly"] = $"""
                select date_trunc('hour', event_time at time zone 'UTC') at time zone 'UTC' as hour, is_total,
                    case when is_total then '' else coalesce(category_id, '') end as category_id, count(distinct user_session) as sessions,
                    count(distinct user_session) filter (where event_type = 'purchase') as purchase_sessions, count(*) as events,
                    count(*) filter (where event_type = 'view') as views, count(*) filter (where event_type = 'cart') as carts,
                    count(*) filter (where event_type = 'remove_from_cart') as removals,
                    count(*) filter (where event_type = 'purchase') as purchases,
                    coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
                from {Event}, (values (true), (false)) as rows (is_total) group by 1, 2, 3
                """,
        };

    /// <summary>SQL that gives the rows of a table that are in one and not in the other.</summary>
    public static string Difference(string table, string query) =>
        $"""
            with oracle as ({query}), gold as (select {Columns(table)} from gold.{table}), wanted as (select {Columns(
                table
            )} from oracle)
            select count(*) || ': ' || coalesce(string_agg(row, E'\n' order by row), '') from (
                (select 'only in gold ' || g::text as row from (table gold except all table wanted) as g)
                union all (select 'missing ' || w::text from (table wanted except all table gold) as w)
                limit 10) as different
            """;

    private static string Columns(string table) =>
        table switch
        {
            "fact_event" =>
                "event_time, event_id, date, event_type, product_id, category_id, category_code, brand, price, user_id, user_session, late",
            "fact_session" =>
                "user_session, user_id, date, started_at, last_event_at, ends_at, is_ended, events, views, carts, removals, purchases, revenue",
            "dim_user" => "user_id, first_seen_at, last_seen_at, events, purchases, revenue",
            "dim_category" => "category_id, category_code, first_seen_at, last_seen_at",
            "dim_product" => "product_id, valid_from, valid_to, is_current, category_id, category_code, brand",
            "fact_cart" =>
                "user_session, product_id, user_id, carted_at, last_carted_at, removed_at, purchased_at, carts, price, revenue, outcome",
            _ =>
                "hour, is_total, category_id, sessions, purchase_sessions, events, views, carts, removals, purchases, revenue",
        };
}
