using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>How many events of each type there were: the features that views have alike.</summary>
internal static class EventCountFeatures
{
    /// <summary>All events so far.</summary>
    public static IEnumerable<StateFeature<TState>> SoFar<TState>(Func<TState, EventCounts> counts)
        where TState : EntityState =>
        [
            new("view_count", Integer, "events", "Views so far", 0, (s, _) => counts(s).Views),
            new("cart_count", Integer, "events", "Adds to a cart so far", 0, (s, _) => counts(s).Carts),
            new(
                "remove_from_cart_count",
                Integer,
                "events",
                "Removals from a cart so far",
                0,
                (s, _) => counts(s).Removals
            ),
            new("purchase_count", Integer, "events", "Purchases so far", 0, (s, _) => counts(s).Purchases),
        ];

    /// <summary>The events of a window of time that ends at the moment of asking.</summary>
    /// <param name="window">The window in the features' names, such as <c>7d</c>.</param>
    /// <param name="meaning">The window for a person, such as <c>in the last 7 days</c>.</param>
    /// <param name="counts">The window's events at a moment.</param>
    public static IEnumerable<StateFeature<TState>> Within<TState>(
        string window,
        string meaning,
        Func<TState, DateTime, EventCounts> counts
    )
        where TState : EntityState =>
        [
            new($"view_count_{window}", Integer, "events", $"Views {meaning}", 0, (s, at) => counts(s, at).Views),
            new(
                $"cart_count_{window}",
                Integer,
                "events",
                $"Adds to a cart {meaning}",
                0,
                (s, at) => counts(s, at).Carts
            ),
            new(
                $"purchase_count_{window}",
                Integer,
                "events",
                $"Purchases {meaning}",
                0,
                (s, at) => counts(s, at).Purchases
            ),
        ];
}
