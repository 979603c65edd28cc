using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Items that are no purchase, or not yet, or not again: they are counted, and their reason is given.</summary>
public sealed class UnboughtItemsTests(Servers servers) : OrdersAsPurchasesContext(servers)
{
    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    private static Task<JsonElement> FindingAsync(IngestionHost host, string kind, long count, string examples) =>
        host.SourceAsync(
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
}
