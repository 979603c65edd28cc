using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Feature view <c>product</c>: what a product's newest event says of it.</summary>
/// <remarks>
/// Events of a product come from every partition, in any order. The newest by event time wins, and of two at the same
/// microsecond the greater event id, so the state is the same in whatever order and however often they arrive.
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
                new("category_code_level2", FeatureType.Text, "Second segment of the category path in the newest event"),
                new("brand", FeatureType.Text, "Brand in the newest event"),
                new("price", FeatureType.Number, "Price in the newest event, in the shop's currency"),
                new("event_time", FeatureType.Timestamp, "When the newest event happened"),
                new("event_id", FeatureType.Text, "The newest event"),
            ]
        );

    /// <summary>The state after an event: the same object when the event is not the newest.</summary>
    /// <param name="state">The state before it; null when it is the product's first.</param>
    /// <param name="e">The event; its <see cref="BehaviorEvent.ProductId"/> is the product.</param>
    public static ProductState Step(ProductState? state, BehaviorEvent e)
    {
        if (state is not null && !IsNewer(e, state))
        {
            return state;
        }

        (string? level1, string? level2) = CategoryLevels.Of(e.CategoryCode);
        return new ProductState
        {
            CategoryId = string.IsNullOrEmpty(e.CategoryId) ? null : e.CategoryId,
            CategoryCodeLevel1 = level1,
            CategoryCodeLevel2 = level2,
            Brand = string.IsNullOrEmpty(e.Brand) ? null : e.Brand,
            Price = e.Price,
            EventTime = e.EventTime,
            EventId = e.EventId,
        };
    }

    private static bool IsNewer(BehaviorEvent e, ProductState state)
    {
        int order = e.EventTime.CompareTo(state.EventTime);
        return order > 0 || (order == 0 && e.EventId.CompareTo(state.EventId) > 0);
    }
}
