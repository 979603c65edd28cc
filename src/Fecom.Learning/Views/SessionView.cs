using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>Feature view <c>session</c>: what a visitor has done in one visit.</summary>
public sealed class SessionView()
    : StateView<SessionState>("session", "user_session", TimeSpan.FromDays(2), SessionFeatureList)
{
    /// <summary>A session whose newest event lies so far back is over: no event of it is expected any more.</summary>
    public static TimeSpan IdleTime { get; } = TimeSpan.FromMinutes(30);

    private static StateFeature<SessionState>[] SessionFeatureList =>
        [
            new("user_id", Text, "", "Visitor of the newest event", default, (s, _) => s.Newest.User),
            new("activity_count", Integer, "events", "Events so far", 0, (s, _) => s.ActivityCount),
            new("product_id", Text, "", "Product of the newest event", default, (s, _) => s.Newest.Product),
            new("category_id", Text, "", "Category id of the newest event", default, (s, _) => s.Newest.CategoryId),
            .. CategoryLevels.Features<SessionState>(s => s.Newest.CategoryCode),
            new("brand", Text, "", "Brand of the newest event's product", default, (s, _) => s.Newest.Brand),
            new("price", Number, "currency", "Price of the newest event's product", default, (s, _) => s.Newest.Price),
            new(
                "event_weekday",
                Integer,
                "day",
                "Weekday of the newest event in UTC, Monday 0 to Sunday 6",
                default,
                (s, _) => Weekday(s.EventTime)
            ),
            new("event_type", Text, "", "What the newest event was", default, (s, _) => s.Newest.Type.Name()),
            .. TimeFeatures.Of<SessionState>(s => s.FirstEventTime),
            new(
                "is_open",
                Integer,
                "0 or 1",
                "1 until 30 minutes have passed since the newest event",
                0,
                (s, at) => at - s.EventTime < IdleTime ? 1 : 0
            ),
            .. EventCountFeatures.SoFar<SessionState>(s => s.Counts),
            new(
                "began_with_cart",
                Integer,
                "0 or 1",
                "1 when the oldest event put a product into the cart",
                0,
                (s, _) => s.FirstEventType == BehaviorEventType.Cart ? 1 : 0
            ),
            new(
                "distinct_products",
                Integer,
                "products",
                "Products among the last 64 events",
                0,
                (s, _) => Distinct(s.Events, static (in mark) => mark.Product)
            ),
            new(
                "distinct_categories",
                Integer,
                "categories",
                "Categories among the last 64 events",
                0,
                (s, _) => Distinct(s.Events, static (in mark) => mark.Category)
            ),
            new("price_mean", Number, "currency", "Mean price over all events", default, (s, _) => s.PriceMean),
            new("price_max", Number, "currency", "Highest price of all events", default, (s, _) => s.PriceMax),
            new(
                "cart_size",
                Integer,
                "products",
                "Products that are in the cart now, of the last 64 put in, taken out or bought",
                0,
                (s, _) => s.Cart.Size
            ),
            new(
                "cart_value",
                Number,
                "currency",
                "What the products in the cart cost together when they were put there",
                0m,
                (s, _) => s.Cart.Value
            ),
            new(
                "product_view_count",
                Integer,
                "events",
                "Views of the newest event's product among the last 64 events",
                0,
                (s, _) => Views(s, s.ProductId)
            ),
            new(
                "events_in_second",
                Integer,
                "events",
                "Events in the second of the newest one, of the last 64",
                0,
                (s, _) => EventsInSecond(s)
            ),
            new(
                "recent_products",
                Texts,
                "products",
                "The last 20 products of the last 64 events, the newest last",
                Array.Empty<string>(),
                (s, _) => s.RecentIds()
            ),
            new(
                "cart_products",
                Texts,
                "products",
                "The products in the cart, the newest last",
                Array.Empty<string>(),
                (s, _) => InCart(s)
            ),
        ];

    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => e.UserSession;

    /// <summary>Monday 0 to Sunday 6.</summary>
    internal static int Weekday(DateTime time) => ((int)time.DayOfWeek + 6) % 7;

    /// <summary>Views of a product among the last events.</summary>
    internal static int Views(SessionState session, string productId)
    {
        int views = 0;
        foreach (ref readonly Mark e in session.Events)
        {
            views += e.Type == BehaviorEventType.View && e.Product == productId ? 1 : 0;
        }

        return views;
    }

    /// <summary>Events in the second of the newest.</summary>
    internal static int EventsInSecond(SessionState session)
    {
        int count = 0;
        long second = Second(session.Newest.Time);
        for (int i = session.Events.Length - 1; i >= 0 && Second(session.Events[i].Time) == second; i--)
        {
            count++;
        }

        return count;
    }

    /// <summary>Of the last events those that do once more what the one before did, with the same product and in the same second.</summary>
    internal static int Repeats(SessionState session)
    {
        ReadOnlySpan<Mark> events = session.Events;
        int count = 0;
        for (int i = 1; i < events.Length; i++)
        {
            ref readonly Mark e = ref events[i];
            ref readonly Mark before = ref events[i - 1];
            bool isSame = e.Type == before.Type && e.Product == before.Product && Second(e.Time) == Second(before.Time);
            count += isSame ? 1 : 0;
        }

        return count;
    }

    /// <summary>How many texts there are, each counted once; missing ones are none.</summary>
    internal static int Distinct(ReadOnlySpan<Mark> marks, MarkText textOf)
    {
        int count = 0;
        for (int i = 0; i < marks.Length; i++)
        {
            string? text = textOf(marks[i]);
            bool isNew = text is not null;
            for (int before = 0; isNew && before < i; before++)
            {
                isNew = textOf(marks[before]) != text;
            }

            count += isNew ? 1 : 0;
        }

        return count;
    }

    private static long Second(long microseconds) => microseconds / 1_000_000;

    private static string[] InCart(SessionState session)
    {
        int count = 0;
        string[] products = new string[session.Cart.Size];
        foreach (ref readonly Mark action in session.Actions)
        {
            if (action.Type == BehaviorEventType.Cart)
            {
                products[count++] = action.Product!;
            }
        }

        return products;
    }
}
