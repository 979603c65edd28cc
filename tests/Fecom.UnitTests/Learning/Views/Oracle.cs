using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>What features are worked out from when all events lie on the table: slow, and as their meanings say.</summary>
internal static class Oracle
{
    /// <summary>By time, and at the same microsecond by the end of the id; the ids of a test's events end differently.</summary>
    public static BehaviorEvent[] InOrder(IEnumerable<BehaviorEvent> events) =>
        [
            .. events
                .OrderBy(e => e.EventTime)
                .ThenBy(e => Convert.ToHexString(e.EventId.ToByteArray(bigEndian: true)[12..]), StringComparer.Ordinal),
        ];

    /// <summary>Of each key the newest, of the keys the newest so many; in order.</summary>
    public static BehaviorEvent[] Newest(
        IEnumerable<BehaviorEvent> events,
        Func<BehaviorEvent, object> key,
        int capacity
    ) => [.. InOrder(InOrder(events).GroupBy(key).Select(own => own.Last())).TakeLast(capacity)];

    public static BehaviorEvent[] Only(IEnumerable<BehaviorEvent> events, BehaviorEventType type) =>
        [.. events.Where(e => e.EventType == type)];

    public static int Count(IEnumerable<BehaviorEvent> events, BehaviorEventType type) => Only(events, type).Length;

    public static string? Category(BehaviorEvent e) =>
        e.CategoryCode is { Length: > 0 } path ? path : NullIfEmpty(e.CategoryId);

    public static string? NullIfEmpty(string? text) => text is { Length: > 0 } ? text : null;

    /// <summary>The event's tile and the next ones up to a moment's are at most so many.</summary>
    public static bool IsWithin(BehaviorEvent e, DateTime at, TimeSpan tile, int tiles) =>
        Tile(e.EventTime, tile) >= Tile(at, tile) - tiles;

    public static long Tile(DateTime time, TimeSpan tile) =>
        (long)Math.Floor((time - DateTime.UnixEpoch).TotalMicroseconds / tile.TotalMicroseconds);

    public static double? Ratio(double part, double whole) => whole > 0 ? part / whole : null;

    /// <summary>Every feature is there, and the same but for what rounding does to a fraction.</summary>
    public static void AssertEqual(FeatureView view, Dictionary<string, object?> expected, FeatureValue[] actual)
    {
        Assert.Equal(
            expected.Keys.Order(StringComparer.Ordinal),
            view.Features.Select(f => f.Name).Order(StringComparer.Ordinal)
        );
        foreach ((Feature feature, FeatureValue value) in view.Features.Zip(actual))
        {
            object? wanted = expected[feature.Name];
            bool isSame = wanted switch
            {
                null => value.IsMissing,
                string or string[] or DateTime => Same(wanted, value.ToObject()),
                _ => Math.Abs(Convert.ToDouble(wanted, null) - value.ToDouble())
                    <= 1e-4 * Math.Max(1e-3, Math.Abs(value.ToDouble())),
            };
            Assert.True(isSame, $"{view.Name}.{feature.Name} is {value}, not {Text(wanted)}");
        }
    }

    private static bool Same(object wanted, object? value) =>
        wanted is string[] texts ? value is string[] others && texts.SequenceEqual(others) : wanted.Equals(value);

    private static string Text(object? value) => value is string[] texts ? string.Join('|', texts) : $"{value}";
}
