using System.Globalization;
using Fecom.Contracts;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>A session's fields worked out from all its events at once, slowly.</summary>
internal static class SessionOracle
{
    public static string[] Fields(IReadOnlyList<BehaviorEvent> events)
    {
        BehaviorEvent newest = events.Reverse().MaxBy(e => e.EventTime)!;
        string[] path = (newest.CategoryCode ?? "").Split('.');
        return
        [
            "user_id",
            newest.UserId,
            "activity_count",
            Text(events.Count),
            "product_id",
            newest.ProductId,
            "category_id",
            newest.CategoryId ?? "",
            "category_code_level1",
            path[0],
            "category_code_level2",
            path.Length > 1 ? path[1] : "",
            "brand",
            newest.Brand ?? "",
            "price",
            newest.Price.ToString("0.##", CultureInfo.InvariantCulture),
            "event_weekday",
            Text(newest.EventTime.DayOfWeek == DayOfWeek.Sunday ? 6 : (int)newest.EventTime.DayOfWeek - 1),
            "event_type",
            newest.EventType.Name(),
            "event_time",
            Micros(newest.EventTime),
            "first_event_time",
            Micros(events.Min(e => e.EventTime)),
            "view_count",
            Text(events.Count(e => e.EventType == BehaviorEventType.View)),
            "cart_count",
            Text(events.Count(e => e.EventType == BehaviorEventType.Cart)),
            "remove_from_cart_count",
            Text(events.Count(e => e.EventType == BehaviorEventType.RemoveFromCart)),
            "purchase_count",
            Text(events.Count(e => e.EventType == BehaviorEventType.Purchase)),
            "recent_products",
            Recent(events),
        ];
    }

    /// <summary>A product that fell off the list and came back begins anew, so walk the arrivals.</summary>
    private static string Recent(IReadOnlyList<BehaviorEvent> events)
    {
        List<(string Product, char Type)> recent = [];
        foreach (BehaviorEvent e in events)
        {
            char type = e.EventType.Name()[0];
            int known = recent.FindIndex(r => r.Product == e.ProductId);
            if (known >= 0)
            {
                type = type == 'v' ? recent[known].Type : type;
                recent.RemoveAt(known);
            }

            recent.Add((e.ProductId, type));
            recent = [.. recent.TakeLast(20)];
        }

        return string.Join('\n', recent.Select(r => $"{r.Type}{r.Product}"));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Micros(DateTime time) =>
        ((time - DateTime.UnixEpoch).Ticks / 10).ToString(CultureInfo.InvariantCulture);
}
