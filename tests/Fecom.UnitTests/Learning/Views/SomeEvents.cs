using Fecom.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>Random events, many of them at the same moment or alike but for their ids; some lists hold far more than any state remembers.</summary>
internal static class SomeEvents
{
    /// <summary>Lists of 1 to 700 events, most of them short.</summary>
    /// <param name="products">How many products there are; users and sessions are a few.</param>
    public static Arbitrary<BehaviorEvent[]> Of(int products)
    {
        Gen<BehaviorEvent[]> lists =
            from size in Gen.Frequency((6, Gen.Choose(1, 12)), (3, Gen.Choose(13, 150)), (1, Gen.Choose(151, 700)))
            from spread in Gen.Elements(3, 4_000, 400_000, 40_000_000, 90_000_000)
            from sessions in Gen.Elements(1, 3, 40, 400)
            from seed in Gen.Choose(0, 1_000_000)
            select Make(new Random(seed), size, spread, sessions, products);
        return lists.ToArbitrary();
    }

    /// <summary>The same events in another order.</summary>
    public static BehaviorEvent[] Shuffle(BehaviorEvent[] events, Random random)
    {
        BehaviorEvent[] shuffled = [.. events];
        random.Shuffle(shuffled);
        return shuffled;
    }

    /// <param name="random">The chance.</param>
    /// <param name="count">How many.</param>
    /// <param name="seconds">How long they take.</param>
    /// <param name="sessions">How many sessions they come from; two users share each.</param>
    /// <param name="products">How many products there are.</param>
    public static BehaviorEvent[] Make(Random random, int count, int seconds, int sessions, int products)
    {
        BehaviorEvent[] events = new BehaviorEvent[count];
        for (int i = 0; i < count; i++)
        {
            int product = random.Next(products);
            events[i] = Events.Of(
                (BehaviorEventType)random.Next(4),
                $"{product}",
                random.Next(seconds),
                Pick(random, null, "", "a", "a.b", "a.b.c", ".b"),
                Pick(random, null, "", "x", "ÿ ; y"),
                random.Next(1, 4) / 4m * (1 + (product % 3)),
                $"session {random.Next(sessions)}",
                $"{random.Next(2)}"
            ) with
            {
                // Some ids differ in their first half alone: sources with the same positions.
                EventId = EventId.At((ulong)i, random.Next(4)),
                CategoryId = Pick(random, null, "", "1", "02"),
            };
        }

        return events;
    }

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
