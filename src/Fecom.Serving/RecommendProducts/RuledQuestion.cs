using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Fecom.Serving.KnowProducts;
using Fecom.Serving.SetRules;

namespace Fecom.Serving.RecommendProducts;

/// <summary>One request's products by the rules that hold at its moment: which may come, and in which order.</summary>
internal sealed class RuledQuestion
{
    /// <summary>Candidates that are asked for first where rules choose among them.</summary>
    private const int MinPool = 150;

    /// <summary>Candidates with which no further source is asked: for a session that the ranker knows, it names more by itself.</summary>
    private const int EnoughPool = 60;

    /// <summary>Candidates that are asked for where caps leave too few of these, and where they do so again.</summary>
    private static readonly int[] WiderPools = [500, 5_000];

    private const int MaxLeftOut = 100;

    private readonly RecommendationFilter _filter;
    private readonly CoVisitationIndex? _index;
    private readonly ProductCatalogue _catalogue;
    private readonly RulesSnapshot _snapshot;
    private readonly ActiveRules _active;
    private readonly HashSet<string> _exclude;
    private readonly Dictionary<string, string>? _leftOut;
    private readonly bool _isWeighed;

    public RuledQuestion(
        RecommendationFilter filter,
        Visitor visitor,
        CoVisitationIndex? index,
        ProductCatalogue catalogue,
        RulesSnapshot snapshot,
        DateTimeOffset now,
        bool isWeighed = false
    )
    {
        _isWeighed = isWeighed;
        (_filter, _index, _catalogue, _snapshot) = (filter, index, catalogue, snapshot);
        _active = snapshot.Rules.At(now);
        _exclude = Excluded(filter, visitor, snapshot.Rules);
        _leftOut = filter.Explain ? new(StringComparer.Ordinal) : null;
    }

    /// <summary>Version of the rules.</summary>
    public int RulesVersion => _snapshot.Rules.Version;

    /// <summary>How many products are shown.</summary>
    public int Count => _filter.Count;

    /// <summary>Whether more candidates than are shown are asked for, and the rules choose.</summary>
    public bool Chooses => _active.Reorder || _isWeighed || _filter.Explain;

    /// <summary>Candidates that rules kept out, each with the rule's name; null unless they are explained.</summary>
    public IReadOnlyDictionary<string, string>? LeftOut => _leftOut;

    /// <summary>What the sources are asked.</summary>
    public RecommendationQuery Query() =>
        !_active.Reorder && !_isWeighed ? Ask(_filter.Count)
        // Where sources are weighed against each other, each has its say.
        : _isWeighed ? Ask(Math.Max(MinPool, _filter.Count * 3))
        : Ask(Math.Max(MinPool, _filter.Count * 3)) with { Enough = Math.Max(EnoughPool, _filter.Count * 3) };

    /// <summary>What they are asked when rules left too few of these.</summary>
    /// <param name="more">How often they were asked for more before.</param>
    /// <returns>Null when as many were asked for as ever are.</returns>
    public RecommendationQuery? Wider(int more) => more < WiderPools.Length ? Ask(WiderPools[more]) : null;

    /// <summary>The pool in the order of the rules, as many as are shown.</summary>
    public IReadOnlyList<RuledProduct> Rank(IReadOnlyList<Recommendation> pool, Random chance) =>
        _active.Rank(pool, _filter.Count, Describe, Takes, chance, isExplained: _leftOut is not null);

    /// <summary>Without filling up: each source is asked by itself.</summary>
    private RecommendationQuery Ask(int count) =>
        new()
        {
            Count = count,
            Category = _filter.Category,
            Exclude = _exclude,
            FillUp = false,
            Allows = HasConditions ? Allows : null,
        };

    private bool HasConditions =>
        _active.Exclude
        || _snapshot.OutOfStock.Count > 0
        || _filter.MinPrice is not null
        || _filter.MaxPrice is not null;

    private static HashSet<string> Excluded(RecommendationFilter filter, Visitor visitor, MerchandisingRules rules)
    {
        HashSet<string> exclude = new(filter.Exclude, StringComparer.Ordinal);
        if (filter.ExcludeSeen)
        {
            exclude.UnionWith(visitor.Session.Visits);
        }

        foreach ((string product, Contracts.BehaviorEventType type) in visitor.Session.Acted)
        {
            if (
                filter.ExcludeSeen
                || (rules.ExcludeCarted && type == Contracts.BehaviorEventType.Cart)
                || (rules.ExcludeBought && type == Contracts.BehaviorEventType.Purchase)
            )
            {
                exclude.Add(product);
            }
        }

        if (rules.ExcludeBought)
        {
            exclude.UnionWith(visitor.Bought);
        }

        return exclude;
    }

    private bool Allows(string productId)
    {
        if (_snapshot.OutOfStock.Contains(productId))
        {
            return LeaveOut(productId, "out_of_stock");
        }

        ProductFacts facts = FactsOf(productId);
        if (
            (_filter.MinPrice is { } min && !(facts.Price >= min))
            || (_filter.MaxPrice is { } max && !(facts.Price <= max))
        )
        {
            return LeaveOut(productId, "price");
        }

        return _active.ExcludedBy(productId, facts) is not { } rule || LeaveOut(productId, rule);
    }

    private bool LeaveOut(string productId, string rule)
    {
        if (_leftOut?.Count < MaxLeftOut)
        {
            _leftOut.TryAdd(productId, rule);
        }

        return false;
    }

    /// <summary>Whether a product that no source named may be pinned.</summary>
    private bool Takes(string productId) =>
        !_exclude.Contains(productId)
        && (_filter.Category is null || FactsOf(productId).Category.IsIn(_filter.Category))
        && (!HasConditions || Allows(productId));

    private ProductFacts FactsOf(string productId) => Describe(productId).Facts;

    private DescribedProduct Describe(string productId)
    {
        DescribedProduct described = _catalogue.Find(productId) ?? DescribedProduct.Unknown;
        return
            described.Facts.Category == default && _index?.CategoryOf(productId) is { } category && category != default
            ? new DescribedProduct(described.Facts with { Category = category })
            : described;
    }
}
