using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>What is known of a category.</summary>
public sealed class CategoryState : TrafficState;

/// <summary>Feature view <c>category</c>: how often products of a category were looked at, carted and bought, and its path.</summary>
public sealed class CategoryView()
    : StateView<CategoryState>("category", "category_id", TimeSpan.FromDays(400), CategoryFeatures)
{
    private static StateFeature<CategoryState>[] CategoryFeatures =>
        [
            new(
                "category_code_level1",
                Text,
                "",
                "First segment of the category path in the newest event",
                default,
                (s, _) => CategoryLevels.Of(s.Newest.CategoryCode).Level1
            ),
            new(
                "category_code_level2",
                Text,
                "",
                "Second segment of the category path in the newest event",
                default,
                (s, _) => CategoryLevels.Of(s.Newest.CategoryCode).Level2
            ),
            .. TrafficFeatures.Of<CategoryState>(),
        ];

    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => string.IsNullOrEmpty(e.CategoryId) ? null : e.CategoryId;
}
