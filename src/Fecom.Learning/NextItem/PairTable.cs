using System.Runtime.InteropServices;

namespace Fecom.Learning.NextItem;

/// <summary>For each product those that stand within a few steps of it in a session, the strongest first. Never changes.</summary>
/// <remarks>Memory: 20 bytes a pair; at most <see cref="MaxPairs"/> a product. And <see cref="TwoSteps"/>.</remarks>
internal sealed class PairTable
{
    /// <summary>Steps between two products of a pair.</summary>
    public const int Window = 12;

    /// <summary>Pairs kept of a product.</summary>
    public const int MaxPairs = 2_000;

    /// <summary>Pairs kept of all products: 1.5 GiB. Where there are more products than fit <see cref="MaxPairs"/> each, all keep fewer.</summary>
    public const int MaxPairsOfAll = 80_000_000;

    /// <summary>Ends of two steps that are remembered: 64 MiB.</summary>
    private const int MaxEnds = 8_000_000;

    private readonly Pair[][] _pairs;
    private readonly Totals[] _totals;

    private PairTable(Pair[][] pairs, Totals[] totals)
    {
        _pairs = pairs;
        _totals = totals;
        Count = pairs.Sum(of => (long)of.Length);
        TwoSteps = new TwoStepEnds(this, pairs.Length, MaxEnds);
    }

    /// <summary>How many pairs there are.</summary>
    public long Count { get; }

    /// <summary>What is two pairs away from a product.</summary>
    public TwoStepEnds TwoSteps { get; }

    /// <summary>The sums over a product's pairs, also those that are not kept.</summary>
    public Totals TotalsOf(int product) => product < _totals.Length ? _totals[product] : default;

    /// <summary>The pairs of a product; none of one that is newer than the table.</summary>
    public ReadOnlySpan<Pair> PairsOf(int product) => product < _pairs.Length ? _pairs[product] : [];

    /// <summary>Counts the pairs of an index.</summary>
    public static PairTable Of(SessionIndex index, int threads, CancellationToken cancellationToken)
    {
        float[] recency = new float[index.Sessions];
        float[] sharpRecency = new float[index.Sessions];
        for (int session = 0; session < recency.Length; session++)
        {
            recency[session] = MathF.Pow(2, -(index.Sessions - session) / (0.25f * index.Sessions));
            sharpRecency[session] = MathF.Pow(2, -(index.Sessions - session) / (0.08f * index.Sessions));
        }

        Pair[][] pairs = new Pair[index.Products][];
        Totals[] totals = new Totals[index.Products];
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(
            0,
            index.Products,
            options,
            () => new Counter(index, recency, sharpRecency),
            (product, _, counter) =>
            {
                pairs[product] = counter.Count(product, out totals[product]);
                return counter;
            },
            _ => { }
        );
        return new PairTable(pairs, totals);
    }

    /// <summary>What two products have to do with each other.</summary>
    /// <param name="Product">The other product.</param>
    /// <param name="Forward">It came later: 1 by the distance, half as much for each quarter of all sessions since.</param>
    /// <param name="Backward">It came earlier, likewise.</param>
    /// <param name="Next">It came at once, half as much for each 0.08 of all sessions since.</param>
    /// <param name="Sessions">Sessions with both.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Pair(int Product, float Forward, float Backward, float Next, float Sessions);

    /// <summary>Sums over the pairs of a product.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Totals(float Forward, float Backward, float Next);

    /// <summary>Counts the pairs of one product after the other.</summary>
    private sealed class Counter(SessionIndex index, float[] recency, float[] sharpRecency)
    {
        private readonly int[] _placeOf = new int[index.Products];
        private readonly int _kept = Math.Min(MaxPairs, MaxPairsOfAll / Math.Max(1, index.Products));
        private readonly List<Pair> _found = [];
        private readonly List<int> _newest = [];

        public Pair[] Count(int product, out Totals totals)
        {
            _found.Clear();
            _newest.Clear();
            foreach (int session in index.SessionsOf(product))
            {
                Walk(product, session);
            }

            Span<Pair> found = CollectionsMarshal.AsSpan(_found);
            totals = default;
            foreach (Pair pair in found)
            {
                totals = new Totals(
                    totals.Forward + pair.Forward,
                    totals.Backward + pair.Backward,
                    totals.Next + pair.Next
                );
                _placeOf[pair.Product] = 0;
            }

            found.Sort(
                static (a, b) =>
                    Strength(b).CompareTo(Strength(a)) is not 0 and int order ? order : a.Product - b.Product
            );
            return found[..Math.Min(found.Length, _kept)].ToArray();
        }

        private static float Strength(in Pair pair) => pair.Forward + (0.5f * pair.Backward);

        private void Walk(int product, int session)
        {
            ReadOnlySpan<int> visits = index.Log[session];
            for (int at = visits.IndexOf(product); at < visits.Length; at++)
            {
                if (visits[at] != product)
                {
                    continue;
                }

                for (int i = Math.Max(0, at - Window); i < Math.Min(visits.Length, at + Window + 1); i++)
                {
                    if (i != at)
                    {
                        Add(visits[i], i - at, session);
                    }
                }
            }
        }

        private void Add(int other, int steps, int session)
        {
            ref int place = ref _placeOf[other];
            if (place == 0)
            {
                _found.Add(new Pair(other, 0, 0, 0, 0));
                _newest.Add(-1);
                place = _found.Count;
            }

            ref Pair pair = ref CollectionsMarshal.AsSpan(_found)[place - 1];
            float weight = recency[session] / Math.Abs(steps);
            bool isNew = _newest[place - 1] != session;
            _newest[place - 1] = session;
            pair = new Pair(
                other,
                pair.Forward + (steps > 0 ? weight : 0),
                pair.Backward + (steps < 0 ? weight : 0),
                pair.Next + (steps == 1 ? sharpRecency[session] : 0),
                pair.Sessions + (isNew ? 1 : 0)
            );
        }
    }
}
