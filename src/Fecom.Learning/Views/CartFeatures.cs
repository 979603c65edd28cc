using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>The cart view: what is known of a product in a visit when it is put into the cart. Worked out at the request and in training by this one function, and stored nowhere.</summary>
/// <remarks>
/// What a visitor did before leaves the visit at hand out. Conversion is purchases by add to the cart, smoothed towards the
/// shop's own of that moment and given as the difference of log odds to it, so that it does not drift with the shop.
/// </remarks>
public static class CartFeatures
{
    /// <summary>The features, in the order in which they are read.</summary>
    public static IReadOnlyList<Feature> Features { get; } =
    [.. OriginalFeatures, .. SessionSoFar, .. ProductInSession, .. UserBefore, .. ProductAgainstOthers, .. Clock];

    private static IEnumerable<StateFeature<CartMoment>> OriginalFeatures =>
        [
            new(
                "category_code_level1",
                Text,
                "",
                "First segment of the product's category path",
                default,
                (m, _) => m.Candidate?.CategoryCodeLevel1
            ),
            new(
                "category_code_level2",
                Text,
                "",
                "Second segment of the product's category path",
                default,
                (m, _) => m.Candidate?.CategoryCodeLevel2
            ),
            new("brand", Text, "", "The product's brand", default, (m, _) => m.Candidate?.Brand),
            new(
                "event_weekday",
                Integer,
                "day",
                "Weekday in UTC, Monday 0 to Sunday 6",
                default,
                (m, _) => Of(m.Candidate?.EventWeekday)
            ),
            new(
                "activity_count",
                Integer,
                "events",
                "Events of the visit, that of the product included",
                default,
                (m, _) => Of(m.Candidate?.ActivityCount)
            ),
            new(
                "price",
                Number,
                "currency",
                "The product's price",
                default,
                (m, _) => m.Price is { } price ? price : default(FeatureValue)
            ),
        ];

    private static IEnumerable<StateFeature<CartMoment>> SessionSoFar =>
        [
            OfSession("session_events", Integer, "events", "Events of the visit", 0, (s, _) => s.Counts.All),
            OfSession("session_views", Integer, "events", "Views in the visit", 0, (s, _) => s.Counts.Views),
            OfSession("session_carts", Integer, "events", "Adds to the cart in the visit", 0, (s, _) => s.Counts.Carts),
            OfSession(
                "session_removals",
                Integer,
                "events",
                "Removals from the cart in the visit",
                0,
                (s, _) => s.Counts.Removals
            ),
            OfSession(
                "session_purchases",
                Integer,
                "events",
                "Purchases in the visit",
                0,
                (s, _) => s.Counts.Purchases
            ),
            OfSession(
                "session_distinct_products",
                Integer,
                "products",
                "Products among the visit's last 64 events",
                0,
                (s, _) => SessionView.Distinct(s.Events, static (in mark) => mark.Product)
            ),
            OfSession(
                "session_distinct_categories",
                Integer,
                "categories",
                "Categories among the visit's last 64 events",
                0,
                (s, _) => SessionView.Distinct(s.Events, static (in mark) => mark.Category)
            ),
            OfSession(
                "session_seconds",
                Number,
                "seconds",
                "Time since the visit's oldest event",
                default,
                (s, at) => TimeFeatures.Since(at, s.FirstEventTime)
            ),
            OfSession(
                "session_idle_seconds",
                Number,
                "seconds",
                "Time since the visit's newest event",
                default,
                (s, at) => TimeFeatures.Since(at, s.EventTime)
            ),
            OfSession(
                "session_events_in_second",
                Integer,
                "events",
                "Events in the second of the visit's newest",
                0,
                (s, _) => SessionView.EventsInSecond(s)
            ),
            OfSession(
                "session_carts_per_view",
                Number,
                "ratio",
                "Adds to the cart by view, one added to the views",
                0.0,
                (s, _) => s.Counts.Carts / (s.Counts.Views + 1.0)
            ),
            OfSession(
                "session_began_with_cart",
                Integer,
                "0 or 1",
                "1 when the visit's oldest event put a product into the cart",
                0,
                (s, _) => s.FirstEventType == BehaviorEventType.Cart ? 1 : 0
            ),
            OfSession(
                "session_cart_size",
                Integer,
                "products",
                "Products in the visit's cart",
                0,
                (s, _) => s.Cart.Size
            ),
            OfSession("session_cart_value", Number, "currency", "What they cost together", 0m, (s, _) => s.Cart.Value),
            OfSession(
                "session_price_mean",
                Number,
                "currency",
                "Mean price over the visit's events",
                default,
                (s, _) => s.PriceMean
            ),
            new(
                "price_to_session_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price over the mean of the visit's events",
                default,
                (m, _) => LogRatio(m.Price, m.Session?.PriceMean)
            ),
        ];

    private static IEnumerable<StateFeature<CartMoment>> ProductInSession =>
        [
            new(
                "session_product_views",
                Integer,
                "events",
                "Views of the product among the visit's last 64 events",
                0,
                (m, _) => m.Session is null ? 0 : SessionView.Views(m.Session, m.ProductId)
            ),
            new(
                "session_product_first_seconds",
                Number,
                "seconds",
                "Time since the product's first event among these",
                default,
                (m, _) => SinceProduct(m, newest: false)
            ),
            new(
                "session_product_last_seconds",
                Number,
                "seconds",
                "Time since the product's last event",
                default,
                (m, _) => SinceProduct(m, newest: true)
            ),
            new(
                "session_other_view_seconds",
                Number,
                "seconds",
                "Time since another product was looked at",
                default,
                (m, _) => SinceOtherView(m)
            ),
            new(
                "session_product_in_cart",
                Integer,
                "0 or 1",
                "1 when the product is in the visit's cart",
                0,
                (m, _) => Flag(m.Session?.ActionOn(m.ProductId) == BehaviorEventType.Cart)
            ),
        ];

    private static IEnumerable<StateFeature<CartMoment>> UserBefore =>
        [
            new("user_sessions", Integer, "visits", "Earlier visits", 0, (m, _) => CartHistory.Sessions(m)),
            new(
                "user_cart_sessions",
                Integer,
                "visits",
                "Earlier visits with an add to the cart",
                0,
                (m, _) => CartHistory.CartSessions(m)
            ),
            new(
                "user_purchase_sessions",
                Integer,
                "visits",
                "Earlier visits with a purchase",
                0,
                (m, _) => CartHistory.PurchaseSessions(m)
            ),
            new(
                "user_conversion",
                Number,
                "ratio",
                "Earlier visits with a purchase by earlier visit, one and ten added",
                0.1,
                (m, _) => (CartHistory.PurchaseSessions(m) + 1) / (CartHistory.Sessions(m) + 10.0)
            ),
            new(
                "user_cart_conversion",
                Number,
                "ratio",
                "Earlier visits with a purchase by earlier visit with an add to the cart, one and four added",
                0.25,
                (m, _) => (CartHistory.PurchaseSessions(m) + 1) / (CartHistory.CartSessions(m) + 4.0)
            ),
            new(
                "user_hours_since_session",
                Number,
                "hours",
                "Time since the newest event of an earlier visit",
                default,
                (m, _) => CartHistory.HoursSince(m, m.User is null ? default : m.User.Sessions)
            ),
            new(
                "user_hours_since_cart",
                Number,
                "hours",
                "Time since the newest add to the cart of an earlier visit",
                default,
                (m, _) => CartHistory.HoursSince(m, m.User is null ? default : m.User.CartSessions)
            ),
            new(
                "user_hours_since_purchase",
                Number,
                "hours",
                "Time since the newest purchase of an earlier visit",
                default,
                (m, _) => CartHistory.HoursSince(m, m.User is null ? default : m.User.PurchaseSessions)
            ),
            new(
                "user_hours_since_first_event",
                Number,
                "hours",
                "Time since the visitor was first seen",
                default,
                (m, _) =>
                    m.User is null ? default(FeatureValue) : TimeFeatures.Since(m.At, m.User.FirstEventTime) / 3_600
            ),
            new(
                "user_last_outcome",
                Integer,
                "kind",
                "What the visit before ended with: 0 nothing, 1 an add to the cart, 2 a purchase",
                default,
                (m, _) => CartHistory.LastOutcome(m)
            ),
            new(
                "user_product_seen",
                Integer,
                "0 or 1",
                "1 when an earlier visit looked at the product, of the newest 32",
                0,
                (m, _) => Flag(m.User is not null && UserHistory.Has(m.User.Viewed, m.ProductId, m.SessionHash))
            ),
            new(
                "user_product_carted",
                Integer,
                "0 or 1",
                "1 when an earlier visit put the product into the cart, took it out or bought it, of the newest 48",
                0,
                (m, _) => Flag(m.User is not null && UserHistory.Has(m.User.Acted, m.ProductId, m.SessionHash))
            ),
            new(
                "user_product_bought",
                Integer,
                "0 or 1",
                "1 when an earlier visit bought the product, of the newest 32",
                0,
                (m, _) => Flag(m.User is not null && UserHistory.Has(m.User.Bought, m.ProductId, m.SessionHash))
            ),
            new(
                "user_open_carts",
                Integer,
                "products",
                "Products that earlier visits put into the cart and neither took out nor bought",
                0,
                (m, _) => m.OpenCarts.Count
            ),
            new(
                "user_open_cart_value",
                Number,
                "currency",
                "What these cost together",
                0m,
                (m, _) => UserHistory.Value(m.OpenCarts)
            ),
            new(
                "user_open_cart_has_product",
                Integer,
                "0 or 1",
                "1 when the product is one of these",
                0,
                (m, _) => Flag(m.OpenCarts.Exists(mark => mark.Product == m.ProductId))
            ),
            new(
                "user_spent",
                Number,
                "currency",
                "Prices of all purchases of earlier visits",
                0m,
                (m, _) => CartHistory.Spent(m)
            ),
            new(
                "user_distinct_products",
                Integer,
                "products",
                "Products that earlier visits dealt with, of those remembered",
                0,
                (m, _) => m.User is null ? 0 : UserHistory.DistinctProducts(m.User, m.SessionHash)
            ),
            new(
                "user_cart_sessions_7d",
                Integer,
                "visits",
                "Earlier visits with an add to the cart in the last 7 days, of the newest 32",
                0,
                (m, _) =>
                    m.User is null ? 0 : UserHistory.CountSince(m.User.CartSessions, m.At.AddDays(-7), m.SessionHash)
            ),
        ];

    private static IEnumerable<StateFeature<CartMoment>> ProductAgainstOthers =>
        [
            new(
                "price_to_product_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price over the product's mean so far",
                default,
                (m, _) => LogRatio(m.Price, m.Product?.PriceMean)
            ),
            new(
                "price_to_category_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price over the category's mean so far",
                default,
                (m, _) => LogRatio(m.Price, m.Category?.PriceMean)
            ),
            new(
                "price_to_brand_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price over the brand's mean so far",
                default,
                (m, _) => LogRatio(m.Price, m.Brand?.PriceMean)
            ),
            new(
                "product_conversion",
                Number,
                "log odds",
                "The product's conversion against the shop's",
                default,
                (m, _) => CartConversion.Of(m, m.Product?.Decayed(m.At))
            ),
            new(
                "category_conversion",
                Number,
                "log odds",
                "The category's conversion against the shop's",
                default,
                (m, _) => CartConversion.Of(m, m.Category?.Decayed(m.At))
            ),
            new(
                "brand_conversion",
                Number,
                "log odds",
                "The brand's conversion against the shop's",
                default,
                (m, _) => CartConversion.Of(m, m.Brand?.Decayed(m.At))
            ),
            new(
                "product_trend_1h",
                Number,
                "ratio",
                "The product's events of the last hour against what 24 hours let expect",
                1.0,
                (m, _) => m.Product?.Trend(TrafficWindow.Hour, m.At) ?? 1
            ),
            new(
                "product_trend_24h",
                Number,
                "ratio",
                "The product's events of the last 24 hours against what 7 days let expect",
                1.0,
                (m, _) => m.Product?.Trend(TrafficWindow.Day, m.At) ?? 1
            ),
            new(
                "product_trend_7d",
                Number,
                "ratio",
                "The product's events of the last 7 days against what 30 days let expect",
                1.0,
                (m, _) => m.Product?.Trend(TrafficWindow.Week, m.At) ?? 1
            ),
        ];

    private static IEnumerable<StateFeature<CartMoment>> Clock =>
        [
            new(
                "hour",
                Number,
                "hours",
                "Hour of the day in the shop's time zone, 0 to 24",
                default,
                (m, _) => m.LocalTime.TimeOfDay.TotalHours
            ),
            new(
                "weekday",
                Integer,
                "day",
                "Weekday in the shop's time zone, Monday 0 to Sunday 6",
                default,
                (m, _) => SessionView.Weekday(m.LocalTime)
            ),
            new(
                "hour_conversion",
                Number,
                "log odds",
                "The shop's conversion at this hour of the day against all hours",
                default,
                (m, _) => CartConversion.Of(m, m.Shop?.Week.AtHour(m.At))
            ),
            new(
                "weekday_conversion",
                Number,
                "log odds",
                "The shop's conversion on this weekday, in its time zone, against all days",
                default,
                (m, _) => CartConversion.Of(m, m.Shop?.Week.OnWeekday(m.At, m.Zone))
            ),
        ];

    /// <summary>The values at a moment, in the order of <see cref="Features"/>.</summary>
    /// <param name="moment">The product, the visit and what is known of them.</param>
    /// <param name="values">Takes the values; as long as <see cref="Features"/>.</param>
    public static void Read(CartMoment moment, Span<FeatureValue> values)
    {
        for (int i = 0; i < Features.Count; i++)
        {
            values[i] = ((StateFeature<CartMoment>)Features[i]).Value(moment, moment.At);
        }
    }

    private static StateFeature<CartMoment> OfSession(
        string name,
        FeatureType type,
        string unit,
        string meaning,
        FeatureValue missing,
        Func<SessionState, DateTime, FeatureValue> value
    ) => new(name, type, unit, meaning, missing, (m, at) => m.Session is null ? missing : value(m.Session, at));

    private static FeatureValue Of(int? number) => number is { } known ? known : default(FeatureValue);

    private static int Flag(bool isSo) => isSo ? 1 : 0;

    private static FeatureValue LogRatio(decimal? part, decimal? whole) =>
        part > 0 && whole > 0 ? Math.Log((double)(part.Value / whole.Value)) : default(FeatureValue);

    private static FeatureValue SinceProduct(CartMoment moment, bool newest)
    {
        ReadOnlySpan<Mark> events = moment.Session is null ? default : moment.Session.Events;
        for (int i = 0; i < events.Length; i++)
        {
            ref readonly Mark e = ref events[newest ? events.Length - 1 - i : i];
            if (e.Product == moment.ProductId)
            {
                return TimeFeatures.Since(moment.At, EventOrder.ToTime(e.Time));
            }
        }

        return default;
    }

    private static FeatureValue SinceOtherView(CartMoment moment)
    {
        ReadOnlySpan<Mark> events = moment.Session is null ? default : moment.Session.Events;
        for (int i = events.Length - 1; i >= 0; i--)
        {
            if (events[i].Type == BehaviorEventType.View && events[i].Product != moment.ProductId)
            {
                return TimeFeatures.Since(moment.At, EventOrder.ToTime(events[i].Time));
            }
        }

        return default;
    }
}
