using System.Globalization;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>The four tables that purchases are made of, for so many orders with one to three items, and the purchases that they make.</summary>
internal sealed class OrderTables(int orders)
{
    public byte[] Items =>
        TableFiles.Export(
            FecomTables.OrderItems,
            ItemRows()
                .Select(item =>
                    (string[])[item.Order, item.Item, item.Product, "s1", "2024-01-01 00:00", item.Price, "1.00"]
                )
        );

    public byte[] Orders => OrdersOf(orders);

    public byte[] Customers =>
        TableFiles.Export(
            FecomTables.Customers,
            Enumerable.Range(0, orders).Select(i => (string[])[$"c{i}", User(i), "", "", "", "", "", "", "", ""])
        );

    public byte[] Products =>
        TableFiles.Export(
            FecomTables.Products,
            Enumerable.Range(0, 20).Select(i => (string[])[$"p{i}", Category(i), "", "", "", ""])
        );

    /// <summary>The orders' table, with the first of them only.</summary>
    public static byte[] OrdersOf(int count) =>
        TableFiles.Export(
            FecomTables.Orders,
            Enumerable
                .Range(0, count)
                .Select(i =>
                    (string[])
                        [
                            $"o{i}",
                            $"c{i}",
                            "delivered",
                            Time(i).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                            "",
                            "",
                            "",
                            "",
                        ]
                )
        );

    public byte[] Table(string name) =>
        name switch
        {
            "Items" => Items,
            "Orders" => Orders,
            "Customers" => Customers,
            _ => Products,
        };

    /// <summary>Every purchase as the raw topic must carry it, once.</summary>
    public List<string> Purchases() =>
        [
            .. ItemRows()
                .Select(item =>
                {
                    string category =
                        Category(item.ProductNumber) == "#N/A"
                            ? "null"
                            : $"\"{Category(item.ProductNumber).ToLowerInvariant()}\"";
                    return $$"""{"event_time":"{{Time(item.OrderNumber):yyyy-MM-dd HH:mm:ss}} UTC","event_type":"purchase","product_id":"{{item.Product}}","category_id":{{category}},"category_code":{{category}},"brand":null,"price":{{item.Price}},"user_id":"{{User(item.OrderNumber)}}","user_session":"{{item.Order}}"}""";
                })
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>The purchases among messages.</summary>
    public static List<string> Purchases(IEnumerable<OutgoingMessage> messages) =>
        [
            .. messages
                .Where(message => message.Origin!.Value.Source == "purchases:fecom")
                .Select(message => System.Text.Encoding.UTF8.GetString(message.Value))
                .Order(StringComparer.Ordinal),
        ];

    public static DateTime TimeOf(OutgoingMessage message) =>
        DateTime.Parse(
            JsonDocument.Parse(message.Value).RootElement.GetProperty("event_time").GetString()![..19],
            CultureInfo.InvariantCulture
        );

    private static string User(int order) => $"u{order % 7}";

    private static string Category(int product) => product == 3 ? "#N/A" : $"Category_{product % 4}";

    // Not in the order of their numbers.
    private static DateTime Time(int order) =>
        new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(order * 7_919 % 100_003);

    private IEnumerable<(
        int OrderNumber,
        string Order,
        string Item,
        int ProductNumber,
        string Product,
        string Price
    )> ItemRows() =>
        from order in Enumerable.Range(0, orders)
        from item in Enumerable.Range(0, 1 + (order % 3))
        let product = (order + item) % 20
        select (order, $"o{order}", $"{item + 1}", product, $"p{product}", $"{product + 1}.50");
}
