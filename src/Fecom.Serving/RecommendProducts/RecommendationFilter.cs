using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Contracts;
using Microsoft.AspNetCore.Mvc;

namespace Fecom.Serving.RecommendProducts;

/// <summary>The query of a recommendation call, as it came.</summary>
/// <param name="Count">How many products.</param>
/// <param name="Category">Only products of this category.</param>
/// <param name="Exclude">Products that must not come; see <see cref="IdList"/>.</param>
/// <param name="MinPrice">The lowest price.</param>
/// <param name="MaxPrice">The highest price.</param>
/// <param name="Explain">Whether each product comes with what put it there.</param>
/// <param name="UserId">The visitor.</param>
/// <param name="UserSession">The session.</param>
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
        string[]? Exclude = null,
    [property: FromQuery(Name = "min_price")]
    [property: Range(0.0, RecommendationFilter.MaxPriceLimit)]
    [property: Description("Only products of this price or more; those whose price is not known stay out.")]
        double? MinPrice = null,
    [property: FromQuery(Name = "max_price")]
    [property: Range(0.0, RecommendationFilter.MaxPriceLimit)]
    [property: Description("Only products of this price or less; those whose price is not known stay out.")]
        double? MaxPrice = null,
    [property: FromQuery(Name = "explain")]
    [property: Description("Whether each product comes with the source, the features and the rules that put it there.")]
        bool Explain = false,
    [property: FromQuery(Name = "user_id")]
    [property: Description(
        "The visitor: whose former purchases stay out where the rules say so, and who stays with what is tried on some visitors."
    )]
        string? UserId = null,
    [property: FromQuery(Name = "user_session")]
    [property: Description(
        "The session, where the path does not name it: it stays with what is tried on some visitors where no user is named."
    )]
        string? UserSession = null
);

/// <summary>Which products may come, and how many.</summary>
internal sealed record RecommendationFilter(
    int Count,
    string? Category,
    IReadOnlyList<string> Exclude,
    bool ExcludeSeen,
    decimal? MinPrice = null,
    decimal? MaxPrice = null,
    bool Explain = false
)
{
    public const int DefaultProducts = 20;
    public const int MaxProducts = 100;
    public const int MaxCategoryLength = 256;
    public const double MaxPriceLimit = 1e9;

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

        CheckId("user_id", query.UserId, errors);
        CheckId("user_session", query.UserSession, errors);
        decimal? minPrice = Price("min_price", query.MinPrice, errors);
        decimal? maxPrice = Price("max_price", query.MaxPrice, errors);
        if (minPrice > maxPrice)
        {
            errors["max_price"] = ["max_price is min_price or more."];
        }

        return new RecommendationFilter(query.Count, category, exclude, excludeSeen, minPrice, maxPrice, query.Explain);
    }

    private static void CheckId(string name, string? id, Dictionary<string, string[]> errors)
    {
        if (id is not null && !OpaqueId.IsValid(id))
        {
            errors[name] = [$"{name} {OpaqueId.Expected}."];
        }
    }

    private static decimal? Price(string name, double? price, Dictionary<string, string[]> errors)
    {
        if (price is null or (>= 0 and <= MaxPriceLimit))
        {
            return (decimal?)price;
        }

        errors[name] = [$"{name} is a number from 0 to 1000000000."];
        return null;
    }

    private static string Shorten(string text) => text.Length <= 20 ? text : text[..20] + "…";
}
