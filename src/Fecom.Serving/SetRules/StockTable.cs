using System.Runtime.InteropServices;
using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.SetRules;

/// <summary>A change of a product's stock that a host reads.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StockEntry(string ProductId, bool InStock, long Change);

/// <summary>What is out of stock, in PostgreSQL.</summary>
internal sealed class StockTable(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Keeps what is new; of a product that is named twice what was said last.</summary>
    /// <returns>Products of which it was new.</returns>
    public async Task<int> SetAsync(IReadOnlyList<StockOfProduct> products, CancellationToken cancellationToken)
    {
        Dictionary<string, bool> stock = new(StringComparer.Ordinal);
        foreach (StockOfProduct product in products)
        {
            stock[product.ProductId!] = product.InStock!.Value;
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One at a time: a reader that has seen a change has seen every change with a smaller number.
        await connection.ExecuteAsync(
            new CommandDefinition(
                "lock table serving.stock in exclusive mode",
                transaction: transaction,
                cancellationToken: cancellationToken
            )
        );
        int changed = await connection.ExecuteAsync(
            new CommandDefinition(
                $"""
                insert into serving.stock as s (product_id, in_stock, changed_at, change)
                select product_id, in_stock, @now, nextval('serving.stock_change')
                from unnest(@ids, @inStock) as said (product_id, in_stock)
                where not in_stock or exists (select from serving.stock known where known.product_id = said.product_id)
                on conflict (product_id) do update
                set in_stock = excluded.in_stock, changed_at = excluded.changed_at, change = excluded.change
                where s.in_stock <> excluded.in_stock{Notices.Sql(ServingNotices.Rules)}
                """,
                new
                {
                    now = time.GetUtcNow().UtcDateTime,
                    ids = stock.Keys.ToArray(),
                    inStock = stock.Values.ToArray(),
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return changed;
    }

    /// <summary>Changes after one, oldest first.</summary>
    public Task<IReadOnlyList<StockEntry>> ChangesAsync(long after, int limit, CancellationToken cancellationToken) =>
        database.QueryAsync<StockEntry>(
            "select product_id as ProductId, in_stock as InStock, change from serving.stock where change > @after order by change limit @limit",
            new { after, limit },
            cancellationToken
        );

    /// <summary>A part of the list of what is out of stock.</summary>
    public Task<IReadOnlyList<OutOfStockProduct>> ListAsync(int skip, int limit, CancellationToken cancellationToken) =>
        database.QueryAsync<OutOfStockProduct>(
            """
            select product_id as ProductId, changed_at as ChangedAt from serving.stock
            where not in_stock order by product_id offset @skip limit @limit
            """,
            new { skip, limit },
            cancellationToken
        );
}
