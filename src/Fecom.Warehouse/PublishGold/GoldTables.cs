using Fecom.Warehouse.BuildGold;

namespace Fecom.Warehouse.PublishGold;

/// <summary>The tables of gold that are published. A new table is one line here; its columns and their types are those that it has in the database.</summary>
internal static class GoldTables
{
    public static readonly IReadOnlyList<GoldTable> All =
    [
        new("dim_date", ["date"]),
        new("dim_category", ["category_id"]),
        new("dim_customer", ["customer_trx_id", "valid_from"]),
        new("dim_seller", ["seller_id", "valid_from"]),
        new("dim_product", ["product_id", "valid_from"]),
        new("dim_user", ["user_id"]),
        new("fact_event", ["event_time", "event_id"]) { Slices = GoldStep.SliceEvents },
        new("fact_session", ["user_session"]) { Without = ["counted"] },
        new("fact_cart", ["user_session", "product_id"]),
        new("fact_order", ["order_id"]),
        new("fact_order_item", ["order_id", "order_item_id"]),
        new("fact_review", ["order_id", "review_id"]),
        new("fact_feedback", ["feedback_id"]),
        new("agg_kpi_hourly", ["hour", "is_total", "category_id"]),
        new("agg_recommendation_hourly", ["hour", "kind", "model", "model_version", "source", "position"]),
        new("agg_feedback_hourly", ["hour", "type", "outcome"]),
    ];
}

/// <summary>A table of gold that is published.</summary>
/// <param name="Name">Its name in the schema <c>gold</c>.</param>
/// <param name="Key">The columns that tell its rows apart.</param>
internal sealed record GoldTable(string Name, IReadOnlyList<string> Key)
{
    /// <summary>Columns that are bookkeeping and not published.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>
    /// Of a table to which the gold step only adds, too many rows to note each key: SQL that gives its columns, in their order, of the
    /// slices in the array <c>(slices)</c>. Null of a table whose keys are noted.
    /// </summary>
    public string? Slices { get; init; }
}
