using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>Every feature of every view is what its meaning says of the events, worked out from all of them at once.</summary>
public sealed class OracleTests
{
    public static TheoryData<string> Views => [.. FeatureViews.All.Select(view => view.Name)];

    [Theory]
    [MemberData(nameof(Views))]
    public void Read_EqualsARecomputationFromAllEvents(string name) =>
        Prop.ForAll(
                SomeEvents.Of(products: 70),
                Gen.Choose(0, 1_000_000).ToArbitrary(),
                (some, seed) =>
                {
                    FeatureView view = FeatureViews.All.Single(view => view.Name == name);
                    Random random = new(seed);
                    BehaviorEvent[] events = [.. some.Select((e, i) => Distinct(e, i))];
                    EntityState state = FeatureViewTests.After(view, SomeEvents.Shuffle(events, random));
                    DateTime at = events
                        .Max(e => e.EventTime)
                        .AddSeconds(random.Next(3) == 0 ? 0 : random.Next(random.Next(2) == 0 ? 4_000 : 9_000_000));

                    Dictionary<string, object?> expected = name switch
                    {
                        "session" => SessionOracle.Of(events, at),
                        "user" => UserOracle.Of(events, at),
                        _ => TrafficOracle.Of(name, events, at),
                    };

                    Oracle.AssertEqual(view, expected, FeatureViewTests.ValuesOf(view, state, at));
                }
            )
            .QuickCheckThrowOnFailure();

    /// <summary>Beyond 128 visits the sample speaks for all of them.</summary>
    [Fact]
    public void SessionSample_WhenVisitsAreMany_IsNearTheirNumber()
    {
        UserState user = new();
        for (int i = 0; i < 5_000; i++)
        {
            BehaviorEventType type = i % 4 == 0 ? BehaviorEventType.Cart : BehaviorEventType.View;
            user.Step(Events.Of(type, "p", i, session: $"session {i}", id: i));
            user.Step(Events.Of(BehaviorEventType.View, "p", i, session: $"session {i}", id: i));
        }

        Assert.InRange(user.Visits.Sessions, 4_000, 6_000);
        Assert.InRange(user.Visits.CartSessions, 800, 1_700);
        Assert.Equal(0, user.Visits.PurchaseSessions);
    }

    /// <summary>Ids that end differently, and no more visits than are counted exactly.</summary>
    private static BehaviorEvent Distinct(BehaviorEvent e, int place) =>
        e with
        {
            EventId = EventId.At(1, place),
            UserSession = $"session {StableHash.Of(e.UserSession) % 100}",
        };
}
