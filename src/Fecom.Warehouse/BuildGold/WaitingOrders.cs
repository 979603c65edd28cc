namespace Fecom.Warehouse.BuildGold;

/// <summary>Orders that wait for something that gold has not.</summary>
internal static class WaitingOrders
{
    /// <summary>SQL that has those looked at again that wait for something which gold has now.</summary>
    /// <param name="rule">The rule that they wait for.</param>
    /// <param name="column">The column of an order's items that names it.</param>
    /// <param name="found">What gold has now: a relation with a column <c>key</c>.</param>
    public static string Touch(string rule, string column, string found = "taken") =>
        $"""
            insert into silver.touched (kind, key, since)
            select distinct 'order', w.order_id, @now from silver.waiting_order w
            join silver.order_items i on i.order_id = w.order_id and i.is_current
            join {found} t on t.key = i.{column}
            where w.rule = '{rule}'
            on conflict do nothing
            """;
}
