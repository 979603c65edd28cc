using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>The cart view's features of the visitor's earlier visits, and of the product against others.</summary>
internal static class CartHistoryFeatures
{
    /// <summary>In the order in which they are read.</summary>
    public static IEnumerable<StateFeature<CartMoment>> All => [.. UserBefore, .. ProductAgainstOthers];

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
                (m, _) =>
                    CartFeatures.Flag(m.User is not null && UserHistory.Has(m.User.Viewed, m.ProductId, m.SessionHash))
            ),
            new(
                "user_product_carted",
                Integer,
                "0 or 1",
                "1 when an earlier visit put the product into the cart, took it out or bought it, of the newest 48",
                0,
                (m, _) =>
                    CartFeatures.Flag(m.User is not null && UserHistory.Has(m.User.Acted, m.ProductId, m.SessionHash))
            ),
            new(
                "user_product_bought",
                Integer,
                "0 or 1",
                "1 when an earlier visit bought the product, of the newest 32",
                0,
                (m, _) =>
                    CartFeatures.Flag(m.User is not null && UserHistory.Has(m.User.Bought, m.ProductId, m.SessionHash))
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
                (m, _) => CartFeatures.Flag(m.OpenCarts.Exists(mark => mark.Product == m.ProductId))
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
                (m, _) => CartFeatures.LogRatio(m.Price, m.Product?.PriceMean)
            ),
            new(
                "price_to_category_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price over the category's mean so far",
                default,
                (m, _) => CartFeatures.LogRatio(m.Price, m.Category?.PriceMean)
            ),
            new(
                "price_to_brand_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price over the brand's mean so far",
                default,
                (m, _) => CartFeatures.LogRatio(m.Price, m.Brand?.PriceMean)
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
                "product_carts_per_view",
                Number,
                "log ratio",
                "Natural logarithm of the product's adds to the cart by view over the shop's",
                default,
                (m, _) => CartConversion.CartsPerView(m, m.Product?.Decayed(m.At))
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
}
