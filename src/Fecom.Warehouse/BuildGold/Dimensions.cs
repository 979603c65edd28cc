namespace Fecom.Warehouse.BuildGold;

/// <summary>Days, visitors and categories that a slice names.</summary>
internal static class Dimensions
{
    /// <summary>The slice's own visitors.</summary>
    public const string Group = """
        create temporary table gold_user on commit drop as
        select user_id, min(first_at) as first_at, max(last_at) as last_at, sum(events) as events, sum(purchases) as purchases,
            coalesce(sum(revenue) filter (where purchases > 0), 0) as revenue
        from gold_cell group by user_id;

        """;

    public const string Sql = """
        select gold.add_dates(make_date(extract(year from @to)::integer + 3, 12, 31));

        insert into gold.dim_user as d (user_id, first_seen_at, last_seen_at, events, purchases, revenue)
        select user_id, first_at, last_at, events, purchases, revenue from gold_user
        on conflict (user_id) do update
        set first_seen_at = least(d.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at),
            events = d.events + excluded.events, purchases = d.purchases + excluded.purchases, revenue = d.revenue + excluded.revenue;

        insert into gold.dim_category as d (category_id, category_code, first_seen_at, last_seen_at, coded_at)
        select category_id,
            (array_agg(category_code order by last_at desc, category_code desc) filter (where category_code is not null))[1],
            min(first_at), max(last_at), max(last_at) filter (where category_code is not null)
        from gold_product where category_id is not null group by category_id
        on conflict (category_id) do update
        set category_code = case when excluded.coded_at is not null
                and (d.coded_at is null or (excluded.coded_at, excluded.category_code) > (d.coded_at, d.category_code))
                then excluded.category_code else d.category_code end,
            coded_at = greatest(d.coded_at, excluded.coded_at),
            first_seen_at = least(d.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at);
        """;
}
