using System.Collections.Concurrent;
using Fecom.Learning.Boosting;

namespace Fecom.Learning.NextItem;

/// <summary>What comes next in a session, by numbers of products: candidates of all sources, ordered by the trees. Answers from any number of threads at once.</summary>
internal sealed class SessionRanker
{
    private readonly ColumnScorer? _trees;
    private readonly ConcurrentBag<Workspace> _free;

    public SessionRanker(SessionIndex index, PairTable pairs, NeighbourWeights weights, ColumnScorer? trees)
        : this(index, pairs, weights, trees, []) { }

    private SessionRanker(
        SessionIndex index,
        PairTable pairs,
        NeighbourWeights weights,
        ColumnScorer? trees,
        ConcurrentBag<Workspace> free
    ) => (Index, Pairs, Weights, _trees, _free) = (index, pairs, weights, trees, free);

    public SessionIndex Index { get; }

    public PairTable Pairs { get; }

    public NeighbourWeights Weights { get; }

    /// <summary>The same ranker over an index that has grown; what threads need to answer goes over to it. Pairs stay as they are: products that come anew have none.</summary>
    public SessionRanker Over(SessionIndex grown) =>
        new(grown, Pairs, new NeighbourWeights(grown, Weights.Options), _trees, _free);

    /// <summary>Finds what comes next.</summary>
    /// <param name="session">The session's products, the newest last; those that the index does not know say nothing.</param>
    /// <param name="past">What the visitor dealt with on earlier visits, the newest first; empty where nobody knows.</param>
    /// <param name="products">Takes the products, the best first.</param>
    /// <param name="scores">
    /// Takes the ranker's scores; as long as <paramref name="products"/>. Popular products that follow when there are fewer candidates
    /// score as the last of these.
    /// </param>
    /// <returns>How many there are.</returns>
    public int Rank(ReadOnlySpan<int> session, ReadOnlySpan<PastVisit> past, Span<int> products, Span<float> scores)
    {
        Workspace workspace = Take();
        int count = workspace.Rank(session, past, _trees, products, scores);
        count = FillUp(products, scores, count);
        _free.Add(workspace);
        return count;
    }

    /// <summary>Ranks the candidates that a source names, without what is only popular.</summary>
    /// <param name="session">The session's products, the newest last.</param>
    /// <param name="past">What the visitor dealt with on earlier visits, the newest first.</param>
    /// <param name="products">Takes the products, the best first; <see cref="CandidateGenerator.Max"/> are enough.</param>
    /// <param name="scores">Takes the ranker's scores.</param>
    /// <returns>How many there are.</returns>
    public int RankNamed(
        ReadOnlySpan<int> session,
        ReadOnlySpan<PastVisit> past,
        Span<int> products,
        Span<float> scores
    )
    {
        Workspace workspace = Take();
        int count = workspace.Rank(session, past, _trees, products, scores);
        int named = 0;
        for (int i = 0; i < count; i++)
        {
            if (workspace.IsNamed(products[i]))
            {
                (products[named], scores[named]) = (products[i], scores[i]);
                named++;
            }
        }

        _free.Add(workspace);
        return named;
    }

    /// <summary>The features of each candidate, and what each counts in its score.</summary>
    /// <param name="session">The session's products, the newest last.</param>
    /// <param name="past">What the visitor dealt with on earlier visits, the newest first.</param>
    public IReadOnlyList<(int Product, IReadOnlyList<FeatureInfluence> Influences)> Explain(
        ReadOnlySpan<int> session,
        ReadOnlySpan<PastVisit> past
    )
    {
        Workspace workspace = Take();
        workspace.Describe(session, past);
        int[] products = workspace.Candidates.Products.ToArray();
        FeatureInfluence[][] influences = _trees is null
            ? [.. products.Select(_ => Array.Empty<FeatureInfluence>())]
            : FeatureInfluence.OfRows(_trees, workspace.Rows.Columns, products.Length);
        _free.Add(workspace);
        return [.. products.Select((product, i) => (product, (IReadOnlyList<FeatureInfluence>)influences[i]))];
    }

    private Workspace Take()
    {
        if (!_free.TryTake(out Workspace? workspace))
        {
            return new Workspace(Index, Pairs, Weights);
        }

        workspace.Move(Index, Pairs, Weights);
        return workspace;
    }

    private int FillUp(Span<int> products, Span<float> scores, int count)
    {
        int ranked = count;
        for (int i = 0; i < Index.ByPopularity.Length && count < products.Length; i++)
        {
            if (!products[..ranked].Contains(Index.ByPopularity[i]))
            {
                products[count] = Index.ByPopularity[i];
                scores[count] = ranked == 0 ? 0 : scores[ranked - 1];
                count++;
            }
        }

        return count;
    }

    /// <summary>What one thread needs to answer.</summary>
    internal sealed class Workspace(SessionIndex index, PairTable pairs, NeighbourWeights weights)
    {
        private NeighbourWeights _weights = weights;
        private readonly float[] _scores = new float[CandidateGenerator.Max];
        private readonly int[] _order = new int[CandidateGenerator.Max];

        public CandidateGenerator Candidates { get; } = new(index, pairs, weights);

        public CandidateRows Rows { get; } = new(index);

        /// <summary>Goes on with other tables; nothing where they are the same.</summary>
        public void Move(SessionIndex to, PairTable by, NeighbourWeights with)
        {
            if (_weights != with)
            {
                _weights = with;
                Candidates.Move(to, by, with);
                Rows.Move(to);
            }
        }

        /// <summary>Whether a source names a product for the session that was asked about last.</summary>
        public bool IsNamed(int product) => (uint)Candidates.Table.Find(product) < (uint)Candidates.Sourced;

        /// <summary>Finds and describes the candidates of a session.</summary>
        public void Describe(ReadOnlySpan<int> session, ReadOnlySpan<PastVisit> past)
        {
            Candidates.Find(session, past);
            Rows.Fill(Candidates);
        }

        public int Rank(
            ReadOnlySpan<int> session,
            ReadOnlySpan<PastVisit> past,
            ColumnScorer? trees,
            Span<int> products,
            Span<float> scores
        )
        {
            Describe(session, past);
            int count = Candidates.Count;
            Span<float> found = _scores.AsSpan(0, count);
            if (trees is not null)
            {
                trees.Score(Rows.Columns, CandidateRows.Stride, found);
            }

            for (int i = 0; i < count; i++)
            {
                // Without trees the candidates' own order counts.
                found[i] = trees is null ? i : -found[i];
                _order[i] = i;
            }

            found.Sort(_order.AsSpan(0, count));
            int taken = Math.Min(count, products.Length);
            for (int i = 0; i < taken; i++)
            {
                (products[i], scores[i]) = (Candidates.Products[_order[i]], -found[i]);
            }

            return taken;
        }
    }
}
