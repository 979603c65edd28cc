namespace Fecom.Warehouse.BuildGold;

/// <summary>
/// Sessions, and the hours' figures, which count a session once however many slices it comes in: each session keeps which of
/// their rows count it.
/// </summary>
internal static class Sessions
{
    /// <summary>Some events, grouped once for all that is made of them. Sums of integers are quicker than of bigints, which are numeric.</summary>
    /// <param name="events">A table of events, with the condition of which.</param>
    public static string Cells(string events) =>
        $"""
            create temporary table gold_cell on commit drop as
            select user_session, user_id, date_bin('1 hour', event_time, '2000-01-01T00:00:00Z') as hour, coalesce(category_id, '') as category_id,
                min(event_time) as first_at, max(event_time) as last_at, count(*)::integer as events,
                (count(*) filter (where event_type = 'view'))::integer as views,
                (count(*) filter (where event_type = 'cart'))::integer as carts,
                (count(*) filter (where event_type = 'remove_from_cart'))::integer as removals,
                (count(*) filter (where event_type = 'purchase'))::integer as purchases,
                coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
            from {events}
            group by 1, 2, 3, 4;

            """;

    /// <summary>
    /// The sessions of the cells, each with the rows that would count it were it new, and the hours' figures as if all were. A session
    /// has a row for each of its hours, and one for each category of it. A sum of numerics costs memory and time for each group that
    /// has one: few of them have a purchase.
    /// </summary>
    public const string Group = """
        create temporary table gold_visit on commit drop as
        select *, date_part('epoch', hour)::bigint / 3600 || case when is_total then '' else ':' || category_id end as key
        from (
            select user_session, hour, grouping(category_id) = 1 as is_total, coalesce(category_id, '') as category_id,
                min(user_id) as user_id, min(first_at) as first_at, max(last_at) as last_at,
                sum(events)::integer as events, sum(views)::integer as views, sum(carts)::integer as carts,
                sum(removals)::integer as removals, sum(purchases)::integer as purchases,
                coalesce(sum(revenue) filter (where purchases > 0), 0) as revenue
            from gold_cell group by grouping sets ((user_session, hour, category_id), (user_session, hour))
        ) as v;

        create temporary table gold_hour on commit drop as
        select hour, is_total, category_id, count(*) as sessions, count(*) filter (where purchases > 0) as purchase_sessions,
            sum(events) as events, sum(views) as views, sum(carts) as carts, sum(removals) as removals, sum(purchases) as purchases,
            coalesce(sum(revenue) filter (where purchases > 0), 0) as revenue
        from gold_visit group by 1, 2, 3;

        create temporary table gold_session on commit drop as
        select user_session, min(user_id) as user_id, min(first_at) as first_at, max(last_at) as last_at,
            sum(events) filter (where is_total) as events, sum(views) filter (where is_total) as views,
            sum(carts) filter (where is_total) as carts, sum(removals) filter (where is_total) as removals,
            sum(purchases) filter (where is_total) as purchases,
            coalesce(sum(revenue) filter (where is_total and purchases > 0), 0) as revenue,
            array_agg(key) || coalesce(array_agg('!' || key) filter (where purchases > 0), '{}') as counted
        from gold_visit group by user_session;

        """;

    /// <summary>What the hours' figures count of the slice's sessions, and how far the shop's time has come.</summary>
    private const string Count = """
        create temporary table gold_known on commit drop as
        select s.user_session, f.counted
        from gold_session s
        cross join lateral (select counted from gold.fact_session f where f.user_session = s.user_session limit 1) as f;

        insert into gold.agg_kpi_hourly as k
            (hour, is_total, category_id, sessions, purchase_sessions, events, views, carts, removals, purchases, revenue)
        select h.hour, h.is_total, h.category_id, h.sessions - coalesce(c.sessions, 0), h.purchase_sessions - coalesce(c.purchase_sessions, 0),
            h.events, h.views, h.carts, h.removals, h.purchases, h.revenue
        from gold_hour h
        left join (
            select v.hour, v.is_total, v.category_id, count(*) filter (where v.key = any(k.counted)) as sessions,
                count(*) filter (where v.purchases > 0 and '!' || v.key = any(k.counted)) as purchase_sessions
            from gold_known k join gold_visit v on v.user_session = k.user_session group by 1, 2, 3
        ) as c on c.hour = h.hour and c.is_total = h.is_total and c.category_id = h.category_id
        on conflict (hour, is_total, category_id) do update
        set sessions = k.sessions + excluded.sessions, purchase_sessions = k.purchase_sessions + excluded.purchase_sessions,
            events = k.events + excluded.events, views = k.views + excluded.views, carts = k.carts + excluded.carts,
            removals = k.removals + excluded.removals, purchases = k.purchases + excluded.purchases, revenue = k.revenue + excluded.revenue;

        update silver.promoted set watermark = greatest(watermark, (select max(last_at) from gold_session));

        """;

    /// <summary>Adds the sessions of <c>gold_session</c> to those that there are.</summary>
    public const string Write = """
        insert into gold.fact_session as f
            (user_session, user_id, date, started_at, last_event_at, ends_at, is_ended, events, views, carts, removals, purchases, revenue, counted)
        select s.user_session, s.user_id, (s.first_at at time zone 'UTC')::date, s.first_at, s.last_at, s.last_at + interval '30 minutes',
            s.last_at + interval '30 minutes' <= p.watermark, s.events, s.views, s.carts, s.removals, s.purchases, s.revenue, s.counted
        from gold_session s cross join silver.promoted p
        on conflict (user_session) do update
        set user_id = least(f.user_id, excluded.user_id), started_at = least(f.started_at, excluded.started_at),
            date = least(f.date, excluded.date), last_event_at = greatest(f.last_event_at, excluded.last_event_at),
            ends_at = greatest(f.ends_at, excluded.ends_at),
            is_ended = greatest(f.ends_at, excluded.ends_at) <= (select watermark from silver.promoted),
            events = f.events + excluded.events, views = f.views + excluded.views, carts = f.carts + excluded.carts,
            removals = f.removals + excluded.removals, purchases = f.purchases + excluded.purchases, revenue = f.revenue + excluded.revenue,
            counted = f.counted || array(select key from unnest(excluded.counted) as key where key <> all(f.counted));

        """;

    /// <summary>Ends what has been idle.</summary>
    private const string End = """
        create temporary table gold_ended (user_session text) on commit drop;
        with ended as (
            update gold.fact_session set is_ended = true
            where not is_ended and ends_at <= (select watermark from silver.promoted)
            returning user_session
        )
        insert into gold_ended select user_session from ended;
        """;

    public const string Sql = Count + Write + End;
}
