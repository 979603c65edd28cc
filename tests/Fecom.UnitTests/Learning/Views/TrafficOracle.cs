using Fecom.Contracts;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>The features of a product, category, brand or the shop, from all its events at once.</summary>
internal static class TrafficOracle
{
    private static readonly (string Name, TimeSpan Tile, int Tiles)[] Windows =
    [
        ("1h", TimeSpan.FromMinutes(5), 12),
        ("24h", TimeSpan.FromHours(1), 24),
        ("7d", TimeSpan.FromDays(1), 7),
        ("30d", TimeSpan.FromDays(1), 30),
    ];

    public static Dictionary<string, object?> Of(string view, BehaviorEvent[] events, DateTime at)
    {
        BehaviorEvent newest = Oracle.InOrder(events)[^1];
        double views = Decayed(events, BehaviorEventType.View, at);
        double carts = Decayed(events, BehaviorEventType.Cart, at);
        double purchases = Decayed(events, BehaviorEventType.Purchase, at);
        Dictionary<string, object?> values = new()
        {
            ["event_time"] = newest.EventTime,
            ["seconds_since_last_event"] = (at - newest.EventTime).TotalSeconds,
            ["view_count"] = Oracle.Count(events, BehaviorEventType.View),
            ["cart_count"] = Oracle.Count(events, BehaviorEventType.Cart),
            ["remove_from_cart_count"] = Oracle.Count(events, BehaviorEventType.RemoveFromCart),
            ["purchase_count"] = Oracle.Count(events, BehaviorEventType.Purchase),
            ["price_mean"] = events.Average(e => e.Price),
            ["carts_per_view"] = Oracle.Ratio(carts, views),
            ["purchases_per_view"] = Oracle.Ratio(purchases, views),
            ["purchases_per_cart"] = Oracle.Ratio(purchases, carts),
        };
        AddWindows(values, events, at);
        AddOwn(values, view, events, newest, at);
        return values;
    }

    private static void AddWindows(Dictionary<string, object?> values, BehaviorEvent[] events, DateTime at)
    {
        for (int i = 0; i < Windows.Length; i++)
        {
            (string name, TimeSpan tile, int tiles) = Windows[i];
            BehaviorEvent[] within = [.. events.Where(e => Oracle.IsWithin(e, at, tile, tiles))];
            values[$"view_count_{name}"] = Oracle.Count(within, BehaviorEventType.View);
            values[$"cart_count_{name}"] = Oracle.Count(within, BehaviorEventType.Cart);
            values[$"purchase_count_{name}"] = Oracle.Count(within, BehaviorEventType.Purchase);
            if (i + 1 < Windows.Length)
            {
                (_, TimeSpan longerTile, int longerTiles) = Windows[i + 1];
                int longer = events.Count(e => Oracle.IsWithin(e, at, longerTile, longerTiles));
                double share = Length(at, tile, tiles) / Length(at, longerTile, longerTiles);
                values[$"trend_{name}"] = (within.Length + 1) / ((longer * share) + 1);
            }
        }
    }

    private static void AddOwn(
        Dictionary<string, object?> values,
        string view,
        BehaviorEvent[] events,
        BehaviorEvent newest,
        DateTime at
    )
    {
        if (view is "product" or "category")
        {
            string[] path = (newest.CategoryCode ?? "").Split('.');
            values["category_code_level1"] = Oracle.NullIfEmpty(path[0]);
            values["category_code_level2"] = path.Length > 1 ? Oracle.NullIfEmpty(path[1]) : null;
        }

        if (view == "product")
        {
            values["category_id"] = Oracle.NullIfEmpty(newest.CategoryId);
            values["brand"] = Oracle.NullIfEmpty(newest.Brand);
            values["price"] = newest.Price;
            values["price_to_mean"] = Math.Log((double)(newest.Price / events.Average(e => e.Price)));
        }

        if (view == "shop")
        {
            values["purchases_per_cart_at_hour"] = Oracle.Ratio(
                AtHour(events, BehaviorEventType.Purchase, at),
                AtHour(events, BehaviorEventType.Cart, at)
            );
        }
    }

    private static double Length(DateTime at, TimeSpan tile, int tiles) =>
        (at - DateTime.UnixEpoch).TotalHours - ((Oracle.Tile(at, tile) - tiles) * tile.TotalHours);

    private static double Decayed(BehaviorEvent[] events, BehaviorEventType type, DateTime at)
    {
        TimeSpan period = TimeSpan.FromDays(64);
        long oldest = events.Max(e => Oracle.Tile(e.EventTime, period)) - 6;
        TimeSpan day = TimeSpan.FromDays(1);
        return Oracle
            .Only(events, type)
            .Where(e => Oracle.Tile(e.EventTime, period) > oldest)
            .Sum(e => Math.Pow(2, (Oracle.Tile(e.EventTime, day) - Oracle.Tile(at, day)) / 64.0));
    }

    private static double AtHour(BehaviorEvent[] events, BehaviorEventType type, DateTime at)
    {
        TimeSpan period = TimeSpan.FromDays(64);
        BehaviorEvent[] counted =
        [
            .. events.Where(e => e.EventType is BehaviorEventType.Cart or BehaviorEventType.Purchase),
        ];
        long oldest = counted.Length == 0 ? 0 : counted.Max(e => Oracle.Tile(e.EventTime, period)) - 3;
        return Oracle
            .Only(counted, type)
            .Where(e => e.EventTime.Hour == at.Hour && Oracle.Tile(e.EventTime, period) > oldest)
            .Sum(e => Math.Pow(2, Oracle.Tile(e.EventTime, period) - Oracle.Tile(at, period)));
    }
}
