using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Feature view <c>session</c>: what a visitor has done in one visit.</summary>
/// <remarks>
/// Events of a session arrive in the order of their partition, and in any order where its feed is not keyed by user. An event
/// that is older than one already taken in is late: it counts (<c>activity_count</c>, the counts by type), moves
/// <c>first_event_time</c> back if need be, and joins <c>recent_products</c> at the place of its arrival; every field of the
/// newest event stays. Of two events at the same microsecond the one that arrives later is the newer.
/// </remarks>
public static class SessionView
{
    /// <summary>The view's name, entity, features and time to live.</summary>
    public static FeatureView View { get; } =
        new(
            "session",
            "user_session",
            TimeSpan.FromDays(2),
            [
                new("user_id", FeatureType.Text, "Visitor of the newest event"),
                new("activity_count", FeatureType.Integer, "Events of the session so far"),
                new("product_id", FeatureType.Text, "Product of the newest event"),
                new("category_id", FeatureType.Text, "Category id of the newest event's product"),
                new("category_code_level1", FeatureType.Text, "First segment of the newest event's category path"),
                new("category_code_level2", FeatureType.Text, "Second segment of the newest event's category path"),
                new("brand", FeatureType.Text, "Brand of the newest event's product"),
                new("price", FeatureType.Number, "Price of the newest event's product, in the shop's currency"),
                new("event_weekday", FeatureType.Integer, "Weekday of the newest event in UTC, Monday 0 to Sunday 6"),
                new("event_type", FeatureType.Text, "What the newest event was"),
                new("event_time", FeatureType.Timestamp, "When the newest event happened"),
                new("first_event_time", FeatureType.Timestamp, "When the oldest event happened"),
                new("view_count", FeatureType.Integer, "Views so far"),
                new("cart_count", FeatureType.Integer, "Adds to the cart so far"),
                new("remove_from_cart_count", FeatureType.Integer, "Removals from the cart so far"),
                new("purchase_count", FeatureType.Integer, "Purchases so far"),
                new("recent_products", FeatureType.Products, "The last 20 products, the newest last"),
            ]
        );

    /// <summary>The state after an event.</summary>
    /// <param name="state">The state before it; null when it is the session's first.</param>
    /// <param name="e">The event; its <see cref="BehaviorEvent.UserSession"/> is the session's.</param>
    public static SessionState Step(SessionState? state, BehaviorEvent e)
    {
        RecentProduct[] recent = RecentProducts.Add(state is null ? default : state.Recent, e.ProductId, e.EventType);
        if (state is not null && e.EventTime < state.EventTime)
        {
            return Late(state, e, recent);
        }

        (string? level1, string? level2) = CategoryLevels.Of(e.CategoryCode);
        return new SessionState(recent)
        {
            UserId = e.UserId,
            ActivityCount = 1 + (state?.ActivityCount ?? 0),
            ProductId = e.ProductId,
            CategoryId = NullIfEmpty(e.CategoryId),
            CategoryCodeLevel1 = level1,
            CategoryCodeLevel2 = level2,
            Brand = NullIfEmpty(e.Brand),
            Price = e.Price,
            EventWeekday = Weekday(e.EventTime),
            EventType = e.EventType,
            EventTime = e.EventTime,
            FirstEventTime = state is null ? e.EventTime : state.FirstEventTime,
            Views = Count(state?.Views, e, BehaviorEventType.View),
            Carts = Count(state?.Carts, e, BehaviorEventType.Cart),
            Removals = Count(state?.Removals, e, BehaviorEventType.RemoveFromCart),
            Purchases = Count(state?.Purchases, e, BehaviorEventType.Purchase),
        };
    }

    /// <summary>The model's features of an event that is its session's newest.</summary>
    /// <param name="after">The session's state after the event's <c>Step</c>.</param>
    /// <param name="e">The event.</param>
    public static SessionFeatures Features(SessionState after, BehaviorEvent e) =>
        SessionFeatures.Of(after.ActivityCount, e.EventTime, e.CategoryCode, e.Price, e.Brand);

    private static SessionState Late(SessionState state, BehaviorEvent e, RecentProduct[] recent) =>
        new(recent)
        {
            UserId = state.UserId,
            ActivityCount = 1 + state.ActivityCount,
            ProductId = state.ProductId,
            CategoryId = state.CategoryId,
            CategoryCodeLevel1 = state.CategoryCodeLevel1,
            CategoryCodeLevel2 = state.CategoryCodeLevel2,
            Brand = state.Brand,
            Price = state.Price,
            EventWeekday = state.EventWeekday,
            EventType = state.EventType,
            EventTime = state.EventTime,
            FirstEventTime = e.EventTime < state.FirstEventTime ? e.EventTime : state.FirstEventTime,
            Views = Count(state.Views, e, BehaviorEventType.View),
            Carts = Count(state.Carts, e, BehaviorEventType.Cart),
            Removals = Count(state.Removals, e, BehaviorEventType.RemoveFromCart),
            Purchases = Count(state.Purchases, e, BehaviorEventType.Purchase),
        };

    private static int Count(int? before, BehaviorEvent e, BehaviorEventType type) =>
        (before ?? 0) + (e.EventType == type ? 1 : 0);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>Monday 0 to Sunday 6.</summary>
    internal static int Weekday(DateTime time) => ((int)time.DayOfWeek + 6) % 7;
}
