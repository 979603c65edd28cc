using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.UnitTests.Learning;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class CandidateFeaturesTests
{
    /// <summary>Tuesday 2019-10-01 23:50 UTC, ten minutes before Wednesday.</summary>
    private const double LateOnTuesday = 86_400 - 600;

    private static readonly BehaviorEvent View = Events.Of(BehaviorEventType.View, "p1", LateOnTuesday, price: 10m);
    private static readonly BehaviorEvent Cart = Events.Of(
        BehaviorEventType.Cart,
        "p2",
        LateOnTuesday + 60,
        "apparel.shoes",
        "nike",
        55m
    );

    [Fact]
    public void Of_WhenTheNewestEventIsWithTheProduct_IsThatEventsTrainingRow()
    {
        SessionState session = SessionOf(View, Cart);

        SessionFeatures? features = CandidateFeatures.Of(
            "p2",
            session,
            ProductOf(Cart with { Price = 60m }),
            Events.Start.AddDays(1)
        );

        Assert.Equal(SessionFeatures.Of(Cart, session.ActivityCount), features);
        Assert.Equal(2, features!.Value.ActivityCount);
        Assert.Equal(1, features.Value.EventWeekday);
        Assert.Equal(55m, features.Value.Price);
    }

    [Fact]
    public void Of_WhenTheSessionIsOpenAndTheProductAnother_IsTheRowOfAnEventThatComesNow()
    {
        DateTime afterMidnight = Events.Start.AddSeconds(86_400 + 300);

        SessionFeatures? features = CandidateFeatures.Of("p1", SessionOf(View, Cart), ProductOf(View), afterMidnight);

        SessionFeatures expected = new()
        {
            CategoryCodeLevel1 = "electronics",
            CategoryCodeLevel2 = "smartphone",
            Brand = "apple",
            Price = 10m,
            EventWeekday = 2,
            ActivityCount = 3,
        };
        Assert.Equal(expected, features);
    }

    [Fact]
    public void Of_WhenTheSessionHasEnded_StaysInItsDay()
    {
        SessionFeatures? features = CandidateFeatures.Of(
            "p1",
            SessionOf(View, Cart),
            ProductOf(View),
            Events.Start.AddDays(3)
        );

        Assert.Equal(1, features!.Value.EventWeekday);
    }

    [Fact]
    public void Of_WhenTheClockIsBehindTheSession_StaysInTheSessionsDay()
    {
        SessionFeatures? features = CandidateFeatures.Of(
            "p1",
            SessionOf(View, Cart),
            ProductOf(View),
            Events.Start.AddDays(-1)
        );

        Assert.Equal(1, features!.Value.EventWeekday);
    }

    [Fact]
    public void Of_WhenTheSessionIsUnknown_IsItsFirstEvent()
    {
        SessionFeatures? features = CandidateFeatures.Of("p1", session: null, ProductOf(View), Events.Start.AddDays(5));

        Assert.Equal(1, features!.Value.ActivityCount);
        Assert.Equal(6, features.Value.EventWeekday);
    }

    [Fact]
    public void Of_WhenTheProductIsUnknown_IsNothing() =>
        Assert.Null(CandidateFeatures.Of("p3", SessionOf(View), product: null, Events.Start));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Of_AfterEachEventOfASession_EqualsWhatTrainingSees(int seed)
    {
        Random random = new(seed);
        SessionState session = new();
        double time = 0;
        for (int i = 0; i < 500; i++)
        {
            time += random.Next(0, 40_000);
            string? category = random.Next(3) == 0 ? null : $"c{random.Next(3)}.s{random.Next(3)}.t";
            BehaviorEventType type = (BehaviorEventType)random.Next(4);
            BehaviorEvent e = Events.Of(
                type,
                $"p{random.Next(8)}",
                time,
                category,
                brand: null,
                random.Next(1, 900) / 7m,
                id: i
            );
            session.Step(e);

            SessionFeatures? features = CandidateFeatures.Of(
                e.ProductId,
                session,
                ProductOf(e),
                e.EventTime.AddHours(random.Next(90))
            );

            Assert.Equal(SessionFeatures.Of(e, session.ActivityCount), features);
        }
    }

    private static SessionState SessionOf(params BehaviorEvent[] events)
    {
        SessionState state = new();
        Array.ForEach(events, state.Step);
        return state;
    }

    private static ProductState ProductOf(BehaviorEvent e)
    {
        ProductState state = new();
        state.Step(e);
        return state;
    }
}
