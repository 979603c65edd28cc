namespace Fecom.Learning.Recommend;

/// <summary>What to recommend.</summary>
public sealed record RecommendationQuery
{
    /// <summary>How many products, from 1.</summary>
    public required int Count { get; init; }

    /// <summary>With how many products no further source is asked, though a source may name up to <see cref="Count"/>; null for that many.</summary>
    public int? Enough { get; init; }

    /// <summary>Products that must not come.</summary>
    public IReadOnlySet<string> Exclude { get; init; } = new HashSet<string>();

    /// <summary>Only products of this category: its id, its dotted path, or the path's first level. Null takes all.</summary>
    public string? Category { get; init; }

    /// <summary>Fills up with popular products when there are too few others. Default true.</summary>
    public bool FillUp { get; init; } = true;

    /// <summary>Whether a product may come, by what the caller knows of it; null takes all.</summary>
    public Func<string, bool>? Allows { get; init; }

    /// <summary>What is left to ask once some products were found.</summary>
    public RecommendationQuery After(IReadOnlyCollection<string> found) =>
        found.Count == 0
            ? this
            : this with
            {
                Count = Count - found.Count,
                Enough = Enough - found.Count,
                Exclude = new HashSet<string>(Exclude.Concat(found), StringComparer.Ordinal),
            };

    /// <summary>Whether so many products are enough.</summary>
    public bool IsMetBy(int found) => found >= (Enough ?? Count);

    internal bool Takes(string productId, Category category) =>
        (Category is null || category.IsIn(Category))
        && !Exclude.Contains(productId)
        && (Allows?.Invoke(productId) ?? true);
}
