namespace Fecom.Learning.Merchandising;

/// <summary>One version of the shop's rules for recommendations. Never changes.</summary>
public sealed class MerchandisingRules
{
    private volatile Period? _current;

    /// <summary>No rules.</summary>
    public static MerchandisingRules None { get; } = new();

    /// <summary>Counts the versions, from 1; 0 while there was none.</summary>
    public int Version { get; init; }

    /// <summary>Whether products in the cart stay out, also where seen ones may come.</summary>
    public bool ExcludeCarted { get; init; }

    /// <summary>Whether products that the session or the visitor bought stay out, also where seen ones may come.</summary>
    public bool ExcludeBought { get; init; }

    /// <summary>How many products of one category an answer holds at most; null for any number. One without a category counts for none.</summary>
    public int? MaxPerCategory { get; init; }

    /// <summary>How many products of one brand an answer holds at most; null for any number. One without a brand counts for none.</summary>
    public int? MaxPerBrand { get; init; }

    /// <summary>What being unlike those before it counts in a product's place, beside its score: 0 nothing, 1 all.</summary>
    public double Diversity { get; init; }

    /// <summary>Share of the places that go to products that had not made it, drawn at random; 0 to 1.</summary>
    public double ExplorationShare { get; init; }

    /// <summary>The rules.</summary>
    public IReadOnlyList<MerchandisingRule> Rules { get; init; } = [];

    /// <summary>What holds at a time.</summary>
    public ActiveRules At(DateTimeOffset time)
    {
        // Nearly every answer asks for the rules of a moment like the last one's.
        Period? current = _current;
        if (current is null || time < current.From || time >= current.Until)
        {
            _current = current = new Period(
                Changes.Where(change => change <= time).DefaultIfEmpty(DateTimeOffset.MinValue).Max(),
                Changes.Where(change => change > time).DefaultIfEmpty(DateTimeOffset.MaxValue).Min(),
                new ActiveRules(this, [.. Rules.Where(rule => rule.HoldsAt(time))])
            );
        }

        return current.Rules;
    }

    /// <summary>The moments at which a rule begins or ceases to hold.</summary>
    private IEnumerable<DateTimeOffset> Changes =>
        Rules.SelectMany(rule => new[] { rule.From, rule.Until }).OfType<DateTimeOffset>();

    /// <summary>A time through which the same rules hold.</summary>
    private sealed record Period(DateTimeOffset From, DateTimeOffset Until, ActiveRules Rules);
}
