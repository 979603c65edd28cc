using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>Feature view <c>user</c>: what a visitor has done over all visits, and lately.</summary>
public sealed class UserView() : StateView<UserState>("user", "user_id", TimeSpan.FromDays(400), UserFeatures)
{
    private const string Visits = "Exact up to 128 visits, estimated beyond";
    private const string Lately = "of the newest 32";

    private static StateFeature<UserState>[] UserFeatures =>
        [
            .. TimeFeatures.Of<UserState>(s => s.FirstEventTime),
            new(
                "seconds_since_last_cart",
                Number,
                "seconds",
                "Time since the newest add to a cart",
                default,
                (s, at) => SinceNewest(s.CartSessions, at)
            ),
            new(
                "seconds_since_last_purchase",
                Number,
                "seconds",
                "Time since the newest purchase",
                default,
                (s, at) => SinceNewest(s.PurchaseSessions, at)
            ),
            .. EventCountFeatures.SoFar<UserState>(s => s.Counts),
            new("session_count", Integer, "visits", $"Visits so far. {Visits}", 0, (s, _) => s.Visits.Sessions),
            new(
                "cart_session_count",
                Integer,
                "visits",
                $"Visits with an add to the cart so far. {Visits}",
                0,
                (s, _) => s.Visits.CartSessions
            ),
            new(
                "purchase_session_count",
                Integer,
                "visits",
                $"Visits with a purchase so far. {Visits}",
                0,
                (s, _) => s.Visits.PurchaseSessions
            ),
            new(
                "conversion",
                Number,
                "ratio",
                "Visits with a purchase by visit, so far",
                default,
                (s, _) => Ratio(s.Visits.PurchaseSessions, s.Visits.Sessions)
            ),
            new("spent", Number, "currency", "Prices of all purchases so far", 0m, (s, _) => s.Spent),
            new(
                "mean_basket",
                Number,
                "currency",
                "Spent by visit with a purchase, so far",
                default,
                (s, _) => Ratio(s.Spent, s.Visits.PurchaseSessions)
            ),
            .. Window(7),
            .. Window(30),
            new(
                "open_cart_count",
                Integer,
                "products",
                "Products put into a cart and neither taken out nor bought since, of the newest 48 by visit",
                0,
                (s, _) => UserHistory.OpenCartCount(s)
            ),
            new(
                "open_cart_value",
                Number,
                "currency",
                "What these cost together when they were put there",
                0m,
                (s, _) => UserHistory.OpenCartValue(s)
            ),
            new(
                "open_cart_products",
                Texts,
                "products",
                "These products, the newest first",
                Array.Empty<string>(),
                (s, _) => UserHistory.OpenCartProducts(s)
            ),
            new(
                "distinct_products",
                Integer,
                "products",
                "Products among the newest 32 looked at and 48 carted, taken out or bought",
                0,
                (s, _) => UserHistory.DistinctProducts(s)
            ),
            .. Preferred("", "so far", TimeSpan.Zero),
            .. Preferred("_7d", "of the last 7 days", TimeSpan.FromDays(7)),
            .. Preferred("_30d", "of the last 30 days", TimeSpan.FromDays(30)),
        ];

    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => e.UserId;

    private static IEnumerable<StateFeature<UserState>> Window(int days)
    {
        string since = $"in the last {days} days";
        string day = $"{since} (and up to a day more)";
        TimeSpan window = TimeSpan.FromDays(days);
        return
        [
            .. EventCountFeatures.Within<UserState>($"{days}d", day, (s, at) => s.CountsOf(days, at)),
            new(
                $"spent_{days}d",
                Number,
                "currency",
                $"Prices of the purchases {day}",
                0m,
                (s, at) => s.SpentIn(days, at)
            ),
            new(
                $"session_count_{days}d",
                Integer,
                "visits",
                $"Visits {since}, {Lately}",
                0,
                (s, at) => UserHistory.CountSince(s.Sessions, at - window)
            ),
            new(
                $"cart_session_count_{days}d",
                Integer,
                "visits",
                $"Visits with an add to the cart {since}, {Lately}",
                0,
                (s, at) => UserHistory.CountSince(s.CartSessions, at - window)
            ),
            new(
                $"purchase_session_count_{days}d",
                Integer,
                "visits",
                $"Visits with a purchase {since}, {Lately}",
                0,
                (s, at) => UserHistory.CountSince(s.PurchaseSessions, at - window)
            ),
            new(
                $"conversion_{days}d",
                Number,
                "ratio",
                $"Visits with a purchase by visit {since}",
                default,
                (s, at) =>
                    Ratio(
                        UserHistory.CountSince(s.PurchaseSessions, at - window),
                        UserHistory.CountSince(s.Sessions, at - window)
                    )
            ),
            new(
                $"mean_basket_{days}d",
                Number,
                "currency",
                $"Spent by visit with a purchase {since}",
                default,
                (s, at) => Ratio(s.SpentIn(days, at), UserHistory.CountSince(s.PurchaseSessions, at - window))
            ),
        ];
    }

    private static IEnumerable<StateFeature<UserState>> Preferred(string suffix, string when, TimeSpan window) =>
        [
            new(
                $"preferred_categories{suffix}",
                Texts,
                "categories",
                $"The three categories that weigh most {when}: a view 1, an add to the cart 3, a purchase 5; of the products remembered",
                Array.Empty<string>(),
                (s, at) => UserHistory.Preferred(s, Since(at, window), static (in mark) => mark.Category)
            ),
            new(
                $"preferred_brands{suffix}",
                Texts,
                "brands",
                $"The three brands that weigh most {when}, weighed alike",
                Array.Empty<string>(),
                (s, at) => UserHistory.Preferred(s, Since(at, window), static (in mark) => mark.Brand)
            ),
        ];

    private static DateTime Since(DateTime at, TimeSpan window) =>
        window == TimeSpan.Zero ? DateTime.MinValue : at - window;

    private static FeatureValue SinceNewest(ReadOnlySpan<Mark> marks, DateTime at) =>
        marks.IsEmpty ? default(FeatureValue) : TimeFeatures.Since(at, EventOrder.ToTime(marks[^1].Time));

    private static FeatureValue Ratio(decimal part, long whole) => whole > 0 ? part / whole : default(FeatureValue);
}
