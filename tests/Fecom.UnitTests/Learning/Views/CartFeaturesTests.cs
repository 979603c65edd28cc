using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>A visitor who has been here before, worked by hand.</summary>
public sealed class CartFeaturesTests
{
    /// <summary>Two days after the first visit, at a quarter to noon UTC: a quarter past five in the afternoon in the shop.</summary>
    private static readonly DateTime At = Events.Start.AddDays(2).AddHours(11.75);

    private static readonly BehaviorEvent[] History =
    [
        Event(BehaviorEventType.View, "lamp", -48, "old", 20m),
        Event(BehaviorEventType.Cart, "lamp", -48, "old", 20m),
        Event(BehaviorEventType.Cart, "chair", -47.5, "old", 50m),
        Event(BehaviorEventType.Cart, "table", -47, "old", 90m),
        Event(BehaviorEventType.RemoveFromCart, "table", -47, "old", 90m),
        Event(BehaviorEventType.Purchase, "chair", -46, "old", 50m),
        Event(BehaviorEventType.View, "rug", -24, "second", 30m),
        Event(BehaviorEventType.View, "rug", -0.5, "now", 30m),
        Event(BehaviorEventType.View, "lamp", -0.25, "now", 10m),
        Event(BehaviorEventType.Cart, "lamp", 0, "now", 10m),
    ];

    [Theory]
    [InlineData("category_code_level1", "home")]
    [InlineData("activity_count", "3")]
    [InlineData("price", "10")]
    [InlineData("session_events", "3")]
    [InlineData("session_carts", "1")]
    [InlineData("session_seconds", "1800")]
    [InlineData("session_repeats", "0")]
    [InlineData("session_mean_step_seconds", "900")]
    [InlineData("session_categories_per_product", "0.5")]
    [InlineData("session_cart_value", "10")]
    [InlineData("session_product_views", "1")]
    [InlineData("session_product_first_seconds", "900")]
    [InlineData("session_product_last_seconds", "0")]
    [InlineData("session_step_seconds", "900")]
    [InlineData("session_product_step_seconds", "900")]
    [InlineData("session_other_view_seconds", "1800")]
    [InlineData("session_product_in_cart", "1")]
    [InlineData("user_sessions", "2")]
    [InlineData("user_cart_sessions", "1")]
    [InlineData("user_purchase_sessions", "1")]
    [InlineData("user_hours_since_session", "24")]
    [InlineData("user_hours_since_cart", "47")]
    [InlineData("user_hours_since_purchase", "46")]
    [InlineData("user_hours_since_first_event", "48")]
    [InlineData("user_last_outcome", "0")]
    [InlineData("user_product_seen", "1")]
    [InlineData("user_product_carted", "1")]
    [InlineData("user_product_bought", "0")]
    [InlineData("user_open_carts", "1")]
    [InlineData("user_open_cart_value", "20")]
    [InlineData("user_open_cart_has_product", "1")]
    [InlineData("user_spent", "50")]
    [InlineData("user_distinct_products", "4")]
    [InlineData("user_cart_sessions_7d", "1")]
    [InlineData("hour", "17.25")]
    [InlineData("weekday", "3")]
    public void Read_SaysWhatWasKnown(string feature, string value) =>
        Assert.Equal(value, ValueOf(feature, Moment("lamp", "now", History)).ToString());

    [Fact]
    public void Read_WhenTheVisitHasBought_LeavesItsPurchaseOutOfTheHistory()
    {
        CartMoment moment = Moment(
            "lamp",
            "now",
            [.. History, Event(BehaviorEventType.Purchase, "lamp", 0, "now", 10m)]
        );

        Assert.Equal("1", ValueOf("user_purchase_sessions", moment).ToString());
        Assert.Equal("50", ValueOf("user_spent", moment).ToString());
        Assert.Equal("0", ValueOf("user_product_bought", moment).ToString());
    }

    [Fact]
    public void Read_WhenEventsComeTwice_CountsTheSecondOnesAsRepeats()
    {
        BehaviorEvent rug = History[^3];
        BehaviorEvent lamp = History[^1];
        CartMoment moment = Moment(
            "lamp",
            "now",
            [.. History, Again(rug, 0.4), Again(rug, 0.8), Again(rug, 1.1), Again(lamp, 0.5)]
        );

        // The third of the rug is of the next second.
        Assert.Equal("3", ValueOf("session_repeats", moment).ToString());
        Assert.Equal("1799.4", ValueOf("session_three_steps_seconds", moment).ToString());
        Assert.True(ValueOf("session_three_steps_seconds", Moment("lamp", "now", History)).IsMissing);
    }

    [Fact]
    public void Read_PriceAgainstItsMean_IsTheLogarithmOfTheRatio()
    {
        // 20, 20, 10, 10.
        double expected = Math.Log(10 / 15.0);
        Assert.Equal(expected, ValueOf("price_to_product_mean", Moment("lamp", "now", History)).ToDouble(), 6);
    }

    [Fact]
    public void Read_Conversion_IsAgainstTheShopsOwn()
    {
        CartMoment moment = Moment("chair", "now", History);

        // The shop sold 1 of 4 carted; the chair 1 of 1, which 20 at the shop's rate outweigh.
        double rate = (1 + (20 * 0.25)) / 21;
        double expected = Math.Log(rate / (1 - rate)) - Math.Log(0.25 / 0.75);
        // Within the day's weights: the purchase is two days old, as three of the carts are.
        Assert.Equal(expected, ValueOf("product_conversion", moment).ToDouble(), 1);
        Assert.True(ValueOf("product_conversion", Moment("lamp", "now", History)).ToDouble() < 0);
        Assert.Equal(0, ValueOf("product_conversion", Moment("unknown", "now", History)).ToDouble(), 6);
    }

    [Fact]
    public void Read_WhenNothingIsKnown_GivesDefaults()
    {
        FeatureValue[] values = new FeatureValue[CartFeatures.Features.Count];
        CartMoment moment = new()
        {
            ProductId = "lamp",
            UserSession = null,
            At = At,
            Zone = TimeZoneInfo.Utc,
        };

        CartFeatures.Read(moment, values);

        Assert.All(
            CartFeatures.Features.Zip(values).Where(pair => pair.First.Name is not ("hour" or "weekday")),
            pair => Assert.Equal((pair.First.Name, pair.First.Default), (pair.First.Name, pair.Second))
        );
    }

    [Fact]
    public void Features_HaveNamesOfTheirOwnAndMeanings()
    {
        Assert.Equal(CartFeatures.Features.Count, CartFeatures.Features.DistinctBy(feature => feature.Name).Count());
        Assert.All(CartFeatures.Features, feature => Assert.NotEmpty(feature.Meaning));
    }

    private static BehaviorEvent Again(BehaviorEvent e, double seconds) =>
        e with
        {
            EventTime = e.EventTime.AddSeconds(seconds),
        };

    private static FeatureValue ValueOf(string feature, CartMoment moment)
    {
        FeatureValue[] values = new FeatureValue[CartFeatures.Features.Count];
        CartFeatures.Read(moment, values);
        return CartFeatures.Features.Zip(values).Single(pair => pair.First.Name == feature).Second;
    }

    private static CartMoment Moment(string product, string session, BehaviorEvent[] events)
    {
        BehaviorEvent[] own = [.. events.Where(e => e.ProductId == product)];
        return new CartMoment
        {
            ProductId = product,
            UserSession = session,
            At = At,
            Zone = TimeZoneInfo.CreateCustomTimeZone("shop", TimeSpan.FromHours(5.5), "shop", "shop"),
            Session = (SessionState)
                FeatureViewTests.After(FeatureViews.Session, events.Where(e => e.UserSession == session)),
            User = (UserState)FeatureViewTests.After(FeatureViews.User, events),
            Product = own.Length == 0 ? null : (ProductState)FeatureViewTests.After(FeatureViews.Product, own),
            Shop = (ShopState)FeatureViewTests.After(FeatureViews.Shop, events),
        };
    }

    private static BehaviorEvent Event(
        BehaviorEventType type,
        string product,
        double hours,
        string session,
        decimal price
    )
    {
        double seconds = (At - Events.Start).TotalSeconds + (3_600 * hours);
        return Events.Of(type, product, seconds, "home", price: price, session: session, id: (int)type);
    }
}
