using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Order tables in an input folder, and the purchases that a host makes of them.</summary>
public abstract class OrdersAsPurchasesContext(Servers servers) : InputFolderContext(servers)
{
    private protected static string Name(string table) =>
        table == "Customers" ? "Customer List"
        : table == "Items" ? "Order Items"
        : table;

    private protected static string Source(string table) =>
        table == "Items" ? "fecom:order_items" : $"fecom:{table.ToLowerInvariant()}";

    private protected void PutAll(OrderTables tables)
    {
        foreach (string table in (string[])["Items", "Orders", "Customers", "Products"])
        {
            _files.Put($"Fecom Inc {Name(table)}.csv", tables.Table(table));
        }
    }

    private protected static Task<JsonElement> ChangedAsync(IngestionHost host, string name, long snapshot) =>
        host.SourceAsync(
            name,
            source =>
                source.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                && changes.GetProperty("snapshot").GetInt64() == snapshot
        );

    /// <summary>The table has been taken, and joined to the others.</summary>
    private protected static async Task JoinedAsync(IngestionHost host, string table)
    {
        await ChangedAsync(host, table, 1);
        await Poll.UntilAsync(
            async () =>
            {
                await using Npgsql.NpgsqlCommand joined = host.Database.CreateCommand(
                    "select joined from ingestion.purchase_state"
                );
                return await joined.ExecuteScalarAsync(Cancelled) is string snapshots
                    && snapshots.Contains(table["fecom:".Length..], StringComparison.Ordinal);
            },
            TestTimeout,
            $"{table} is not joined"
        );
    }

    private protected static Task<JsonElement> PurchasesAsync(IngestionHost host, long count) =>
        host.SourceAsync(
            "purchases:fecom",
            source =>
                source.GetProperty("position").GetInt64() == count
                && source.GetProperty("state").GetString() == "completed"
        );
}
