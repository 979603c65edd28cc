using System.Globalization;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Order tables become purchases: one an item, in whatever order the files come, whatever happens on the way.</summary>
public sealed class OrdersAsPurchasesTests(Servers servers) : OrdersAsPurchasesContext(servers)
{
    [Theory(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
    public async Task Crashes_on_the_way_lose_no_purchase_and_repeat_none()
    {
        OrderTables tables = new(1_500);
        string database = await Postgres.CreateDatabaseAsync();
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
}
