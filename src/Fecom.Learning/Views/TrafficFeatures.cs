using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>The features that product, category, brand and shop have alike.</summary>
internal static class TrafficFeatures
{
    private static readonly (TrafficWindow Window, string Name, string Meaning)[] Windows =
    [
        (TrafficWindow.Hour, "1h", "the last hour (and up to 5 minutes more)"),
        (TrafficWindow.Day, "24h", "the last 24 hours (and up to an hour more)"),
        (TrafficWindow.Week, "7d", "the last 7 days (and up to a day more)"),
        (TrafficWindow.Month, "30d", "the last 30 days (and up to a day more)"),
    ];

    /// <summary>The features, for states of any type that builds on <see cref="TrafficState"/>.</summary>
    public static IEnumerable<StateFeature<TState>> Of<TState>()
        where TState : TrafficState =>
        [
            .. TimeFeatures.Of<TState>(),
            .. EventCountFeatures.SoFar<TState>(s => s.Counts),
            new("price_mean", Number, "currency", "Mean price over all events so far", default, (s, _) => s.PriceMean),
            new(
                "carts_per_view",
                Number,
                "ratio",
                "Adds to a cart by view; an event weighs half after 64 days",
                default,
                (s, at) => Ratio(s.Decayed(at).Carts, s.Decayed(at).Views)
            ),
            new(
                "purchases_per_view",
                Number,
                "ratio",
                "Purchases by view; an event weighs half after 64 days",
                default,
                (s, at) => Ratio(s.Decayed(at).Purchases, s.Decayed(at).Views)
            ),
            new(
                "purchases_per_cart",
                Number,
                "ratio",
                "Purchases by add to a cart; an event weighs half after 64 days",
                default,
                (s, at) => Ratio(s.Decayed(at).Purchases, s.Decayed(at).Carts)
            ),
            .. Windows.SelectMany(w =>
                EventCountFeatures.Within<TState>(w.Name, $"in {w.Meaning}", (s, at) => s.Sum(w.Window, at))
            ),
            .. Windows[..^1].Zip(Windows[1..], (w, longer) => Trend<TState>(w.Window, w.Name, longer.Name)),
        ];

    private static StateFeature<TState> Trend<TState>(TrafficWindow window, string name, string longer)
        where TState : TrafficState =>
        new(
            $"trend_{name}",
            Number,
            "ratio",
            $"Events of the last {name} against what the last {longer} let expect, one event added to both: 1 when as many",
            1.0,
            (s, at) => s.Trend(window, at)
        );

    private static FeatureValue Ratio(double part, double whole) => whole > 0 ? part / whole : default(FeatureValue);
}
