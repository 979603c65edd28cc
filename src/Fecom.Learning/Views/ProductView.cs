using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Feature view <c>product</c>: how often a product was looked at, carted and bought, and what its newest event says of it.</summary>
/// <remarks>
/// Events of a product come from every partition, hence from several hosts at once and in any order. Each host tallies a
/// batch by itself, and the store merges what it says: counts add up, and of what the events say the newest wins (see
/// <see cref="EventTally"/>). So the state is the same in whatever order and in whatever batches the events come.
/// </remarks>
public static class ProductView
{
    /// <summary>The view's name, entity, features and time to live.</summary>
    public static FeatureView View { get; } =
        new(
            "product",
            "product_id",
            TimeSpan.FromDays(180),
            [
                new("category_id", FeatureType.Text, "Category id in the newest event"),
                new("category_code_level1", FeatureType.Text, "First segment of the category path in the newest event"),
                new(
                    "category_code_level2",
                    FeatureType.Text,
                    "Second segment of the category path in the newest event"
                ),
                new("brand", FeatureType.Text, "Brand in the newest event"),
                new("price", FeatureType.Number, "Price in the newest event, in the shop's currency"),
                new("view_count", FeatureType.Integer, "Views so far, late ones included"),
                new("cart_count", FeatureType.Integer, "Adds to a cart so far, late ones included"),
                new("remove_from_cart_count", FeatureType.Integer, "Removals from a cart so far, late ones included"),
                new("purchase_count", FeatureType.Integer, "Purchases so far, late ones included"),
                new("event_time", FeatureType.Timestamp, "When the newest event happened"),
                new("event_id", FeatureType.Text, "The newest event"),
            ]
        );

    /// <summary>The state after an event.</summary>
    /// <param name="state">The state before it; null when it is the product's first.</param>
    /// <param name="e">The event; its <see cref="BehaviorEvent.ProductId"/> is the product.</param>
    public static ProductState Step(ProductState? state, BehaviorEvent e)
    {
        ProductState one = ProductState.Of(new EventTally(e));
        return state is null ? one : Merge(state, one);
    }

    /// <summary>What two groups of a product's events say together. Associative and commutative.</summary>
    public static ProductState Merge(ProductState a, ProductState b)
    {
        ProductState newest = EventTally.IsNewer(b.EventTime, b.EventId, a.EventTime, a.EventId) ? b : a;
        return newest with { Counts = a.Counts + b.Counts };
    }
}
