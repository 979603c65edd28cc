using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Order tables become purchases: one an item, in whatever order the files come, whatever happens on the way.</summary>
public sealed class OrdersAsPurchasesTests(Servers servers) : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    private readonly InputFiles _files = new();
    private readonly FakePipeline _pipeline = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData("Items", "Orders", "Customers", "Products")]
    [InlineData("Products", "Customers", "Orders", "Items")]
    [InlineData("Customers", "Items", "Products", "Orders")]
    [InlineData("Orders", "Products", "Items", "Customers")]
    public async Task Whatever_the_order_of_the_files_each_item_is_bought_once(
        string first,
        string second,
        string third,
        string fourth
    )
    {
        OrderTables tables = new(300);
        await using IngestionHost host = await StartAsync();
        foreach (string table in (string[])[first, second, third])
        {
            _files.Put($"Fecom Inc {Name(table)}.csv", tables.Table(table));
            await JoinedAsync(host, Source(table));
            Assert.Empty(OrderTables.Purchases(_pipeline.Taken));
        }

        _files.Put($"Fecom Inc {Name(fourth)}.csv", tables.Table(fourth));
        JsonElement source = await PurchasesAsync(host, 600);
        Assert.Equal(tables.Purchases(), OrderTables.Purchases(_pipeline.Taken));
        Assert.False(
            source.TryGetProperty("findings", out JsonElement findings) && findings.ValueKind != JsonValueKind.Null
        );
        LoadCompleted completed = Assert.Single(_pipeline.Completed);
        Assert.Equal(("purchases:fecom", 600), (completed.Source, completed.Rows));
    }

    [Fact(Timeout = 60_000)]
    public async Task Purchases_come_in_the_order_of_their_times()
    {
        PutAll(new OrderTables(300));
        await using IngestionHost host = await StartAsync();
        await PurchasesAsync(host, 600);
        IEnumerable<OutgoingMessage> purchases = _pipeline.Taken.Where(message =>
            message.Origin!.Value.Source == "purchases:fecom"
        );
        List<DateTime> times =
        [
            .. purchases.OrderBy(message => message.Origin!.Value.Position).Select(OrderTables.TimeOf),
        ];
        Assert.Equal(times.Order(), times);
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_whose_order_does_not_come_are_counted_with_examples_until_it_does()
    {
        OrderTables tables = new(300);
        PutAll(tables);
        _files.Put("Fecom Inc Orders.csv", OrderTables.OrdersOf(298));
        await using IngestionHost host = await StartAsync();
        JsonElement source = await PurchasesAsync(host, 595);
        JsonElement waiting = Assert.Single(source.GetProperty("findings").EnumerateArray());
        Assert.Equal(
            ("no_order", 5),
            (waiting.GetProperty("kind").GetString(), waiting.GetProperty("count").GetInt64())
        );
        Assert.Equal(
            ["o298/1", "o298/2", "o299/1", "o299/2", "o299/3"],
            waiting.GetProperty("examples").EnumerateArray().Select(item => item.GetString())
        );
        Assert.Equal(
            "5 order items wait for their order, customer or product.",
            source.GetProperty("notice").GetString()
        );

        _files.Put("Fecom Inc Orders.csv", tables.Orders);
        await PurchasesAsync(host, 600);
        Assert.Equal(tables.Purchases(), OrderTables.Purchases(_pipeline.Taken));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_bought_is_not_bought_again_when_its_rows_change_go_or_come_back()
    {
        OrderTables tables = new(90);
        PutAll(tables);
        await using IngestionHost host = await StartAsync();
        await PurchasesAsync(host, 180);
        _files.Put(
            "Fecom Inc Order Items.csv",
            TableFiles.Export(
                FecomTables.OrderItems,
                [
                    ["o1", "1", "p1", "s1", "", "99.00", "1.00"],
                ]
            )
        );
        await ChangedAsync(host, "fecom:order_items", 2);
        _files.Put("Fecom Inc Order Items.csv", tables.Items);
        await ChangedAsync(host, "fecom:order_items", 3);
        _files.Put("Fecom Inc Orders.csv", OrderTables.OrdersOf(91));
        _files.Put("Fecom Inc Order Items v2.csv", new OrderTables(91).Items);
        _files.Put("Fecom Inc Customer List.csv", new OrderTables(91).Customers);
        await PurchasesAsync(host, 181);
        Assert.Equal(new OrderTables(91).Purchases(), OrderTables.Purchases(_pipeline.Taken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_or_unavailable_order_is_no_purchase_and_a_later_change_is_said()
    {
        OrderTables tables = new(5);
        PutAll(tables);
        _files.Put("Fecom Inc Orders.csv", Orders("delivered", "canceled", "Unavailable", "shipped", " Cancelled"));
        await using IngestionHost host = await StartAsync();
        // Order 0 has one item, 1 two, 2 three, 3 one, 4 two.
        JsonElement source = await PurchasesAsync(host, 2);
        await FindingAsync(host, "not_bought", 7, "o1/1 o1/2 o2/1 o2/2 o2/3");
        Assert.Equal(["o0", "o3"], Sessions());

        _files.Put("Fecom Inc Orders.csv", Orders("canceled", "delivered", "unavailable", "shipped", "canceled"));
        await PurchasesAsync(host, 4);
        source = await FindingAsync(host, "cancelled_later", 1, "o0/1");
        Assert.Contains(
            "1 order items became purchases before their order was cancelled",
            source.GetProperty("notice").GetString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "5 order items are of orders that are cancelled",
            source.GetProperty("notice").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(["o0", "o1", "o1", "o3"], Sessions());

        byte[] Orders(params string[] states) =>
            TableFiles.Export(
                FecomTables.Orders,
                states
                    .Index()
                    .Select(order =>
                        (string[])
                            [
                                $"o{order.Index}",
                                $"c{order.Index}",
                                order.Item,
                                "2024-10-01 10:00:00.000",
                                "",
                                "",
                                "",
                                "",
                            ]
                    )
            );

        IEnumerable<string> Sessions() =>
            OrderTables
                .Purchases(_pipeline.Taken)
                .Select(purchase => JsonDocument.Parse(purchase).RootElement.GetProperty("user_session").GetString()!)
                .Order(StringComparer.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Crashes_on_the_way_lose_no_purchase_and_repeat_none()
    {
        OrderTables tables = new(1_500);
        string database = await servers.Postgres.CreateDatabaseAsync();
        PutAll(tables);
        Random random = new(2);
        for (int crash = 0; crash < 6; crash++)
        {
            TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            int until = _pipeline.SentCount + random.Next(100, 3_000);
            _pipeline.Sent = sent =>
            {
                if (sent >= until)
                {
                    _pipeline.Hold();
                    reached.TrySetResult();
                }
            };
            IngestionHost host = await StartAsync(database);
            await reached.Task.WaitAsync(TestTimeout, Cancelled);
            _pipeline.PassSome(random.Next(300));
            await host.CrashAsync(_pipeline);
            _pipeline.Open();
        }

        _pipeline.Sent = _ => { };
        await using IngestionHost last = await StartAsync(database);
        await PurchasesAsync(last, 3_000);
        Assert.Equal(tables.Purchases(), OrderTables.Purchases(_pipeline.Taken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Rows_that_make_no_good_purchase_are_sent_for_validation_to_name()
    {
        string noise = new('x', 20_000);
        _files.Put(
            "orders.csv",
            TableFiles.Export(
                FecomTables.Orders,
                [
                    ["o1", "c1", "", "some\0day", "", "", "", ""],
                    [noise, "c1", "", "2024-01-01 00:00", "", "", "", ""],
                ]
            )
        );
        _files.Put(
            "order_items.csv",
            TableFiles.Export(
                FecomTables.OrderItems,
                [
                    ["o1", "1", "p1", "", "", "free", ""],
                    [noise, noise, "p1", "", "", "1.00", ""],
                ]
            )
        );
        _files.Put(
            "customers.csv",
            TableFiles.Export(
                FecomTables.Customers,
                [
                    ["c1", "", "", "", "", "", "", "", "", ""],
                ]
            )
        );
        _files.Put(
            "products.csv",
            TableFiles.Export(
                FecomTables.Products,
                [
                    ["p1", "", "", "", "", ""],
                ]
            )
        );
        await using IngestionHost host = await StartAsync();
        await PurchasesAsync(host, 2);
        Assert.Equal(
            ["event_time_format user_id_present price_number", "user_id_present user_session_id"],
            _pipeline
                .Taken.Where(taken => taken.Origin!.Value.Source == "purchases:fecom")
                .Select(taken => string.Join(' ', BehaviorEventShape.Check(taken.Value).Select(error => error.Rule)))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact(Timeout = 180_000)]
    public async Task The_real_items_and_products_with_made_orders_are_each_bought_once()
    {
        string items = Repository.RealFileOrSkip("fecom/Fecom Inc Order Items.csv");
        string products = Repository.RealFileOrSkip("fecom/Fecom Inc Products.csv");
        string[] orders = [.. File.ReadLines(items).Skip(1).Select(line => line.Split(';')[0]).Distinct()];
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Files:BatchRows", "5000"));
        _files.Put("Fecom Inc Order Items.csv", await File.ReadAllBytesAsync(items, Cancelled));
        _files.Put("Fecom_Inc_Products.csv", await File.ReadAllBytesAsync(products, Cancelled));
        // All orders but the last, and a customer for each.
        _files.Put(
            "Fecom Inc Orders.csv",
            TableFiles.Export(
                FecomTables.Orders,
                orders[..^1].Select((id, i) => (string[])[id, $"c{i}", "delivered", "2024-05-06 07:08", "", "", "", ""])
            )
        );
        _files.Put(
            "Fecom Inc Customer List.csv",
            TableFiles.Export(
                FecomTables.Customers,
                orders.Select((_, i) => (string[])[$"c{i}", $"u{i}", "", "", "", "", "", "", "", ""])
            )
        );

        int left = File.ReadLines(items).Count(line => line.StartsWith(orders[^1], StringComparison.Ordinal));
        JsonElement source = await PurchasesAsync(host, 112_650 - left);
        Assert.Equal(left, source.GetProperty("findings")[0].GetProperty("count").GetInt64());
        List<string> purchases = OrderTables.Purchases(_pipeline.Taken);
        Assert.Equal(112_650 - left, purchases.Count);
        decimal expected = File.ReadLines(items)
            .Skip(1)
            .Select(line => line.Split(';'))
            .Where(row => row[0] != orders[^1])
            .Sum(row => decimal.Parse(row[5], CultureInfo.InvariantCulture));
        Assert.Equal(
            expected,
            purchases.Sum(purchase => JsonDocument.Parse(purchase).RootElement.GetProperty("price").GetDecimal())
        );
        Assert.All(
            purchases,
            purchase => Assert.Empty(BehaviorEventShape.Check(System.Text.Encoding.UTF8.GetBytes(purchase)))
        );
    }

    private static Task<JsonElement> FindingAsync(IngestionHost host, string kind, long count, string examples) =>
        SourceAsync(
            host,
            "purchases:fecom",
            source =>
                source.GetProperty("findings") is { ValueKind: JsonValueKind.Array } findings
                && findings
                    .EnumerateArray()
                    .Any(finding =>
                        (finding.GetProperty("kind").GetString(), finding.GetProperty("count").GetInt64())
                            == (kind, count)
                        && string.Join(
                            ' ',
                            finding.GetProperty("examples").EnumerateArray().Select(example => example.GetString())
                        ) == examples
                    )
        );

    public void Dispose() => _files.Dispose();

    private static string Name(string table) =>
        table == "Customers" ? "Customer List"
        : table == "Items" ? "Order Items"
        : table;

    private static string Source(string table) =>
        table == "Items" ? "fecom:order_items" : $"fecom:{table.ToLowerInvariant()}";

    private void PutAll(OrderTables tables)
    {
        foreach (string table in (string[])["Items", "Orders", "Customers", "Products"])
        {
            _files.Put($"Fecom Inc {Name(table)}.csv", tables.Table(table));
        }
    }

    private async Task<IngestionHost> StartAsync(
        string? database = null,
        params (string Key, string Value)[] settings
    ) =>
        await IngestionHost.StartAsync(
            database ?? await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline,
            settings
        );

    private static Task<JsonElement> ChangedAsync(IngestionHost host, string name, long snapshot) =>
        SourceAsync(
            host,
            name,
            source =>
                source.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                && changes.GetProperty("snapshot").GetInt64() == snapshot
        );

    /// <summary>The table has been taken, and joined to the others.</summary>
    private static async Task JoinedAsync(IngestionHost host, string table)
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

    private static Task<JsonElement> PurchasesAsync(IngestionHost host, long count) =>
        SourceAsync(
            host,
            "purchases:fecom",
            source =>
                source.GetProperty("position").GetInt64() == count
                && source.GetProperty("state").GetString() == "completed"
        );

    private static async Task<JsonElement> SourceAsync(
        IngestionHost host,
        string name,
        Func<JsonElement, bool> isAsExpected
    )
    {
        JsonElement found = default;
        await Poll.UntilAsync(
            async () =>
            {
                JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>(
                    "/api/v1/ingestion/sources",
                    Cancelled
                );
                found = body.GetProperty("sources")
                    .EnumerateArray()
                    .FirstOrDefault(source => source.GetProperty("name").GetString() == name);
                return found.ValueKind == JsonValueKind.Object && isAsExpected(found);
            },
            2 * TestTimeout,
            $"{name} is not as expected: {found}"
        );
        return found;
    }
}
