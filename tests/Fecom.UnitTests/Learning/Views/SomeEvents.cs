using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>Random events, many of them at the same time, each with an id of its own; and random batches of them.</summary>
internal static class SomeEvents
{
    public static Arbitrary<BehaviorEvent[]> Of(params string[] products)
    {
        Gen<BehaviorEvent> one =
            from type in Gen.Elements(Enum.GetValues<BehaviorEventType>())
            from product in Gen.Elements(products)
            from seconds in Gen.Choose(0, 5)
            from category in Gen.Elements(null, "", "a", "a.b", "a.b.c")
            from cents in Gen.Choose(1, 100_000)
            select Events.Of(type, product, seconds, category, price: cents / 100m);
        return one.NonEmptyListOf()
            .Select(events => events.Select((e, i) => e with { EventId = EventId.At(1, i) }).ToArray())
            .ToArbitrary();
    }

    /// <summary>The events in another order, in batches.</summary>
    public static IEnumerable<EventTally> Split(BehaviorEvent[] events, int seed)
    {
        Random random = new(seed);
        BehaviorEvent[] shuffled = [.. events];
        random.Shuffle(shuffled);
        foreach (IGrouping<int, BehaviorEvent> batch in shuffled.GroupBy(_ => random.Next(4)))
        {
            EventTally tally = new(batch.First());
            foreach (BehaviorEvent e in batch.Skip(1))
            {
                tally.Add(e);
            }

            yield return tally;
        }
    }
}
