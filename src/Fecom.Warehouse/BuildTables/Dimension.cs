using Fecom.Warehouse.BuildGold;
using Fecom.Warehouse.Slices;

namespace Fecom.Warehouse.BuildTables;

/// <summary>
/// Dimensions that keep their history. A touched key's rows are made anew from silver, a row for each time that something else was
/// said; a deletion ends the last one. Orders that wait for the key are touched with it.
/// </summary>
internal static class Dimension
{
    public static GoldRecipe Customers { get; } =
        new(
            "customer",
            "customers",
            [
                Rows(
                    "dim_customer",
                    "customers",
                    "customer_trx_id",
                    [
                        ("user_id", "subscriber_id"),
                        ("subscribed_at", "subscribe_date"),
                        ("first_ordered_at", "first_order_date"),
                        ("postal_code", "customer_postal_code"),
                        ("city", "customer_city"),
                        ("country", "customer_country"),
                        ("country_code", "customer_country_code"),
                        ("age", "age"),
                        ("gender", "gender"),
                    ]
                ),
                // An order names its person too.
                """
                insert into silver.touched (kind, key, since)
                select distinct 'order', o.order_id, @now from taken t
                cross join lateral (
                    select order_id from silver.orders o where o.customer_trx_id = t.key and o.is_current offset 0) as o
                on conflict do nothing
                """,
            ],
            [Unique("dim_customer", "customer_trx_id")]
        );

    public static GoldRecipe Sellers { get; } =
        new(
            "seller",
            "sellers",
            [
                Rows(
                    "dim_seller",
                    "sellers",
                    "seller_id",
                    [
                        ("name", "seller_name"),
                        ("postal_code", "seller_postal_code"),
                        ("city", "seller_city"),
                        ("country", "seller_country"),
                        ("country_code", "country_code"),
                    ]
                ),
                WaitingOrders.Touch("order_sellers_resolve", "seller_id"),
            ],
            [Unique("dim_seller", "seller_id")]
        );

    public static GoldRecipe Products { get; } =
        new(
            "product",
            "products",
            [
                """
                create temporary table gold_changed on commit drop as
                select t.key as product_id, t.since, exists (select from gold.dim_product d where d.product_id = t.key) as is_known
                from taken t;
                analyze gold_changed;
                """,
                ProductHistory.Stated + ProductHistory.WorkOut,
                WaitingOrders.Touch("order_products_resolve", "product_id"),
            ],
            [Unique("dim_product", "product_id")]
        );

    private static string Rows(
        string dimension,
        string table,
        string key,
        IReadOnlyList<(string Name, string Column)> values
    ) =>
        $"""
            delete from gold.{dimension} d using taken t where d.{key} = t.key;
            insert into gold.{dimension} ({key}, valid_from, valid_to, is_current, {string.Join(
                ", ",
                values.Select(value => value.Name)
            )})
            select {key}, valid_from, next, next is null, {string.Join(", ", values.Select(value => value.Column))}
            from (
                select *, lead(valid_from) over (partition by {key} order by valid_from) as next
                from (
                    select *, lag(known) over (partition by {key} order by valid_from) as before
                    from (
                        select distinct on (s.{key}, s.valid_from) s.*,
                            case when not s.is_deleted then ({string.Join(
                                ", ",
                                values.Select(value => $"s.{value.Column}")
                            )})::text end as known
                        from taken t join silver.{table} s on s.{key} = t.key
                        order by s.{key}, s.valid_from, s.snapshot desc, s.change_id desc
                    ) as said
                ) as changes
                where known is distinct from before
            ) as ended
            where known is not null
            """;

    private static QualityRule Unique(string dimension, string key) =>
        new(
            $"{dimension}_keys_unique",
            $"keys of {dimension} that have several current rows, or rows that overlap",
            $"""
            select t.key from taken t join gold.{dimension} d on d.{key} = t.key
            group by t.key having count(*) filter (where d.is_current) > 1
            union
            select t.key from taken t join gold.{dimension} d on d.{key} = t.key
            join gold.{dimension} o on o.{key} = t.key and o.valid_from > d.valid_from and (d.valid_to is null or o.valid_from < d.valid_to)
            """
        );
}
