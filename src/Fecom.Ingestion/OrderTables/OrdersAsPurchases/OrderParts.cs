using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.OrderTables.Shared;
using Fecom.Ingestion.Shared.RunSources;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

/// <summary>Stores the newest rows of orders, items, customers and products, from which purchases are made.</summary>
/// <remarks>
/// It listens to the comparison of snapshots and not to <c>fecom.cdc.*</c>: the snapshot counts as taken only when PostgreSQL has
/// its rows, so nothing depends on Kafka's retention. Receiving rows twice changes nothing.
/// </remarks>
internal sealed class OrderParts(NpgsqlDataSource database, LoadRuns runs) : IRowListener
{
    private const int MaxKept = 200;
    private const int KeptOfLonger = 100;

    private static readonly Dictionary<FecomTable, Part> Parts = new()
    {
        [FecomTables.Orders] = new(
            ["order_id", "customer_trx_id", "order_status", "order_purchase_timestamp"],
            """
            insert into ingestion.shop_order (order_id, customer_trx_id, status, event_time) select * from unnest($1, $2, $3, $4)
            on conflict (order_id) do update
            set customer_trx_id = excluded.customer_trx_id, status = excluded.status, event_time = excluded.event_time
            """,
            "delete from ingestion.shop_order where order_id = any($1)"
        ),
        [FecomTables.Customers] = new(
            ["customer_trx_id", "subscriber_id"],
            """
            insert into ingestion.shop_customer (customer_trx_id, subscriber_id) select * from unnest($1, $2)
            on conflict (customer_trx_id) do update set subscriber_id = excluded.subscriber_id
            """,
            "delete from ingestion.shop_customer where customer_trx_id = any($1)"
        ),
        [FecomTables.Products] = new(
            ["product_id", "product_category_name"],
            """
            insert into ingestion.shop_product (product_id, category) select * from unnest($1, $2)
            on conflict (product_id) do update set category = excluded.category
            """,
            "delete from ingestion.shop_product where product_id = any($1)"
        ),
        // An item that became a purchase stays recorded: if it is deleted and comes back, it is not a second purchase.
        [FecomTables.OrderItems] = new(
            ["order_id", "order_item_id", "product_id", "price"],
            """
            insert into ingestion.shop_order_item (order_id, order_item_id, product_id, price) select * from unnest($1, $2, $3, $4)
            on conflict (order_id, order_item_id) do update set product_id = excluded.product_id, price = excluded.price
            """,
            """
            delete from ingestion.shop_order_item i using unnest($1, $2) as gone (order_id, order_item_id)
            where i.order_id = gone.order_id and i.order_item_id = gone.order_item_id and not i.purchased
            """
        ),
    };

    public IReadOnlyList<string> Columns(FecomTable table) =>
        Parts.TryGetValue(table, out Part? part) ? part.Columns : [];

    public async Task TakeAsync(FecomTable table, IReadOnlyList<ListenedRow> rows, CancellationToken cancellationToken)
    {
        Part part = Parts[table];
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(Command(part.Upsert, [.. rows.Where(row => !row.Deleted)], part.Columns));
        batch.BatchCommands.Add(
            Command(part.Delete, [.. rows.Where(row => row.Deleted)], part.Columns.Take(table.KeyColumns))
        );
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public void Completed(FecomTable table) => runs.Requested(PurchaseProgress.Kind).Set();

    /// <summary>
    /// The time of an order in an event's format. Without a zone it is UTC, as the tables never name one. A text that
    /// is not a time stays unchanged, for validation to report.
    /// </summary>
    public static string? EventTime(string? text) =>
        EventTimes.TryParse(text?.Trim(), out DateTime time) || EventTimes.TryParse($"{text?.Trim()} UTC", out time)
            ? time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF' UTC'", CultureInfo.InvariantCulture)
            : text;

    /// <summary>An order's status as it is compared: exports write it in every case.</summary>
    public static string? Status(string? text) => text?.Trim().ToLowerInvariant();

    private static NpgsqlBatchCommand Command(string sql, IReadOnlyList<ListenedRow> rows, IEnumerable<string> columns)
    {
        NpgsqlBatchCommand command = new(sql);
        foreach ((int place, string column) in columns.Index())
        {
            string?[] values = [.. rows.Select(row => Value(column, row.Values[place]))];
            command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        }

        return command;
    }

    private static string? Value(string column, string? text) =>
        column switch
        {
            "order_purchase_timestamp" => EventTime(Storable(text)),
            "order_status" => Status(Storable(text)),
            _ => Storable(text),
        };

    /// <summary>Replaces U+0000, which PostgreSQL's text cannot hold, and shortens what is too long for its index keys. A shortened id stays distinct, and too long for validation.</summary>
    private static string? Storable(string? text)
    {
        string? clean = text?.Replace('\0', '\uFFFD');
        return clean is { Length: > MaxKept }
            ? $"{clean[..(char.IsHighSurrogate(clean[KeptOfLonger - 1]) ? KeptOfLonger - 1 : KeptOfLonger)]}…{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(clean)))}"
            : clean;
    }

    /// <param name="Columns">What is wanted of the table; its key leads.</param>
    /// <param name="Upsert">Takes the columns as arrays.</param>
    /// <param name="Delete">Takes the key's columns as arrays.</param>
    private sealed record Part(IReadOnlyList<string> Columns, string Upsert, string Delete);
}
