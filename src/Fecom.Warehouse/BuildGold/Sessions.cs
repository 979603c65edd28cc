namespace Fecom.Warehouse.BuildGold;

/// <summary>
/// Sessions, and the hours' figures, which count a session once however many slices it comes in: each session keeps which of
/// their rows count it.
/// </summary>
internal static class Sessions
{
    public const string Sql = """
        create temporary table gold_session on commit drop as
        select s.*, coalesce(f.counted, '{}') as counted
        from (
            select user_session, min(user_id) as user_id, min(first_at) as first_at, max(last_at) as last_at, sum(events) as events,
                sum(views) as views, sum(carts) as carts, sum(removals) as removals, sum(purchases) as purchases, sum(revenue) as revenue
            from gold_cell group by user_session
        ) as s
        left join lateral (select counted from gold.fact_session f where f.user_session = s.user_session limit 1) as f on true;

        create temporary table gold_visit on commit drop as
        select v.user_session, v.hour, v.is_total, v.category_id, v.events, v.views, v.carts, v.removals, v.purchases, v.revenue,
            case when not v.key = any(s.counted) then v.key end as new_visit,
            case when v.purchases > 0 and not '!' || v.key = any(s.counted) then '!' || v.key end as new_purchase
        from (
            select user_session, hour, grouping(category_id) = 1 as is_total, coalesce(category_id, '') as category_id,
                extract(epoch from hour)::bigint / 3600 || case when grouping(category_id) = 1 then '' else ':' || category_id end as key,
                sum(events)::integer as events, sum(views)::integer as views, sum(carts)::integer as carts, sum(removals)::integer as removals, sum(purchases)::integer as purchases,
                sum(revenue) as revenue
            from gold_cell group by grouping sets ((user_session, hour, category_id), (user_session, hour))
        ) as v
        join gold_session s on s.user_session = v.user_session;

        insert into gold.agg_kpi_hourly as k
            (hour, is_total, category_id, sessions, purchase_sessions, events, views, carts, removals, purchases, revenue)
        select hour, is_total, category_id, count(new_visit), count(new_purchase), sum(events), sum(views), sum(carts), sum(removals),
            sum(purchases), sum(revenue)
        from gold_visit group by 1, 2, 3
        on conflict (hour, is_total, category_id) do update
        set sessions = k.sessions + excluded.sessions, purchase_sessions = k.purchase_sessions + excluded.purchase_sessions,
            events = k.events + excluded.events, views = k.views + excluded.views, carts = k.carts + excluded.carts,
            removals = k.removals + excluded.removals, purchases = k.purchases + excluded.purchases, revenue = k.revenue + excluded.revenue;

        update silver.promoted set watermark = greatest(watermark, (select max(last_at) from gold_session));

        insert into gold.fact_session as f
            (user_session, user_id, date, started_at, last_event_at, ends_at, is_ended, events, views, carts, removals, purchases, revenue, counted)
        select s.user_session, s.user_id, (s.first_at at time zone 'UTC')::date, s.first_at, s.last_at, s.last_at + interval '30 minutes',
            s.last_at + interval '30 minutes' <= p.watermark, s.events, s.views, s.carts, s.removals, s.purchases, s.revenue, v.counted
        from gold_session s
        join (
            select user_session, coalesce(array_agg(new_visit) filter (where new_visit is not null), '{}')
                || coalesce(array_agg(new_purchase) filter (where new_purchase is not null), '{}') as counted
            from gold_visit group by user_session
        ) as v on v.user_session = s.user_session
        cross join silver.promoted p
        on conflict (user_session) do update
        set user_id = least(f.user_id, excluded.user_id), started_at = least(f.started_at, excluded.started_at),
            date = least(f.date, excluded.date), last_event_at = greatest(f.last_event_at, excluded.last_event_at),
            ends_at = greatest(f.ends_at, excluded.ends_at),
            is_ended = greatest(f.ends_at, excluded.ends_at) <= (select watermark from silver.promoted),
            events = f.events + excluded.events, views = f.views + excluded.views, carts = f.carts + excluded.carts,
            removals = f.removals + excluded.removals, purchases = f.purchases + excluded.purchases, revenue = f.revenue + excluded.revenue,
            counted = f.counted || excluded.counted;

        create temporary table gold_ended (user_session text) on commit drop;
        with ended as (
            update gold.fact_session set is_ended = true
            where not is_ended and ends_at <= (select watermark from silver.promoted)
            returning user_session
        )
        insert into gold_ended select user_session from ended;
        """;
}
