using Fecom.Contracts;

namespace Fecom.UnitTests.Learning;

/// <summary>Behaviour events for tests: only what matters is said.</summary>
internal static class Events
{
    /// <summary>Tuesday, 2019-10-01 00:00:00 UTC.</summary>
    public static readonly DateTime Start = new(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc);

    public static BehaviorEvent Of(
        BehaviorEventType type,
        string product,
        double seconds = 0,
        string? category = "electronics.smartphone",
        string? brand = "apple",
        decimal price = 10m,
        string session = "s1",
        string user = "u1",
        int id = 0
    ) =>
        new()
        {
            EventId = EventId.At(1, id),
            EventTime = Start.AddSeconds(seconds),
            EventType = type,
            ProductId = product,
            CategoryId = "c1",
            CategoryCode = category,
            Brand = brand,
            Price = price,
            UserId = user,
            UserSession = session,
            Source = "test",
            Position = id,
            ReceivedAt = Start,
            ValidatedAt = Start,
        };
}
