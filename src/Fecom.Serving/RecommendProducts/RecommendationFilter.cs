using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Serving.RecommendProducts;

/// <summary>The query of a recommendation call, as it came.</summary>
/// <param name="Count">How many products, 1 to 100. Default 20.</param>
/// <param name="Category">Only products of this category: its id, its path such as <c>electronics.smartphone</c>, or a level above it.</param>
/// <param name="Exclude">Products that must not come, up to 100 ids: separated by commas, the parameter repeated, or both; see <see cref="IdList"/>.</param>
/// <param name="ExcludeSeen"><c>false</c> lets the session's own products come, too.</param>
internal readonly record struct RecommendationParameters(
    string? Count,
    string? Category,
    string[]? Exclude,
    string? ExcludeSeen
);

/// <summary>Which products may come, and how many.</summary>
internal sealed record RecommendationFilter(
    int Count,
    string? Category,
    IReadOnlyList<string> Exclude,
    bool ExcludeSeen
)
{
    private const int MaxProducts = 100;
    private const int MaxCategoryLength = 256;

    /// <summary>Reads the query; names each parameter that it cannot read in <paramref name="errors"/>.</summary>
    public static RecommendationFilter Read(in RecommendationParameters query, Dictionary<string, string[]> errors)
    {
        int count = 20;
        if (query.Count is not null && !(IsInteger(query.Count, out count) && count is >= 1 and <= MaxProducts))
        {
            errors["count"] = [$"count is a whole number from 1 to {MaxProducts}, not '{Shorten(query.Count)}'."];
        }

        bool excludeSeen = true;
        if (query.ExcludeSeen is not null && !bool.TryParse(query.ExcludeSeen, out excludeSeen))
        {
            errors["exclude_seen"] = [$"exclude_seen is true or false, not '{Shorten(query.ExcludeSeen)}'."];
        }

        List<string> exclude = IdList.Read(query.Exclude);
        if (exclude.Count > MaxProducts || !exclude.TrueForAll(OpaqueId.IsValid))
        {
            errors["exclude"] =
            [
                exclude.Count > MaxProducts
                    ? $"exclude takes up to {MaxProducts} product ids; {exclude.Count} were given."
                    : $"exclude: '{Shorten(exclude.Find(id => !OpaqueId.IsValid(id))!)}' {OpaqueId.Expected}.",
            ];
        }

        string? category = string.IsNullOrWhiteSpace(query.Category) ? null : query.Category.Trim();
        if (category?.Length > MaxCategoryLength)
        {
            errors["category"] =
            [
                $"category is a category id or a path such as electronics.smartphone, of {MaxCategoryLength} characters at most.",
            ];
        }

        return new RecommendationFilter(count, category, exclude, excludeSeen);
    }

    /// <summary>The filter as the recommenders take it, without filling up: each source is asked by itself.</summary>
    public RecommendationQuery ToQuery(ReadOnlySpan<RecentProduct> seen)
    {
        HashSet<string> exclude = new(Exclude, StringComparer.Ordinal);
        if (ExcludeSeen)
        {
            foreach (RecentProduct product in seen)
            {
                exclude.Add(product.ProductId);
            }
        }

        return new RecommendationQuery
        {
            Count = Count,
            Category = Category,
            Exclude = exclude,
            FillUp = false,
        };
    }

    private static bool IsInteger(string text, out int number) =>
        int.TryParse(
            text,
            System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture,
            out number
        );

    private static string Shorten(string text) => text.Length <= 20 ? text : text[..20] + "…";
}
