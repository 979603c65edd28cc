using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class SessionViewTests
{
    [Fact]
    public void Step_WhenSessionBegins_TakesTheEvent()
    {
        SessionState state = SessionView.Step(null, Events.Of(BehaviorEventType.View, "p1", price: 35.790m));

        Assert.Equal(
            [
                "user_id",
                "u1",
                "activity_count",
                "1",
                "product_id",
                "p1",
                "category_id",
                "c1",
                "category_code_level1",
                "electronics",
                "category_code_level2",
                "smartphone",
                "brand",
                "apple",
                "price",
                "35.79",
                "event_weekday",
                "1",
                "event_type",
                "view",
                "event_time",
                "1569888000000000",
                "first_event_time",
                "1569888000000000",
                "view_count",
                "1",
                "cart_count",
                "0",
                "remove_from_cart_count",
                "0",
                "purchase_count",
                "0",
                "recent_products",
                "vp1",
            ],
            state.ToFields()
        );
    }

    [Fact]
    public void Step_WhenEventsFollow_CountsThemAndKeepsTheNewest()
    {
        SessionState state = After(
            Events.Of(BehaviorEventType.View, "p1", 0),
            Events.Of(BehaviorEventType.View, "p2", 10),
            Events.Of(BehaviorEventType.Cart, "p1", 20),
            Events.Of(BehaviorEventType.View, "p1", 30, category: null, brand: null, price: 7m)
        );

        Assert.Equal(4, state.ActivityCount);
        Assert.Equal((3, 1, 0, 0), (state.Views, state.Carts, state.Removals, state.Purchases));
        Assert.Equal(("p1", 7m), (state.ProductId, state.Price));
        Assert.Null(state.Brand);
        Assert.Null(state.CategoryCodeLevel1);
        Assert.Equal([new("p2", BehaviorEventType.View), new("p1", BehaviorEventType.Cart)], state.Recent.ToArray());
    }

    [Fact]
    public void Step_WhenEventIsLate_CountsItAndKeepsTheNewest()
    {
        BehaviorEvent late = Events.Of(BehaviorEventType.Cart, "p2", -86_400, brand: "late", price: 1m);
        SessionState state = After(Events.Of(BehaviorEventType.View, "p1"), late);

        Assert.Equal((2, 1), (state.ActivityCount, state.Carts));
        Assert.Equal(("p1", "apple", 10m, 1), (state.ProductId, state.Brand, state.Price, state.EventWeekday));
        Assert.Equal((Events.Start, late.EventTime), (state.EventTime, state.FirstEventTime));
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
    public void Features_CountTheWeekFromMonday(int days, int weekday)
    {
        BehaviorEvent e = Events.Of(BehaviorEventType.View, "p1", days * 86_400);
        Assert.Equal(weekday, SessionView.Features(SessionView.Step(null, e), e).EventWeekday);
    }

    [Fact]
    public void Step_WhenProductsAreMany_RemembersTheLastTwenty()
    {
        SessionState state = After([
            .. Enumerable.Range(1, 25).Select(i => Events.Of(BehaviorEventType.View, $"p{i}", i)),
        ]);

        Assert.Equal(20, state.Recent.Length);
        Assert.Equal(("p6", "p25"), (state.Recent[0].ProductId, state.Recent[^1].ProductId));
    }

    [Fact]
    public void Step_EqualsARecomputationFromAllEvents() =>
        Prop.ForAll(SessionEvents(), events => Assert.Equal(SessionOracle.Fields(events), After(events).ToFields()))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void FromFields_IsTheInverseOfToFields() =>
        Prop.ForAll(
                SessionEvents(),
                events =>
                {
                    string[] fields = After(events).ToFields();
                    Assert.Equal(fields, SessionState.FromFields(fields)!.ToFields());
                    Assert.Equal(fields.Where((_, i) => i % 2 == 0), SessionView.View.FieldNames);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void FromFields_WhenNothingIsThere_IsNull() => Assert.Null(SessionState.FromFields([]));

    [Fact]
    public void FromFields_WhenAFieldIsMissingOrBroken_NamesIt()
    {
        string[] fields = SessionView.Step(null, Events.Of(BehaviorEventType.View, "p1")).ToFields();

        FormatException missing = Assert.Throws<FormatException>(() => SessionState.FromFields(fields[2..]));
        Assert.Contains("user_id", missing.Message, StringComparison.Ordinal);
        fields[3] = "many";
        FormatException broken = Assert.Throws<FormatException>(() => SessionState.FromFields(fields));
        Assert.Contains("activity_count", broken.Message, StringComparison.Ordinal);
    }

    private static SessionState After(params BehaviorEvent[] events) =>
        events.Aggregate((SessionState?)null, SessionView.Step)!;

    private static Arbitrary<BehaviorEvent[]> SessionEvents()
    {
        Gen<BehaviorEvent> one =
            from type in Gen.Elements(Enum.GetValues<BehaviorEventType>())
            from product in Gen.Choose(1, 30)
            from seconds in Gen.Choose(-6_000, 6_000)
            from category in Gen.Elements(null, "", "a", "a.b", "a.b.c")
            from brand in Gen.Elements(null, "", "x", "ÿ ; y")
            from cents in Gen.Choose(1, 100_000)
            select Events.Of(type, $"p{product}", seconds, category, brand, cents / 100m);
        return one.NonEmptyListOf().Select(events => events.ToArray()).ToArbitrary();
    }
}
