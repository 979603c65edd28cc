using Fecom.Contracts;
using Fecom.Learning.Purchase;

namespace Fecom.UnitTests.Learning.Purchase;

/// <summary>
/// Sessions with a rule in them: cheap products of liked brands are bought, busy visitors buy more. Crossed, the dear products of
/// liked brands and the cheap ones of the others are bought, which no sum of single features can say.
/// </summary>
internal static class GeneratedSessions
{
    private static readonly string?[] Brands = ["liked", "known", "plain", "poor", null];
    private static readonly double[] Pull = [1.5, 0.5, 0, -1, 0];

    public static PurchaseDataSet DataSet(
        int sessions,
        int seed = 1,
        BehaviorEventType candidate = BehaviorEventType.Cart,
        bool crossed = false
    ) => Build([.. Of(sessions, seed, candidate, crossed)]);

    /// <summary>Both passes over events that became known in the order in which they stand.</summary>
    public static PurchaseDataSet Build(IReadOnlyList<BehaviorEvent> events, TimeSpan? horizon = null)
    {
        PurchaseRowFinder finder = new(horizon);
        List<BehaviorEvent> arrived = [];
        DateTime known = DateTime.MinValue;
        foreach (BehaviorEvent e in events)
        {
            known = e.EventTime > known ? e.EventTime : known;
            arrived.Add(e with { EventId = EventId.At(1, arrived.Count), ReceivedAt = known });
        }

        arrived.ForEach(finder.Take);
        PurchaseRows rows = finder.Find(TimeZoneInfo.Utc);
        arrived.ForEach(rows.Take);
        return rows.Split();
    }

    public static IEnumerable<BehaviorEvent> Of(
        int sessions,
        int seed,
        BehaviorEventType candidate,
        bool crossed = false
    )
    {
        Random random = new(seed);
        return Enumerable.Range(0, sessions).SelectMany(i => Session(random, i, candidate, crossed)).ToArray();
    }

    private static List<BehaviorEvent> Session(Random random, int number, BehaviorEventType candidate, bool crossed)
    {
        double start = number * 60.0;
        int brand = random.Next(Brands.Length);
        decimal price = random.Next(1, 100);
        int views = random.Next(0, 5);
        List<BehaviorEvent> events = [];
        for (int i = 0; i < views; i++)
        {
            events.Add(Events.Of(BehaviorEventType.View, $"other{i}", start + i, price: 5m));
        }

        events.Add(Events.Of(candidate, "p", start + 10, brand: Brands[brand], price: price));
        double cheapness = (50 - (double)price) / 25;
        double margin = crossed
            ? (brand == 0 ? -2 : 1) * cheapness - 0.5
            : Pull[brand] + cheapness + (0.3 * views) - 1.5;
        if (random.NextDouble() < 1 / (1 + Math.Exp(-margin)))
        {
            events.Add(Events.Of(BehaviorEventType.Purchase, "p", start + 20, brand: Brands[brand], price: price));
        }

        return events.ConvertAll(e => e with { UserSession = $"s{number}", UserId = $"u{number}" });
    }
}
