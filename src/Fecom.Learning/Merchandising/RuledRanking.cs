using System.Runtime.InteropServices;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.Merchandising;

/// <summary>Puts one answer's candidates in the order of the rules. For one thread; used again for other answers, so that candidates are laid out in memory that is near.</summary>
/// <param name="set">What is said of all products.</param>
/// <param name="rules">The rules that hold.</param>
internal sealed class RuledRanking(MerchandisingRules set, ActiveRules rules)
{
    /// <summary>What two products of one category are alike, of 1.</summary>
    private const double SameCategory = 0.6;

    /// <summary>What two products are alike whose categories share the first level.</summary>
    private const double SameFirstLevel = 0.3;

    /// <summary>What two products of one brand are alike.</summary>
    private const double SameBrand = 0.4;

    private const int SharedBrand = 1;
    private const int SharedCategory = 2;
    private const int SharedFirstLevel = 4;

    /// <summary>How much two products are alike, by what they share: from a table, since a guess at each comparison would be wrong half the time.</summary>
    private static readonly double[] Likeness =
    [
        .. Enumerable
            .Range(0, 8)
            .Select(shared =>
                ((shared & SharedBrand) != 0 ? SameBrand : 0)
                + (
                    (shared & SharedCategory) != 0 ? SameCategory
                    : (shared & SharedFirstLevel) != 0 ? SameFirstLevel
                    : 0
                )
            ),
    ];

    private readonly ProductTraits _traits = new(set);
    private readonly TraitCaps _caps = new(set);
    private readonly List<(int Place, int Candidate)> _pinned = [];
    private readonly List<int> _left = [];
    private DescribedProduct[] _described = new DescribedProduct[256];
    private Candidate[] _candidates = new Candidate[256];
    private Candidate[] _unordered = [];
    private double[] _behind = [];
    private int[] _order = [];
    private Choice[] _choices = [];
    private int _count;

    /// <summary>Candidates that a source named; behind them lie those that only a rule did.</summary>
    private int _sourced;
    private bool _isExplained;

    /// <summary>See <see cref="ActiveRules.Rank"/>.</summary>
    public List<RuledProduct> Rank(
        IReadOnlyList<Recommendation> pool,
        int count,
        Func<string, DescribedProduct> factsOf,
        Func<string, bool> takes,
        Random chance,
        bool isExplained
    )
    {
        _isExplained = isExplained;
        _traits.Clear();
        _caps.Clear();
        _pinned.Clear();
        Weigh(pool, factsOf);
        foreach (MerchandisingRule rule in rules.Pins)
        {
            Pin(rule, count, factsOf, takes);
        }

        _pinned.Sort((a, b) => a.Place.CompareTo(b.Place));
        int free = count - _pinned.Count;
        int explored = Math.Min(free, Whole(free * set.ExplorationShare, chance));
        List<int> answer = new(count);
        if (set.Diversity > 0)
        {
            SelectDiverse(answer, free - explored);
        }
        else
        {
            Select(answer, free - explored);
        }

        Explore(answer, explored, chance);
        foreach ((int place, int candidate) in _pinned)
        {
            answer.Insert(Math.Min(place, answer.Count), candidate);
        }

        return Scored(answer);
    }

    /// <summary>Lays out the candidates by their scores, of which boosts and buries are part; of equal ones the one that was first comes first.</summary>
    private void Weigh(IReadOnlyList<Recommendation> pool, Func<string, DescribedProduct> factsOf)
    {
        Describe(pool, factsOf);
        _count = 0;
        bool isOrdered = true;
        for (int i = 0; i < pool.Count; i++)
        {
            ref Candidate candidate = ref Add(pool[i], i + 1, _described[i]);
            isOrdered &= i == 0 || candidate.Score <= _candidates[i - 1].Score;
        }

        _sourced = _count;
        if (!isOrdered)
        {
            SortByScore();
        }
    }

    /// <summary>Looks all products up before the first is weighed: they lie anywhere in memory, and in a short loop the processor waits for several of them at once.</summary>
    private void Describe(IReadOnlyList<Recommendation> pool, Func<string, DescribedProduct> factsOf)
    {
        if (_described.Length < pool.Count)
        {
            _described = new DescribedProduct[pool.Count];
        }

        for (int i = 0; i < pool.Count; i++)
        {
            _described[i] = factsOf(pool[i].ProductId);
        }
    }

    /// <param name="product">As its source named it.</param>
    /// <param name="rank">Its place before the rules, from 1; null when no source had it.</param>
    /// <param name="described">What is known of it.</param>
    private ref Candidate Add(in Recommendation product, int? rank, DescribedProduct described)
    {
        if (_count == _candidates.Length)
        {
            Array.Resize(ref _candidates, _count * 2);
        }

        ref Candidate candidate = ref _candidates[_count++];
        candidate = new Candidate(product, rank, _traits.Of(described)) { Score = product.Score };
        if (rank is not null)
        {
            ProductFacts facts = described.Facts;
            if (rules.IncludedBy(product.ProductId, facts) is { } include)
            {
                Apply(ref candidate, new(include, "include"));
            }

            foreach (MerchandisingRule rule in rules.Weights)
            {
                if (rule.Matches(product.ProductId, facts))
                {
                    candidate.Score *= rule.Factor;
                    Apply(
                        ref candidate,
                        new(rule.Name, rule.Action == RuleAction.Boost ? "boost" : "bury", rule.Factor)
                    );
                }
            }
        }

        return ref candidate;
    }

    private void SortByScore()
    {
        if (_order.Length < _count)
        {
            (_behind, _order) = (new double[_candidates.Length], new int[_candidates.Length]);
        }

        if (_unordered.Length < _candidates.Length)
        {
            _unordered = new Candidate[_candidates.Length];
        }

        Span<double> behind = _behind.AsSpan(0, _count);
        Span<int> order = _order.AsSpan(0, _count);
        for (int i = 0; i < _count; i++)
        {
            (behind[i], order[i]) = (-_candidates[i].Score, i);
        }

        behind.Sort(order);
        for (int from = 0, to; from < _count; from = to)
        {
            to = from + 1;
            while (to < _count && behind[to] == behind[from])
            {
                to++;
            }

            order[from..to].Sort();
        }

        (_candidates, _unordered) = (_unordered, _candidates);
        for (int i = 0; i < _count; i++)
        {
            _candidates[i] = _unordered[order[i]];
        }
    }

    /// <summary>Takes the products that a rule pins out of the candidates. They count for the caps of the others, but are bound by none.</summary>
    private void Pin(
        MerchandisingRule rule,
        int count,
        Func<string, DescribedProduct> factsOf,
        Func<string, bool> takes
    )
    {
        int place = rule.Position - 1;
        foreach (int found in Pinned(rule, factsOf, takes))
        {
            if (_pinned.Count < count && place < count)
            {
                ref Candidate candidate = ref _candidates[found];
                Apply(ref candidate, new(rule.Name, "pin"));
                Take(ref candidate);
                _pinned.Add((place, found));
                place++;
            }
        }
    }

    /// <summary>The products that a rule names and that meet its other conditions, or the best candidate that meets them.</summary>
    private List<int> Pinned(MerchandisingRule rule, Func<string, DescribedProduct> factsOf, Func<string, bool> takes)
    {
        List<int> found = [];
        if (rule.Products.Count == 0)
        {
            int best = Find(product => Matches(product.ProductId));
            return best < 0 ? found : [best];
        }

        foreach (string id in rule.Products.Distinct(StringComparer.Ordinal))
        {
            int known = Find(product => product.ProductId == id);
            if (known < 0 && takes(id) && !_pinned.Exists(one => _candidates[one.Candidate].Product.ProductId == id))
            {
                known = _count;
                Add(new Recommendation(id, 0, RecommendationSource.Rule, rule.Name), rank: null, factsOf(id));
            }

            if (known >= 0 && Matches(id))
            {
                found.Add(known);
            }
        }

        return found;

        bool Matches(string id) => rule.Matches(id, factsOf(id).Facts);
    }

    /// <returns>The best candidate that is left and meets a condition; -1 when there is none.</returns>
    private int Find(Func<Recommendation, bool> meets)
    {
        for (int i = 0; i < _sourced; i++)
        {
            if (!_candidates[i].IsTaken && meets(_candidates[i].Product))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The best that the caps leave. Caps only tighten: whom they refuse once they refuse to the end.</summary>
    private void Select(List<int> answer, int count)
    {
        for (int i = 0; i < _sourced && answer.Count < count; i++)
        {
            ref Candidate candidate = ref _candidates[i];
            if (!candidate.IsTaken && _caps.Leave(candidate.Traits))
            {
                Take(ref candidate);
                answer.Add(i);
            }
        }
    }

    /// <summary>The best by their scores and by how little they are like those before them (maximal marginal relevance, Carbonell and Goldstein, 1998).</summary>
    private void SelectDiverse(List<int> answer, int count)
    {
        Span<Choice> choices = Choices();
        while (answer.Count < count && Next(choices) is >= 0 and int next)
        {
            choices[next].IsTaken = true;
            Take(ref _candidates[next]);
            answer.Add(next);
            Compare(choices, choices[next].Traits);
        }

        if (_isExplained)
        {
            MarkMoved(answer);
        }
    }

    private Span<Choice> Choices()
    {
        if (_choices.Length < _sourced)
        {
            _choices = new Choice[_candidates.Length];
        }

        int first = Find(_ => true);
        double best = first < 0 ? 1 : _candidates[first].Score;
        for (int i = 0; i < _sourced; i++)
        {
            ref Candidate candidate = ref _candidates[i];
            _choices[i] = new Choice((1 - set.Diversity) * candidate.Score / best, candidate.Traits)
            {
                IsTaken = candidate.IsTaken,
            };
        }

        return _choices.AsSpan(0, _sourced);
    }

    /// <returns>The place of the one that is worth most and that the caps leave; -1 when there is none.</returns>
    private int Next(ReadOnlySpan<Choice> choices)
    {
        int next = -1;
        double highest = double.NegativeInfinity;
        for (int i = 0; i < choices.Length; i++)
        {
            ref readonly Choice choice = ref choices[i];
            double worth = choice.Own - (set.Diversity * choice.Alike);
            if (worth > highest && !choice.IsTaken && _caps.Leave(choice.Traits))
            {
                (next, highest) = (i, worth);
            }
        }

        return next;
    }

    /// <summary>Notes how much each is like the one that was taken.</summary>
    private static void Compare(Span<Choice> choices, Traits taken)
    {
        // What is not known of it is like nothing.
        int category = taken.Category < 0 ? int.MinValue : taken.Category;
        int firstLevel = taken.FirstLevel < 0 ? int.MinValue : taken.FirstLevel;
        int brand = taken.Brand < 0 ? int.MinValue : taken.Brand;
        foreach (ref Choice choice in choices)
        {
            int shared =
                (choice.Traits.Brand == brand ? SharedBrand : 0)
                | (choice.Traits.Category == category ? SharedCategory : 0)
                | (choice.Traits.FirstLevel == firstLevel ? SharedFirstLevel : 0);
            double likeness = Likeness[shared];
            if (likeness > choice.Alike)
            {
                choice.Alike = likeness;
            }
        }
    }

    /// <summary>Says of those whom diversity moved that it did.</summary>
    private void MarkMoved(List<int> answer)
    {
        int[] byScore = [.. answer.OrderByDescending(candidate => _candidates[candidate].Score)];
        for (int i = 0; i < byScore.Length; i++)
        {
            if (byScore[i] != answer[i])
            {
                Apply(ref _candidates[answer[i]], new("diversity", "diversity"));
            }
        }
    }

    private void Explore(List<int> answer, int count, Random chance)
    {
        if (count == 0)
        {
            return;
        }

        _left.Clear();
        for (int i = 0; i < _sourced; i++)
        {
            if (!_candidates[i].IsTaken)
            {
                _left.Add(i);
            }
        }

        for (int explored = 0; explored < count && _left.Count > 0; )
        {
            int drawn = chance.Next(_left.Count);
            ref Candidate candidate = ref _candidates[_left[drawn]];
            if (_caps.Leave(candidate.Traits))
            {
                Take(ref candidate);
                Apply(ref candidate, new("exploration_share", "exploration"));
                answer.Insert(chance.Next(answer.Count + 1), _left[drawn]);
                explored++;
            }

            _left.RemoveAt(drawn);
        }
    }

    /// <summary>Of a product that stands above a better one, the better one's score: scores never rise.</summary>
    private List<RuledProduct> Scored(List<int> answer)
    {
        List<RuledProduct> scored = new(answer.Count);
        double score = double.PositiveInfinity;
        foreach (int place in answer)
        {
            score = _candidates[place].Score > 0 ? Math.Min(score, _candidates[place].Score) : score;
        }

        score = double.IsPositiveInfinity(score) ? 1 : score;
        for (int i = answer.Count - 1; i >= 0; i--)
        {
            ref Candidate candidate = ref _candidates[answer[i]];
            score = Math.Max(score, candidate.Score);
            scored.Add(
                new(
                    candidate.Product with
                    {
                        Score = score,
                    },
                    candidate.Rank is null ? null : candidate.Product.Score,
                    candidate.Rank,
                    candidate.Applied ?? (IReadOnlyList<AppliedRule>)[]
                )
            );
        }

        scored.Reverse();
        return scored;
    }

    private void Take(ref Candidate candidate)
    {
        candidate.IsTaken = true;
        _caps.Count(candidate.Traits);
    }

    private void Apply(ref Candidate candidate, in AppliedRule rule)
    {
        if (_isExplained)
        {
            (candidate.Applied ??= []).Add(rule);
        }
    }

    /// <summary>A whole number whose mean is the wanted one: 2.3 is 3 in three of ten draws.</summary>
    private static int Whole(double wanted, Random chance)
    {
        int whole = (int)wanted;
        return wanted > whole && chance.NextDouble() < wanted - whole ? whole + 1 : whole;
    }

    /// <param name="Product">As its source named it.</param>
    /// <param name="Rank">Its place before the rules, from 1; null when no source had it.</param>
    /// <param name="Traits">What it is compared and counted by.</param>
    [StructLayout(LayoutKind.Auto)]
    private record struct Candidate(Recommendation Product, int? Rank, Traits Traits)
    {
        /// <summary>Its score with the factors of the rules.</summary>
        public double Score { get; set; }

        /// <summary>Whether it has a place in the answer.</summary>
        public bool IsTaken { get; set; }

        /// <summary>What rules did to it; null for nothing, or where nobody asks.</summary>
        public List<AppliedRule>? Applied { get; set; }
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
}
