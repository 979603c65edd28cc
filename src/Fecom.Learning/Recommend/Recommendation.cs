using System.Runtime.InteropServices;

namespace Fecom.Learning.Recommend;

/// <summary>Where a recommendation came from.</summary>
public enum RecommendationSource
{
    /// <summary>Comes next in sessions like this one, by ranked candidates.</summary>
    NextItem,

    /// <summary>Visited together with products of the session.</summary>
    CoVisitation,

    /// <summary>Like a product that was asked for or visited, by category, brand and price.</summary>
    Content,

    /// <summary>Visited most of the category of a product that was asked for or visited.</summary>
    Category,

    /// <summary>Visited most lately.</summary>
    Trending,

    /// <summary>Visited most of all: there was nothing closer to go by.</summary>
    Popularity,

    /// <summary>No source named it: a rule of the shop's put it there.</summary>
    Rule,
}

/// <summary>A product to show.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Score">Larger is better, above 0; comparable within one source and answer only. Of trending and of popular products it is the share of the best.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Because">The product that spoke for it most, or the rule that put it there; null where none did.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Recommendation(
    string ProductId,
    double Score,
    RecommendationSource Source,
    string? Because = null
);
