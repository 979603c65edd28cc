using Fecom.Contracts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

/// <summary>
/// What is kept of a user's orders to make purchases of them. Purchases on their way have their positions: they are sent, and no
/// store takes them. The tables' files and snapshots stay: they are the shop's.
/// </summary>
internal sealed class BuyersRows(NpgsqlDataSource database) : IUserRecords
{
    public async Task<IReadOnlyDictionary<string, long>> DeleteAsync(
        DeletedUser user,
        CancellationToken cancellationToken
    ) =>
        new Dictionary<string, long>
        {
            ["order_tables"] = await database.ReadAsync<long>(
                """
                with customers as (
                    delete from ingestion.shop_customer where subscriber_id = @UserId returning customer_trx_id
                ), orders as (
                    delete from ingestion.shop_order o using customers c where o.customer_trx_id = c.customer_trx_id returning o.order_id
                ), items as (
                    delete from ingestion.shop_order_item i using orders o where i.order_id = o.order_id returning 1
                )
                select (select count(*) from customers) + (select count(*) from orders) + (select count(*) from items)
                """,
                new { user.UserId },
                cancellationToken,
                TimeSpan.FromMinutes(10)
            ),
        };
}
