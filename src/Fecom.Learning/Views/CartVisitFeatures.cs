using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>The cart view's features of the visit, and of the product in it.</summary>
internal static class CartVisitFeatures
{
    /// <summary>In the order in which they are read.</summary>
    public static IEnumerable<StateFeature<CartMoment>> All => [.. SessionSoFar, .. ProductInSession];

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
                "session_repeats",
                Integer,
                "events",
                "Events among the visit's last 64 that repeat the one before them, with its product, in the same second",
                0,
                (s, _) => SessionView.Repeats(s)
            ),
            OfSession(
                "session_mean_step_seconds",
                Number,
                "seconds",
                "Mean time from an event of the visit to the next",
                default,
                (s, _) =>
                    s.Counts.All > 1
                        ? TimeFeatures.Since(s.EventTime, s.FirstEventTime) / (s.Counts.All - 1)
                        : default(FeatureValue)
            ),
            OfSession(
                "session_three_steps_seconds",
                Number,
                "seconds",
                "Time from the third event before the visit's newest to that one",
                default,
                (s, _) => s.Events.Length > 3 ? (s.Events[^1].Time - s.Events[^4].Time) / 1e6 : default(FeatureValue)
            ),
            OfSession(
                "session_categories_per_product",
                Number,
                "ratio",
                "Categories by product, both among the visit's last 64 events",
                default,
                (s, _) =>
                    (double)SessionView.Distinct(s.Events, static (in mark) => mark.Category)
                    / SessionView.Distinct(s.Events, static (in mark) => mark.Product)
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
                (m, _) => CartFeatures.LogRatio(m.Price, m.Session?.PriceMean)
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
                "session_step_seconds",
                Number,
                "seconds",
                "Time from the visit's event before the product's last one to that one",
                default,
                (m, _) => StepBefore(m, ofProduct: false)
            ),
            new(
                "session_product_step_seconds",
                Number,
                "seconds",
                "Time from the product's event before its last one in the visit to that one",
                default,
                (m, _) => StepBefore(m, ofProduct: true)
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
                (m, _) => CartFeatures.Flag(m.Session?.ActionOn(m.ProductId) == BehaviorEventType.Cart)
            ),
        ];

    private static StateFeature<CartMoment> OfSession(
        string name,
        FeatureType type,
        string unit,
        string meaning,
        FeatureValue missing,
        Func<SessionState, DateTime, FeatureValue> value
    ) => new(name, type, unit, meaning, missing, (m, at) => m.Session is null ? missing : value(m.Session, at));

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

    /// <summary>How long it took from an event to the product's last one, which the time of asking does not change.</summary>
    private static FeatureValue StepBefore(CartMoment moment, bool ofProduct)
    {
        ReadOnlySpan<Mark> events = moment.Session is null ? default : moment.Session.Events;
        int last = events.Length - 1;
        while (last >= 0 && events[last].Product != moment.ProductId)
        {
            last--;
        }

        for (int i = last - 1; i >= 0; i--)
        {
            if (!ofProduct || events[i].Product == moment.ProductId)
            {
                return (events[last].Time - events[i].Time) / 1e6;
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
