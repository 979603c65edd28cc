using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of a category.</summary>
public sealed class CategoryState : TrafficState;

/// <summary>Feature view <c>category</c>: how often products of a category were looked at, carted and bought, and its path.</summary>
public sealed class CategoryView()
    : StateView<CategoryState>("category", "category_id", TimeSpan.FromDays(400), CategoryFeatures)
{
    private static StateFeature<CategoryState>[] CategoryFeatures =>
        [.. CategoryLevels.Features<CategoryState>(s => s.Newest.CategoryCode), .. TrafficFeatures.Of<CategoryState>()];

    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => string.IsNullOrEmpty(e.CategoryId) ? null : e.CategoryId;
}
