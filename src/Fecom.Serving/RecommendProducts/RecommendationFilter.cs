using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Microsoft.AspNetCore.Mvc;

namespace Fecom.Serving.RecommendProducts;

/// <summary>The query of a recommendation call, as it came.</summary>
/// <param name="Count">How many products.</param>
/// <param name="Category">Only products of this category.</param>
/// <param name="Exclude">Products that must not come; see <see cref="IdList"/>.</param>
internal readonly record struct RecommendationParameters(
    [property: FromQuery(Name = "count")]
    [property: Range(1, RecommendationFilter.MaxProducts)]
    [property: Description("How many products.")]
        int Count = RecommendationFilter.DefaultProducts,
    [property: FromQuery(Name = "category")]
    [property: MaxLength(RecommendationFilter.MaxCategoryLength)]
    [property: Description(
        "Only products of this category: its id, its path such as electronics.smartphone, or a level above it."
    )]
        string? Category = null,
    [property: FromQuery(Name = "exclude")]
    [property: MaxLength(RecommendationFilter.MaxProducts)]
    [property: Description(
        "Products that must not come, up to 100 ids: separated by commas, the parameter repeated, or both. A comma within an id has a backslash before it."
    )]
        string[]? Exclude = null
);

/// <summary>Which products may come, and how many.</summary>
internal sealed record RecommendationFilter(
    int Count,
    string? Category,
    IReadOnlyList<string> Exclude,
    bool ExcludeSeen
)
{
    public const int DefaultProducts = 20;
    public const int MaxProducts = 100;
    public const int MaxCategoryLength = 256;

    /// <summary>Reads the query; names each parameter that it cannot read in <paramref name="errors"/>.</summary>
    public static RecommendationFilter Read(
        in RecommendationParameters query,
        bool excludeSeen,
        Dictionary<string, string[]> errors
    )
    {
        if (query.Count is < 1 or > MaxProducts)
        {
            errors["count"] = [$"count is a whole number from 1 to {MaxProducts}, not {query.Count}."];
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

        return new RecommendationFilter(query.Count, category, exclude, excludeSeen);
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

    private static string Shorten(string text) => text.Length <= 20 ? text : text[..20] + "…";
}
