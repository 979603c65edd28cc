using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Feature view <c>category</c>: how often products of a category were looked at, carted and bought, and its path. Merged as <see cref="ProductView"/> is.</summary>
public static class CategoryView
{
    /// <summary>The view's name, entity, features and time to live.</summary>
    public static FeatureView View { get; } =
        new(
            "category",
            "category_id",
            TimeSpan.FromDays(180),
            [
                new("category_code_level1", FeatureType.Text, "First segment of the category path in the newest event"),
                new(
                    "category_code_level2",
                    FeatureType.Text,
                    "Second segment of the category path in the newest event"
                ),
                new("view_count", FeatureType.Integer, "Views of its products so far, late ones included"),
                new("cart_count", FeatureType.Integer, "Adds of its products to a cart so far, late ones included"),
                new(
                    "remove_from_cart_count",
                    FeatureType.Integer,
                    "Removals of its products from a cart so far, late ones included"
                ),
                new("purchase_count", FeatureType.Integer, "Purchases of its products so far, late ones included"),
                new("event_time", FeatureType.Timestamp, "When the newest event happened"),
            ]
        );

    /// <summary>The category that an event touches; null when it names none.</summary>
    public static string? EntityOf(BehaviorEvent e) => string.IsNullOrEmpty(e.CategoryId) ? null : e.CategoryId;

    /// <summary>The state after an event.</summary>
    /// <param name="state">The state before it; null when it is the category's first.</param>
    /// <param name="e">The event; <see cref="EntityOf"/> it is the category.</param>
    public static CategoryState Step(CategoryState? state, BehaviorEvent e)
    {
        CategoryState one = CategoryState.Of(new EventTally(e));
        return state is null ? one : Merge(state, one);
    }

    /// <summary>What two groups of a category's events say together. Associative and commutative.</summary>
    public static CategoryState Merge(CategoryState a, CategoryState b)
    {
        CategoryState newest = EventTally.IsNewer(b.EventTime, b.EventId, a.EventTime, a.EventId) ? b : a;
        return newest with { Counts = a.Counts + b.Counts };
    }
}
