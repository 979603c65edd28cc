using System.Collections.Concurrent;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.Merchandising;

/// <summary>The rules that hold at one time, and how they order candidates.</summary>
public sealed class ActiveRules
{
    private readonly MerchandisingRules _set;
    private readonly MerchandisingRule[] _excludes;
    private readonly MerchandisingRule[] _includes;
    private readonly ConcurrentBag<RuledRanking> _free = [];

    internal ActiveRules(MerchandisingRules set, IReadOnlyList<MerchandisingRule> rules)
    {
        _set = set;
        _excludes = Of(rules, RuleAction.Exclude);
        _includes = Of(rules, RuleAction.Include);
        Pins = [.. Of(rules, RuleAction.Pin).OrderBy(rule => rule.Position)];
        Weights = [.. rules.Where(rule => rule.Action is RuleAction.Boost or RuleAction.Bury)];
    }

    /// <summary>Those that put products at a place, by it.</summary>
    internal MerchandisingRule[] Pins { get; }

    /// <summary>Those that multiply scores.</summary>
    internal MerchandisingRule[] Weights { get; }

    /// <summary>Whether some products may not come.</summary>
    public bool Exclude => _excludes.Length > 0 || _includes.Length > 0;

    /// <summary>Whether the order may change, so that more candidates are needed than are shown.</summary>
    public bool Reorder =>
        Pins.Length > 0
        || Weights.Length > 0
        || _set.MaxPerCategory is not null
        || _set.MaxPerBrand is not null
        || _set.Diversity > 0
        || _set.ExplorationShare > 0;

    /// <summary>The rule that keeps a product out; null when none does.</summary>
    public string? ExcludedBy(string productId, in ProductFacts facts)
    {
        foreach (MerchandisingRule rule in _excludes)
        {
            if (rule.Matches(productId, facts))
            {
                return rule.Name;
            }
        }

        return _includes.Length > 0 && IncludedBy(productId, facts) is null ? _includes[0].Name : null;
    }

    /// <summary>Puts candidates in the order of the rules.</summary>
    /// <param name="pool">What may come, the best first; more than <paramref name="count"/>, so that there is a choice.</param>
    /// <param name="count">How many are shown.</param>
    /// <param name="factsOf">What is known of a product.</param>
    /// <param name="takes">Whether a pinned product that is not in the pool may come.</param>
    /// <param name="chance">Draws what is explored.</param>
    /// <param name="isExplained">Whether <see cref="RuledProduct.Applied"/> is wanted; else it stays empty, and nothing is allocated for it.</param>
    /// <returns>At most <paramref name="count"/> products, each once; scores never rise.</returns>
    public IReadOnlyList<RuledProduct> Rank(
        IReadOnlyList<Recommendation> pool,
        int count,
        Func<string, DescribedProduct> factsOf,
        Func<string, bool> takes,
        Random chance,
        bool isExplained
    )
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(factsOf);
        ArgumentNullException.ThrowIfNull(takes);
        ArgumentNullException.ThrowIfNull(chance);
        RuledRanking ranking = _free.TryTake(out RuledRanking? used) ? used : new RuledRanking(_set, this);
        List<RuledProduct> ranked = ranking.Rank(pool, count, factsOf, takes, chance, isExplained);
        _free.Add(ranking);
        return ranked;
    }

    private static MerchandisingRule[] Of(IEnumerable<MerchandisingRule> rules, RuleAction action) =>
        [.. rules.Where(rule => rule.Action == action)];

    /// <summary>The rule that lets a product come where only such may; null when there is none.</summary>
    internal string? IncludedBy(string productId, in ProductFacts facts)
    {
        foreach (MerchandisingRule rule in _includes)
        {
            if (rule.Matches(productId, facts))
            {
                return rule.Name;
            }
        }

        return null;
    }
}
