namespace Fecom.WebConsole.Pages;

/// <summary>A query to begin with.</summary>
/// <param name="Key">Names its text.</param>
/// <param name="Sql">The statement.</param>
internal sealed record QueryExample(string Key, string Sql)
{
    public static IReadOnlyList<QueryExample> All { get; } =
    [
        new(
            "carts",
            """
            select outcome, count(*) as lines, sum(price) as value
            from gold.fact_cart
            group by outcome
            order by lines desc
            """
        ),
        new(
            "days",
            """
            select date, count(*) as sessions, count(*) filter (where purchases > 0) as bought, sum(revenue) as revenue
            from gold.fact_session
            group by date
            order by date desc
            limit 31
            """
        ),
        new(
            "products",
            """
            select c.product_id, p.brand, p.category_code, sum(c.purchases) as purchases, sum(c.revenue) as revenue
            from gold.fact_cart c
            left join gold.dim_product p on p.product_id = c.product_id and p.is_current
            where c.purchases > 0
            group by c.product_id, p.brand, p.category_code
            order by revenue desc
            limit 50
            """
        ),
        new(
            "weekdays",
            """
            select d.weekday_name, count(*) as sessions, round(100.0 * count(*) filter (where s.purchases > 0) / count(*), 1) as bought_percent
            from gold.fact_session s
            join gold.dim_date d on d.date = s.date
            group by d.weekday_name, d.weekday
            order by d.weekday
            """
        ),
        new(
            "tables",
            """
            select c.relname as table_name, a.attname as column_name, format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as meaning
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = 'gold'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
            order by c.relname, a.attnum
            """
        ),
    ];
}
