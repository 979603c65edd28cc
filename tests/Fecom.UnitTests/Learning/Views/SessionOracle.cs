using Fecom.Contracts;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>The features of a session, from all its events at once.</summary>
internal static class SessionOracle
{
    public static Dictionary<string, object?> Of(BehaviorEvent[] events, DateTime at)
    {
        BehaviorEvent[] ordered = Oracle.InOrder(events);
        (BehaviorEvent first, BehaviorEvent newest) = (ordered[0], ordered[^1]);
        BehaviorEvent[] last = ordered[^Math.Min(64, ordered.Length)..];
        BehaviorEvent[] actions = Oracle.Newest(
            events.Where(e => e.EventType != BehaviorEventType.View),
            e => e.ProductId,
            64
        );
        BehaviorEvent[] inCart = Oracle.Only(actions, BehaviorEventType.Cart);
        string[] path = (newest.CategoryCode ?? "").Split('.');
        return new()
        {
            ["user_id"] = newest.UserId,
            ["activity_count"] = events.Length,
            ["product_id"] = newest.ProductId,
            ["category_id"] = Oracle.NullIfEmpty(newest.CategoryId),
            ["category_code_level1"] = Oracle.NullIfEmpty(path[0]),
            ["category_code_level2"] = path.Length > 1 ? Oracle.NullIfEmpty(path[1]) : null,
            ["brand"] = Oracle.NullIfEmpty(newest.Brand),
            ["price"] = newest.Price,
            ["event_weekday"] =
                newest.EventTime.DayOfWeek == DayOfWeek.Sunday ? 6 : (int)newest.EventTime.DayOfWeek - 1,
            ["event_type"] = newest.EventType.Name(),
            ["event_time"] = newest.EventTime,
            ["first_event_time"] = first.EventTime,
            ["seconds_since_last_event"] = (at - newest.EventTime).TotalSeconds,
            ["seconds_since_first_event"] = (at - first.EventTime).TotalSeconds,
            ["is_open"] = at < newest.EventTime.AddMinutes(30) ? 1 : 0,
            ["view_count"] = Oracle.Count(events, BehaviorEventType.View),
            ["cart_count"] = Oracle.Count(events, BehaviorEventType.Cart),
            ["remove_from_cart_count"] = Oracle.Count(events, BehaviorEventType.RemoveFromCart),
            ["purchase_count"] = Oracle.Count(events, BehaviorEventType.Purchase),
            ["began_with_cart"] = first.EventType == BehaviorEventType.Cart ? 1 : 0,
            ["distinct_products"] = last.Select(e => e.ProductId).Distinct().Count(),
            ["distinct_categories"] = last.Select(Oracle.Category).OfType<string>().Distinct().Count(),
            ["price_mean"] = events.Average(e => e.Price),
            ["price_max"] = events.Max(e => e.Price),
            ["cart_size"] = inCart.Length,
            ["cart_value"] = inCart.Sum(e => e.Price),
            ["product_view_count"] = Oracle
                .Only(last, BehaviorEventType.View)
                .Count(e => e.ProductId == newest.ProductId),
            ["events_in_second"] = last.Count(e => Second(e) == Second(newest)),
            ["recent_products"] = Oracle.Newest(last, e => e.ProductId, 20).Select(e => e.ProductId).ToArray(),
            ["cart_products"] = inCart.Select(e => e.ProductId).ToArray(),
        };
    }

    private static long Second(BehaviorEvent e) => Oracle.Tile(e.EventTime, TimeSpan.FromSeconds(1));
}
