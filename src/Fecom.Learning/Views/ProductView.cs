using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>What is known of a product.</summary>
public sealed class ProductState : TrafficState;

/// <summary>Feature view <c>product</c>: how often a product was looked at, carted and bought, its price now and before, and where it belongs.</summary>
public sealed class ProductView()
    : StateView<ProductState>("product", "product_id", TimeSpan.FromDays(400), ProductFeatures)
{
    private static StateFeature<ProductState>[] ProductFeatures =>
        [
            new("category_id", Text, "", "Category id in the newest event", default, (s, _) => s.Newest.CategoryId),
            .. CategoryLevels.Features<ProductState>(s => s.Newest.CategoryCode),
            new("brand", Text, "", "Brand in the newest event", default, (s, _) => s.Newest.Brand),
            new("price", Number, "currency", "Price in the newest event", default, (s, _) => s.Newest.Price),
            new(
                "price_to_mean",
                Number,
                "log ratio",
                "Natural logarithm of the price now over its mean so far",
                0.0,
                (s, _) => s.PriceToMean
            ),
            .. TrafficFeatures.Of<ProductState>(),
        ];

    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => e.ProductId;
}
