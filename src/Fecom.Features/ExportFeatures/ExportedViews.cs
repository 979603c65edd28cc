using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>The views whose features become columns.</summary>
/// <param name="Stored">Views with a state of their own.</param>
/// <param name="WithCart">Whether the cart view's features follow.</param>
internal sealed record ExportedViews(IReadOnlyList<FeatureView> Stored, bool WithCart)
{
    /// <summary>The views that are named.</summary>
    /// <param name="names">Names separated by commas; all and the cart view when null or empty.</param>
    /// <exception cref="ArgumentException">There is no such view; the message lists those that there are.</exception>
    public static ExportedViews Parse(string? names)
    {
        HashSet<string> named =
        [
            .. (names ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        ];
        if (named.Count == 0)
        {
            return new ExportedViews(FeatureViews.All, WithCart: true);
        }

        string[] known = [.. FeatureViews.All.Select(view => view.Name), HistoricalFeatures.CartView];
        return named.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw new ArgumentException(
                $"There is no view '{unknown}'. The views are {string.Join(", ", known)}.",
                nameof(names)
            )
            : new ExportedViews(
                [.. FeatureViews.All.Where(view => named.Contains(view.Name))],
                named.Contains(HistoricalFeatures.CartView)
            );
    }
}
