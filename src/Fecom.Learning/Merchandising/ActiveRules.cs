using System.Runtime.InteropServices;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.Merchandising;

/// <summary>The rules that hold at one time, and how they order candidates.</summary>
public sealed class ActiveRules
{
    /// <summary>What two products of one category are alike, of 1.</summary>
    private const double SameCategory = 0.6;

    /// <summary>What two products are alike whose categories share the first level.</summary>
    private const double SameFirstLevel = 0.3;

    /// <summary>What two products of one brand are alike.</summary>
    private const double SameBrand = 0.4;

    private readonly MerchandisingRules _set;
    private readonly MerchandisingRule[] _excludes;
    private readonly MerchandisingRule[] _includes;
    private readonly MerchandisingRule[] _pins;
    private readonly MerchandisingRule[] _weights;

    internal ActiveRules(MerchandisingRules set, IReadOnlyList<MerchandisingRule> rules)
    {
        _set = set;
        _excludes = Of(rules, RuleAction.Exclude);
        _includes = Of(rules, RuleAction.Include);
        _pins = [.. Of(rules, RuleAction.Pin).OrderBy(rule => rule.Position)];
        _weights = [.. rules.Where(rule => rule.Action is RuleAction.Boost or RuleAction.Bury)];
    }

    /// <summary>Whether some products may not come.</summary>
    public bool Exclude => _excludes.Length > 0 || _includes.Length > 0;

    /// <summary>Whether the order may change, so that more candidates are needed than are shown.</summary>
    public bool Reorder =>
        _pins.Length > 0
        || _weights.Length > 0
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
        ProductTraits traits = new(_set);
        List<Candidate> left = new(pool.Count);
        bool isOrdered = true;
        for (int i = 0; i < pool.Count; i++)
        {
            Recommendation product = pool[i];
            left.Add(Weigh(product, i + 1, factsOf(product.ProductId), traits, isExplained));
            isOrdered &= i == 0 || left[i].Score <= left[i - 1].Score;
        }

        if (!isOrdered)
        {
            SortByScore(left);
        }

        Caps caps = new(_set);
        List<(int Place, Candidate Candidate)> pinned = Pin(left, count, factsOf, takes, caps, traits, isExplained);
        int free = count - pinned.Count;
        int explored = Math.Min(free, Whole(free * _set.ExplorationShare, chance));
        List<Candidate> answer =
            _set.Diversity > 0
                ? SelectDiverse(left, free - explored, caps, isExplained)
                : Select(left, free - explored, caps);
        Explore(answer, left, explored, caps, chance);
        foreach ((int place, Candidate candidate) in pinned)
        {
            answer.Insert(Math.Min(place, answer.Count), candidate);
        }

        return Scored(answer);
    }

    private static MerchandisingRule[] Of(IEnumerable<MerchandisingRule> rules, RuleAction action) =>
        [.. rules.Where(rule => rule.Action == action)];

    private string? IncludedBy(string productId, in ProductFacts facts)
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

    private Candidate Weigh(
        in Recommendation product,
        int rank,
        DescribedProduct described,
        ProductTraits traits,
        bool isExplained
    )
    {
        ProductFacts facts = described.Facts;
        Candidate candidate = new(product, product.Score, rank, traits.Of(described), isExplained);
        if (IncludedBy(product.ProductId, facts) is { } include)
        {
            candidate.Apply(new(include, "include"));
        }

        foreach (MerchandisingRule rule in _weights)
        {
            if (rule.Matches(product.ProductId, facts))
            {
                candidate.Score *= rule.Factor;
                candidate.Apply(new(rule.Name, rule.Action == RuleAction.Boost ? "boost" : "bury", rule.Factor));
            }
        }

        return candidate;
    }

    /// <summary>The best first, and of equal ones the one that was first.</summary>
    private static void SortByScore(List<Candidate> candidates)
    {
        (double Behind, int Place)[] standings = new (double, int)[candidates.Count];
        for (int i = 0; i < standings.Length; i++)
        {
            standings[i] = (-candidates[i].Score, i);
        }

        standings.AsSpan().Sort(CollectionsMarshal.AsSpan(candidates));
    }

    /// <summary>Takes pinned products out of the candidates. They count for the caps of the others, but are bound by none.</summary>
    private List<(int Place, Candidate Candidate)> Pin(
        List<Candidate> left,
        int count,
        Func<string, DescribedProduct> factsOf,
        Func<string, bool> takes,
        Caps caps,
        ProductTraits traits,
        bool isExplained
    )
    {
        List<(int Place, Candidate Candidate)> pinned = [];
        foreach (MerchandisingRule rule in _pins)
        {
            int place = rule.Position - 1;
            foreach (Candidate candidate in Pinned(rule, left, pinned, factsOf, takes, traits, isExplained))
            {
                if (pinned.Count < count && place < count)
                {
                    left.Remove(candidate);
                    candidate.Apply(new(rule.Name, "pin"));
                    caps.Count(candidate.Traits);
                    pinned.Add((place, candidate));
                    place++;
                }
            }
        }

        pinned.Sort((a, b) => a.Place.CompareTo(b.Place));
        return pinned;
    }

    /// <summary>The products that a rule names and that meet its other conditions, or the best candidate that meets them.</summary>
    private static List<Candidate> Pinned(
        MerchandisingRule rule,
        List<Candidate> left,
        List<(int Place, Candidate Candidate)> pinned,
        Func<string, DescribedProduct> factsOf,
        Func<string, bool> takes,
        ProductTraits traits,
        bool isExplained
    )
    {
        if (rule.Products.Count == 0)
        {
            Candidate? best = left.Find(candidate => Matches(candidate.Product.ProductId));
            return best is null ? [] : [best];
        }

        List<Candidate> found = [];
        foreach (string id in rule.Products)
        {
            Candidate? known = left.Find(candidate => candidate.Product.ProductId == id);
            if (known is null && takes(id) && !pinned.Exists(one => one.Candidate.Product.ProductId == id))
            {
                Recommendation product = new(id, 0, RecommendationSource.Rule, rule.Name);
                known = new Candidate(product, 0, rank: null, traits.Of(factsOf(id)), isExplained);
            }

            if (known is not null && Matches(id))
            {
                found.Add(known);
            }
        }

        return found;

        bool Matches(string id) => rule.Matches(id, factsOf(id).Facts);
    }

    /// <summary>The best that the caps leave. Caps only tighten: whom they refuse once they refuse to the end.</summary>
    private static List<Candidate> Select(List<Candidate> left, int count, Caps caps)
    {
        List<Candidate> answer = new(count);
        for (int i = 0; i < left.Count && answer.Count < count; i++)
        {
            if (caps.Leave(left[i].Traits))
            {
                Take(left[i], answer, caps);
            }
        }

        left.RemoveAll(candidate => candidate.IsTaken);
        return answer;
    }

    /// <summary>The best by their scores and by how little they are like those before them (maximal marginal relevance, Carbonell and Goldstein, 1998).</summary>
    private List<Candidate> SelectDiverse(List<Candidate> left, int count, Caps caps, bool isExplained)
    {
        List<Candidate> answer = new(count);
        double best = left.Count == 0 ? 1 : left[0].Score;
        Span<Choice> choices = new Choice[left.Count];
        for (int i = 0; i < choices.Length; i++)
        {
            choices[i] = new Choice((1 - _set.Diversity) * left[i].Score / best, left[i].Traits);
        }

        while (answer.Count < count && Next(choices, caps) is >= 0 and int next)
        {
            choices[next].IsTaken = true;
            Take(left[next], answer, caps);
            Compare(choices, left[next].Traits);
        }

        if (isExplained)
        {
            MarkMoved(answer);
        }

        left.RemoveAll(candidate => candidate.IsTaken);
        return answer;
    }

    private static void Take(Candidate candidate, List<Candidate> answer, Caps caps)
    {
        candidate.IsTaken = true;
        caps.Count(candidate.Traits);
        answer.Add(candidate);
    }

    /// <returns>The place of the one that is worth most and that the caps leave; -1 when there is none.</returns>
    private int Next(ReadOnlySpan<Choice> choices, Caps caps)
    {
        int next = -1;
        double highest = double.NegativeInfinity;
        for (int i = 0; i < choices.Length; i++)
        {
            ref readonly Choice choice = ref choices[i];
            double worth = choice.Own - (_set.Diversity * choice.Alike);
            if (worth > highest && !choice.IsTaken && caps.Leave(choice.Traits))
            {
                (next, highest) = (i, worth);
            }
        }

        return next;
    }

    /// <summary>Notes how much each is like the one that was taken.</summary>
    private static void Compare(Span<Choice> choices, in Traits taken)
    {
        foreach (ref Choice choice in choices)
        {
            double likeness = Likeness(choice.Traits, taken);
            if (likeness > choice.Alike)
            {
                choice.Alike = likeness;
            }
        }
    }

    /// <summary>Says of those whom diversity moved that it did.</summary>
    private static void MarkMoved(List<Candidate> answer)
    {
        Candidate[] byScore = [.. answer.OrderByDescending(candidate => candidate.Score)];
        for (int i = 0; i < byScore.Length; i++)
        {
            if (byScore[i] != answer[i])
            {
                answer[i].Apply(new("diversity", "diversity"));
            }
        }
    }

    private static void Explore(List<Candidate> answer, List<Candidate> left, int count, Caps caps, Random chance)
    {
        for (int explored = 0; explored < count && left.Count > 0; )
        {
            int drawn = chance.Next(left.Count);
            Candidate candidate = left[drawn];
            left.RemoveAt(drawn);
            if (caps.Leave(candidate.Traits))
            {
                caps.Count(candidate.Traits);
                candidate.Apply(new("exploration_share", "exploration"));
                answer.Insert(chance.Next(answer.Count + 1), candidate);
                explored++;
            }
        }
    }

    /// <summary>Of a product that stands above a better one, the better one's score: scores never rise.</summary>
    private static List<RuledProduct> Scored(List<Candidate> answer)
    {
        List<RuledProduct> scored = new(answer.Count);
        double score = double.PositiveInfinity;
        foreach (Candidate candidate in answer)
        {
            score = candidate.Score > 0 ? Math.Min(score, candidate.Score) : score;
        }

        score = double.IsPositiveInfinity(score) ? 1 : score;
        for (int i = answer.Count - 1; i >= 0; i--)
        {
            Candidate candidate = answer[i];
            score = Math.Max(score, candidate.Score);
            scored.Add(
                new(
                    candidate.Product with
                    {
                        Score = score,
                    },
                    candidate.Rank is null ? null : candidate.Product.Score,
                    candidate.Rank,
                    candidate.Applied
                )
            );
        }

        scored.Reverse();
        return scored;
    }

    private static double Likeness(in Traits a, in Traits b) =>
        (a.Brand >= 0 && a.Brand == b.Brand ? SameBrand : 0)
        + (
            a.Category >= 0 && a.Category == b.Category ? SameCategory
            : a.FirstLevel >= 0 && a.FirstLevel == b.FirstLevel ? SameFirstLevel
            : 0
        );

    /// <summary>A whole number whose mean is the wanted one: 2.3 is 3 in three of ten draws.</summary>
    private static int Whole(double wanted, Random chance)
    {
        int whole = (int)wanted;
        return wanted > whole && chance.NextDouble() < wanted - whole ? whole + 1 : whole;
    }

    private sealed class Candidate(Recommendation product, double score, int? rank, Traits traits, bool isExplained)
    {
        private List<AppliedRule>? _applied;

        public Recommendation Product { get; } = product;

        public double Score { get; set; } = score;

        public int? Rank { get; } = rank;

        public Traits Traits { get; } = traits;

        public bool IsTaken { get; set; }

        public IReadOnlyList<AppliedRule> Applied => _applied ?? (IReadOnlyList<AppliedRule>)[];

        public void Apply(in AppliedRule rule)
        {
            if (isExplained)
            {
                (_applied ??= []).Add(rule);
            }
        }
    }

    /// <summary>A candidate while the diverse are chosen: all are looked at for every place, so they lie side by side.</summary>
    /// <param name="Own">What its score is worth.</param>
    /// <param name="Traits">What it is compared by.</param>
    [StructLayout(LayoutKind.Auto)]
    private record struct Choice(double Own, Traits Traits)
    {
        /// <summary>How much it is like the one of the answer that it is most like.</summary>
        public double Alike { get; set; }

        public bool IsTaken { get; set; }
    }

    /// <summary>How many of each category and brand there are.</summary>
    private sealed class Caps(MerchandisingRules set)
    {
        private readonly List<int> _categories = [];
        private readonly List<int> _brands = [];

        public bool Leave(in Traits traits) =>
            IsBelow(_categories, traits.Category, set.MaxPerCategory)
            && IsBelow(_brands, traits.Brand, set.MaxPerBrand);

        public void Count(in Traits traits)
        {
            Add(_categories, traits.Category);
            Add(_brands, traits.Brand);
        }

        private static bool IsBelow(List<int> counts, int number, int? max) =>
            max is null || number < 0 || number >= counts.Count || counts[number] < max;

        private static void Add(List<int> counts, int number)
        {
            if (number >= 0)
            {
                CollectionsMarshal.SetCount(counts, Math.Max(counts.Count, number + 1));
                counts[number]++;
            }
        }
    }
}
