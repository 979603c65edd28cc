using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of a brand.</summary>
public sealed class BrandState : TrafficState;

/// <summary>Feature view <c>brand</c>: how often products of a brand were looked at, carted and bought.</summary>
public sealed class BrandView()
    : StateView<BrandState>("brand", "brand", TimeSpan.FromDays(400), [.. TrafficFeatures.Of<BrandState>()])
{
    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => string.IsNullOrEmpty(e.Brand) ? null : e.Brand;
}
