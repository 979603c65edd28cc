using System.Collections.Frozen;

namespace Fecom.Learning.Merchandising;

/// <summary>What a rule does with the products that it matches.</summary>
public enum RuleAction
{
    /// <summary>They are never shown.</summary>
    Exclude,

    /// <summary>Only they, and what other such rules match, are shown.</summary>
    Include,

    /// <summary>They stand at a place of the answer, unless something excludes them.</summary>
    Pin,

    /// <summary>Their scores are multiplied by a factor above 1.</summary>
    Boost,

    /// <summary>Their scores are multiplied by a factor below 1.</summary>
    Bury,
}

/// <summary>A rule of the shop's. It matches a product that meets every kind of condition that it has; one with an unknown brand or price meets no condition on it.</summary>
public sealed class MerchandisingRule
{
    private readonly FrozenSet<string> _products = FrozenSet<string>.Empty;
    private readonly string[] _categories = [];
    private readonly FrozenSet<string> _brands = FrozenSet<string>.Empty;

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required RuleAction Action { get; init; }

    /// <summary>Ids; empty for any product. A pin puts them one after the other.</summary>
    public IReadOnlyList<string> Products
    {
        get;
        init => (field, _products) = (value, value.ToFrozenSet(StringComparer.Ordinal));
    } = [];

    /// <summary>Ids, paths or levels above them; empty for any category.</summary>
    public IReadOnlyList<string> Categories
    {
        get => _categories;
        init => _categories = [.. value];
    }

    /// <summary>Brands in any case; empty for any.</summary>
    public IReadOnlyList<string> Brands
    {
        get;
        init => (field, _brands) = (value, value.ToFrozenSet(StringComparer.OrdinalIgnoreCase));
    } = [];

    /// <summary>The lowest price; null for any.</summary>
    public decimal? MinPrice { get; init; }

    /// <summary>The highest price; null for any.</summary>
    public decimal? MaxPrice { get; init; }

    /// <summary>What scores are multiplied by; of boosts and buries only.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The place of the first pinned product, from 1.</summary>
    public int Position { get; init; } = 1;

    /// <summary>When it begins to hold; null for ever before.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When it no longer holds; null for ever after.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether it holds at a time.</summary>
    public bool HoldsAt(DateTimeOffset time) => !(time < From) && !(time >= Until);

    /// <summary>Whether it is about a product.</summary>
    public bool Matches(string productId, in ProductFacts facts) =>
        (_products.Count == 0 || _products.Contains(productId))
        && (_brands.Count == 0 || (facts.Brand is not null && _brands.Contains(facts.Brand)))
        && (MinPrice is null || facts.Price >= MinPrice)
        && (MaxPrice is null || facts.Price <= MaxPrice)
        && (_categories.Length == 0 || IsInOne(facts));

    private bool IsInOne(in ProductFacts facts)
    {
        foreach (string category in _categories)
        {
            if (facts.Category.IsIn(category))
            {
                return true;
            }
        }

        return false;
    }
}
