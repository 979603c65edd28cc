using Fecom.Contracts;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>The features of a visitor with at most 128 visits, from all events at once.</summary>
internal static class UserOracle
{
    public static Dictionary<string, object?> Of(BehaviorEvent[] events, DateTime at)
    {
        BehaviorEvent[] ordered = Oracle.InOrder(events);
        BehaviorEvent[] carts = Oracle.Only(ordered, BehaviorEventType.Cart);
        BehaviorEvent[] purchases = Oracle.Only(ordered, BehaviorEventType.Purchase);
        BehaviorEvent[] viewed = Oracle.Newest(Oracle.Only(events, BehaviorEventType.View), ByVisit, 32);
        BehaviorEvent[] acted = Oracle.Newest(events.Where(e => e.EventType != BehaviorEventType.View), ByVisit, 48);
        BehaviorEvent[] open =
        [
            .. acted
                .Where(
                    (e, i) =>
                        e.EventType == BehaviorEventType.Cart && !acted[(i + 1)..].Any(l => l.ProductId == e.ProductId)
                )
                .Reverse(),
        ];
        Dictionary<string, object?> values = new()
        {
            ["event_time"] = ordered[^1].EventTime,
            ["first_event_time"] = ordered[0].EventTime,
            ["seconds_since_last_event"] = (at - ordered[^1].EventTime).TotalSeconds,
            ["seconds_since_first_event"] = (at - ordered[0].EventTime).TotalSeconds,
            ["seconds_since_last_cart"] = carts.Length == 0 ? null : (at - carts[^1].EventTime).TotalSeconds,
            ["seconds_since_last_purchase"] =
                purchases.Length == 0 ? null : (at - purchases[^1].EventTime).TotalSeconds,
            ["view_count"] = Oracle.Count(events, BehaviorEventType.View),
            ["cart_count"] = carts.Length,
            ["remove_from_cart_count"] = Oracle.Count(events, BehaviorEventType.RemoveFromCart),
            ["purchase_count"] = purchases.Length,
            ["session_count"] = Visits(events),
            ["cart_session_count"] = Visits(carts),
            ["purchase_session_count"] = Visits(purchases),
            ["conversion"] = Oracle.Ratio(Visits(purchases), Visits(events)),
            ["spent"] = purchases.Sum(e => e.Price),
            ["mean_basket"] = Oracle.Ratio((double)purchases.Sum(e => e.Price), Visits(purchases)),
            ["open_cart_count"] = open.Length,
            ["open_cart_value"] = open.Sum(e => e.Price),
            ["open_cart_products"] = open.Select(e => e.ProductId).ToArray(),
            ["distinct_products"] = viewed.Concat(acted).Select(e => e.ProductId).Distinct().Count(),
        };
        AddWindow(values, events, 7, at);
        AddWindow(values, events, 30, at);
        BehaviorEvent[] marks = [.. viewed, .. acted];
        AddPreferences(values, "", marks);
        AddPreferences(values, "_7d", marks.Where(e => e.EventTime >= at.AddDays(-7)));
        AddPreferences(values, "_30d", marks.Where(e => e.EventTime >= at.AddDays(-30)));
        return values;
    }

    private static void AddWindow(Dictionary<string, object?> values, BehaviorEvent[] events, int days, DateTime at)
    {
        BehaviorEvent[] within = [.. events.Where(e => Oracle.IsWithin(e, at, TimeSpan.FromDays(1), days))];
        decimal spent = Oracle.Only(within, BehaviorEventType.Purchase).Sum(e => e.Price);
        int sessions = VisitsSince(events, at.AddDays(-days));
        int purchaseSessions = VisitsSince(Oracle.Only(events, BehaviorEventType.Purchase), at.AddDays(-days));
        values[$"view_count_{days}d"] = Oracle.Count(within, BehaviorEventType.View);
        values[$"cart_count_{days}d"] = Oracle.Count(within, BehaviorEventType.Cart);
        values[$"purchase_count_{days}d"] = Oracle.Count(within, BehaviorEventType.Purchase);
        values[$"spent_{days}d"] = spent;
        values[$"session_count_{days}d"] = sessions;
        values[$"cart_session_count_{days}d"] = VisitsSince(
            Oracle.Only(events, BehaviorEventType.Cart),
            at.AddDays(-days)
        );
        values[$"purchase_session_count_{days}d"] = purchaseSessions;
        values[$"conversion_{days}d"] = Oracle.Ratio(purchaseSessions, sessions);
        values[$"mean_basket_{days}d"] = Oracle.Ratio((double)spent, purchaseSessions);
    }

    private static void AddPreferences(
        Dictionary<string, object?> values,
        string suffix,
        IEnumerable<BehaviorEvent> marks
    )
    {
        values[$"preferred_categories{suffix}"] = Heaviest(marks, Oracle.Category);
        values[$"preferred_brands{suffix}"] = Heaviest(marks, e => Oracle.NullIfEmpty(e.Brand));
    }

    private static string[] Heaviest(IEnumerable<BehaviorEvent> marks, Func<BehaviorEvent, string?> textOf) =>
        [
            .. marks
                .GroupBy(textOf)
                .Select(group => (Text: group.Key, Weight: group.Sum(e => Weight(e.EventType))))
                .Where(group => group.Text is not null && group.Weight > 0)
                .OrderByDescending(group => group.Weight)
                .ThenBy(group => group.Text, StringComparer.Ordinal)
                .Take(3)
                .Select(group => group.Text!),
        ];

    private static int Weight(BehaviorEventType type) =>
        type switch
        {
            BehaviorEventType.View => 1,
            BehaviorEventType.Cart => 3,
            BehaviorEventType.Purchase => 5,
            _ => 0,
        };

    private static int Visits(BehaviorEvent[] events) => events.Select(e => e.UserSession).Distinct().Count();

    private static int VisitsSince(BehaviorEvent[] events, DateTime since) =>
        Oracle.Newest(events, e => e.UserSession, 32).Count(e => e.EventTime >= since);

    private static object ByVisit(BehaviorEvent e) => (e.UserSession, e.ProductId);
}
