using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Features;

/// <summary>Validated events of sessions and products that lie in every partition, as of visitors who change their account in the middle of a visit.</summary>
internal sealed class SharedShop(int seed, int partitions, int sessions = 40, int products = 60)
{
    private readonly Random _random = new(seed);
    private readonly long[] _offsets = new long[partitions];
    private int _position;

    /// <summary>A message with the next event, in a partition that its session does not decide.</summary>
    public TopicMessage<BehaviorEvent> Next() =>
        Next(_random.Next(partitions), $"s{_random.Next(sessions)}", $"p{_random.Next(products)}");

    public TopicMessage<BehaviorEvent> Next(int partition, string session, string product)
    {
        int position = ++_position;
        string source = $"test/{partition}";
        // Each event has a second of its own, so the newest is the newest in whatever order they come.
        DateTime time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds((position * 7_919L) % 1_000_003);
        int category = _random.Next(6);
        BehaviorEvent e = new()
        {
            EventId = EventId.At(1, position),
            EventTime = time,
            EventType = (BehaviorEventType)_random.Next(4),
            ProductId = product,
            CategoryId = category == 0 ? null : $"c{category}",
            CategoryCode = new[] { null, "a", "a.b", "ä.c.d" }[_random.Next(4)],
            Brand = new[] { null, "x", "y" }[_random.Next(3)],
            Price = _random.Next(1, 100_000) / 100m,
            UserId = $"u{partition}",
            UserSession = session,
            Source = source,
            Position = position,
            ReceivedAt = time,
            ValidatedAt = time,
        };
        return new(partition, _offsets[partition]++, [], e, new MessageOrigin(source, position, time), null);
    }
}
