using Fecom.Platform.Retention;
using Fecom.Warehouse.LoadChanges;
using Npgsql;

namespace Fecom.Warehouse.DeleteUsers;

/// <summary>A user's customers and orders of the Fecom tables, in all tiers. A customer is of one order, so both go for good.</summary>
internal static class UsersOrders
{
    /// <summary>
    /// First the customers are written down, and from then on bronze takes nothing of them, so that no order of theirs is missing when
    /// the orders are written down and forgotten in their turn.
    /// </summary>
    public static async Task BeginAsync(
        NpgsqlConnection connection,
        OpenDeletion deletion,
        CancellationToken cancellationToken
    )
    {
        string[] customers = await ListAsync(connection, Customers, deletion, cancellationToken);
        await ForgetAsync(connection, customers.Select(ForgottenRows.Customer), cancellationToken);
        string[] orders = await ListAsync(connection, OrderIds, deletion, cancellationToken);
        await ForgetAsync(connection, orders.Select(ForgottenRows.Order), cancellationToken);
    }

    private const string Customers = """
        update bronze.user_deletion set customers = coalesce(customers, array(
            select customer_trx_id from silver.customers where subscriber_id = @user and valid_from <= @until
            union
            select key from bronze.table_change
            where table_name = 'customers' and changed_at <= @until
                and (before ->> 'subscriber_id' = @user or after ->> 'subscriber_id' = @user)))
        where id = @id
        returning customers
        """;

    private const string OrderIds = """
        update bronze.user_deletion set orders = coalesce(orders, array(
            select o.order_id from silver.orders o where o.customer_trx_id = any(customers)
            union
            select key from bronze.table_change
            where table_name = 'orders' and cardinality(customers) > 0
                and (before ->> 'customer_trx_id' = any(customers) or after ->> 'customer_trx_id' = any(customers))))
        where id = @id
        returning orders
        """;

    /// <summary>What is deleted, each with SQL that says how many rows it were.</summary>
    public static IReadOnlyList<(string Table, string Sql)> Tables { get; } =
    [
        (
            "bronze.table_change",
            """
            with gone as (
                delete from bronze.table_change c using bronze.user_deletion d
                where d.id = @id and cardinality(d.customers) > 0
                    and ((c.table_name = 'customers' and c.key = any(d.customers))
                        or (c.table_name in ('orders', 'order_items', 'order_payments', 'order_reviews')
                            and coalesce(c.after, c.before) ->> 'order_id' = any(d.orders)))
                returning c.batch, date_trunc('month', c.changed_at at time zone 'UTC')::date as month
            ), batches as (
                select batch, month, count(*) as changes from gone group by batch, month
            ), pending as (
                update bronze.change_batch b set changes = b.changes - g.changes from batches g where b.batch = g.batch and b.month = g.month
            )
            select count(*) from gone
            """
        ),
        ("silver.customers", Delete("silver.customers", "customer_trx_id", "customers")),
        ("silver.orders", Delete("silver.orders", "order_id", "orders")),
        ("silver.order_items", Delete("silver.order_items", "order_id", "orders")),
        ("silver.order_payments", Delete("silver.order_payments", "order_id", "orders")),
        ("silver.order_reviews", Delete("silver.order_reviews", "order_id", "orders")),
        ("gold.dim_customer", Delete("gold.dim_customer", "customer_trx_id", "customers")),
        ("gold.fact_order", Delete("gold.fact_order", "order_id", "orders")),
        ("gold.fact_order_item", Delete("gold.fact_order_item", "order_id", "orders")),
        ("gold.fact_review", Delete("gold.fact_review", "order_id", "orders")),
    ];

    /// <summary>Gold waits for nothing of them any more.</summary>
    public const string NoLongerWaiting = """
        delete from silver.touched t using bronze.user_deletion d
        where d.id = @id and ((t.kind = 'customer' and t.key = any(d.customers)) or (t.kind = 'order' and t.key = any(d.orders)));
        delete from silver.waiting_order w using bronze.user_deletion d where d.id = @id and w.order_id = any(d.orders)
        """;

    private static string Delete(string table, string key, string list) =>
        $"""
            with gone as (
                delete from {table} where {key} = any(array(select unnest({list}) from bronze.user_deletion where id = @id)) returning 1
            )
            select count(*) from gone
            """;

    private static async Task<string[]> ListAsync(
        NpgsqlConnection connection,
        string sql,
        OpenDeletion deletion,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand list = TierRows.Command(connection, sql, deletion);
        return (string[])(await list.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ForgetAsync(
        NpgsqlConnection connection,
        IEnumerable<string> names,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (string name in names)
        {
            await ForgottenKeys.AddAsync(
                connection,
                ForgottenRows.Table,
                name,
                ForgottenRows.Forever,
                cancellationToken
            );
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
