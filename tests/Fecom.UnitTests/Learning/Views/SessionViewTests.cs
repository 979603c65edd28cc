using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class SessionViewTests
{
    [Fact]
    public void Recent_WhenEventsFollow_KeepsEachProductOnceWithWhatWasDoneToIt()
    {
        SessionState state = After(
            Events.Of(BehaviorEventType.View, "p1", 0),
            Events.Of(BehaviorEventType.View, "p2", 10),
            Events.Of(BehaviorEventType.Cart, "p1", 20),
            Events.Of(BehaviorEventType.View, "p1", 30, category: null, brand: null, price: 7m)
        );

        Assert.Equal((4, 3, 1), (state.ActivityCount, (int)state.Counts.Views, (int)state.Counts.Carts));
        Assert.Equal(("p1", 7m), (state.ProductId, state.Newest.Price));
        Assert.Null(state.Newest.Brand);
        Assert.Equal([new("p2", BehaviorEventType.View), new("p1", BehaviorEventType.Cart)], state.Recent());
    }

    [Fact]
    public void Recent_WhenProductsAreMany_HoldsTheLastTwenty()
    {
        RecentProduct[] recent = After([
                .. Enumerable.Range(1, 25).Select(i => Events.Of(BehaviorEventType.View, $"p{i}", i)),
            ])
            .Recent();

        Assert.Equal((20, "p6", "p25"), (recent.Length, recent[0].ProductId, recent[^1].ProductId));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("", null, null)]
    [InlineData("toys", "toys", null)]
    [InlineData("appliances.kitchen.washer", "appliances", "kitchen")]
    [InlineData(".kitchen", null, "kitchen")]
    [InlineData("appliances.", "appliances", null)]
    public void CategoryLevels_TakeThePathApart(string? path, string? level1, string? level2) =>
        Assert.Equal((level1, level2), CategoryLevels.Of(path));

    [Theory]
    [InlineData(0, 1)] // Tuesday
    [InlineData(-1, 0)] // Monday
    [InlineData(-2, 6)] // Sunday
    public void Weekday_CountsFromMonday(int days, int weekday) =>
        Assert.Equal(weekday, SessionView.Weekday(Events.Start.AddDays(days)));

    /// <summary>A session id that comes with a second visitor is one session, and a visit of each of the two.</summary>
    [Fact]
    public void Session_WhenTwoVisitorsShareIt_IsOneAndAVisitOfEach()
    {
        BehaviorEvent[] events =
        [
            Events.Of(BehaviorEventType.View, "p1", 0, user: "u1", id: 1),
            Events.Of(BehaviorEventType.Cart, "p2", 1, user: "u2", id: 2),
            Events.Of(BehaviorEventType.View, "p3", 2, user: "u1", id: 3),
        ];
        UserState first = new();
        UserState second = new();
        first.Step(events[0]);
        second.Step(events[1]);
        first.Step(events[2]);

        Assert.Equal((3, "u1"), (After(events).ActivityCount, After(events).Newest.User));
        Assert.Equal((1, 0), (first.Visits.Sessions, first.Visits.CartSessions));
        Assert.Equal((1, 1), (second.Visits.Sessions, second.Visits.CartSessions));
    }

    private static SessionState After(params BehaviorEvent[] events)
    {
        SessionState state = new();
        foreach (BehaviorEvent e in events)
        {
            state.Step(e);
        }

        return state;
    }
}
