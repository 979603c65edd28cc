using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Testing;

/// <summary>Raw events from a seed, with what the slow oracle expects of each.</summary>
public sealed class EventMaker(int seed, int users = 200, double invalid = 0.02)
{
    private static readonly string[] Types = ["view", "view", "view", "cart", "remove_from_cart", "purchase"];
    private static readonly string?[] Categories =
    [
        "electronics.smartphone",
        "appliances.kitchen.kettle",
        "apparel",
        null,
        "",
    ];
    private static readonly string?[] CategoryIds =
    [
        "2053013555631882655",
        "2053013566100866035",
        "2053013563810775923",
        "kettles",
        null,
    ];
    private static readonly string?[] Brands = ["samsung", "xiaomi", "löwe \"x\"", null];

    private readonly Random _random = new(seed);
    private readonly DateTime _start = new(2024, 2, 27, 20, 0, 0, DateTimeKind.Utc);
    private long _position;

    /// <summary>The next event of the source: the message, and the event that it must become; null where it must be refused.</summary>
    public (OutgoingMessage Message, BehaviorEvent? Event) Next(string source = "test")
    {
        long position = ++_position;
        string user = $"u{_random.Next(users)}";
        string session = $"{user}-s{_random.Next(3)}";
        // Now and then an event is older than its predecessors.
        DateTime time = _start.AddSeconds((position / 4) - (_random.Next(20) == 0 ? _random.Next(60) : 0));
        string type = Types[_random.Next(Types.Length)];
        string product = (1_000_000 + _random.Next(500)).ToString(CultureInfo.InvariantCulture);
        string? category = Categories[_random.Next(Categories.Length)];
        string? categoryId = CategoryIds[_random.Next(CategoryIds.Length)];
        string? brand = Brands[_random.Next(Brands.Length)];
        decimal price = _random.Next(1, 100_000) / 100m;
        bool bad = _random.NextDouble() < invalid;
        DateTime received = new(2024, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        string json = $$"""
            {"event_time":"{{time:yyyy-MM-dd HH:mm:ss}} UTC","event_type":"{{type}}","product_id":{{product}},"category_id":{{(
                long.TryParse(categoryId, CultureInfo.InvariantCulture, out _) ? categoryId : Quote(categoryId)
            )}},"category_code":{{Quote(category)}},"brand":{{Quote(brand)}},"price":{{(
                bad ? "0" : price.ToString(CultureInfo.InvariantCulture)
            )}},"user_id":"{{user}}","user_session":"{{session}}"}
            """;
        OutgoingMessage message = new(
            Encoding.UTF8.GetBytes(user),
            Encoding.UTF8.GetBytes(json.Trim()),
            new MessageOrigin(source, position, received)
        );
        if (bad)
        {
            return (message, null);
        }

        _ = BehaviorEventTypes.TryParse(type, out BehaviorEventType eventType);
        return (
            message,
            new BehaviorEvent
            {
                EventId = EventId.At(EventId.HashSource(source), position),
                EventTime = time,
                EventType = eventType,
                ProductId = product,
                CategoryId = categoryId,
                CategoryCode = string.IsNullOrEmpty(category) ? null : category,
                Brand = brand,
                Price = price,
                UserId = user,
                UserSession = session,
                Source = source,
                Position = position,
                ReceivedAt = received,
                ValidatedAt = received,
            }
        );
    }

    private static string Quote(string? text) =>
        text is null ? "null" : $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
