using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fecom.Learning.NextItem;

/// <summary>The best candidates of all sources for one session. For one thread.</summary>
internal sealed class CandidateGenerator(SessionIndex index, PairTable pairs, NeighbourWeights weights)
{
    private SessionIndex _index = index;
    private PairTable _pairs = pairs;

    /// <summary>Candidates by the sources.</summary>
    public const int MaxNamed = 100;

    /// <summary>Popular products that join when the sources name fewer.</summary>
    public const int MaxPopular = 50;

    /// <summary>The most candidates there can be.</summary>
    public const int Max = MaxNamed + MaxPopular;

    /// <summary>Products of the visitor's earlier visits that join where the sources do not name them, the newest.</summary>
    private const int MaxPast = 16;

    /// <summary>Products of the visitor's earlier visits, the newest, whose company says something of a candidate.</summary>
    private const int MaxPastSteps = 8;

    /// <summary>What each source's share of its best score adds to the blend.</summary>
    private static readonly (CandidateSignal Signal, float Weight)[] Blend =
    [
        (CandidateSignal.Neighbours, 1),
        (CandidateSignal.PlainNeighbours, 0.5f),
        (CandidateSignal.Forward, 1),
        (CandidateSignal.Backward, 0.3f),
        (CandidateSignal.TwoSteps, 1),
        (CandidateSignal.Suffix, 0.2f),
    ];

    private readonly NeighbourSource _neighbours = new(index, weights);
    private readonly TransitionSource _transitions = new(index, pairs);
    private readonly TwoStepSource _twoSteps = new(pairs);
    private readonly int[] _products = new int[Max];
    private readonly int[] _rows = new int[Max];
    private readonly float[] _largest = new float[ScoreTable.Width];
    private readonly float[] _sums = new float[ScoreTable.Width];
    private float[] _blends = new float[4_096];
    private int[] _order = new int[4_096];
    private int[] _placeOfRow = new int[4_096];

    public ScoreTable Table { get; } = new(index.Products);

    public SessionQuery Query { get; } = new();

    /// <summary>Candidates, the best by all sources first.</summary>
    public ReadOnlySpan<int> Products => _products.AsSpan(0, Count);

    /// <summary>The row of each candidate in the table.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>How many products the sources named, candidates or not.</summary>
    public int Named { get; private set; }

    /// <summary>Rows of the table before those of products that are only popular.</summary>
    public int Sourced { get; private set; }

    /// <summary>The largest score of each signal.</summary>
    public ReadOnlySpan<float> Largest => _largest;

    /// <summary>The sum of each signal's scores.</summary>
    public ReadOnlySpan<float> Sums => _sums;

    /// <summary>Goes on with other tables.</summary>
    public void Move(SessionIndex to, PairTable by, NeighbourWeights with)
    {
        (_index, _pairs) = (to, by);
        _neighbours.Move(to, with);
        _transitions.Move(to, by);
        _twoSteps.Move(by);
        Table.Grow(to.Products);
    }

    /// <summary>Finds the candidates.</summary>
    /// <param name="session">The session's products, the newest last; may be empty, and those that the index does not know say nothing.</param>
    /// <param name="past">What the visitor dealt with on earlier visits, the newest first.</param>
    public void Find(ReadOnlySpan<int> session, ReadOnlySpan<PastVisit> past = default)
    {
        Table.Clear();
        Query.Set(_index, session, past);
        if (!Query.Visits.IsEmpty)
        {
            _neighbours.Score(Query, Table);
            _transitions.Score(Query, Table);
            _twoSteps.Score(Query, Table);
        }

        Named = Table.Count;
        Measure();
        TakeBest();
        TakePast();
        Sourced = Table.Count;
        if (Count < MaxNamed)
        {
            TakePopular();
        }
    }

    /// <summary>Largest scores and sums, then the blend.</summary>
    private void Measure()
    {
        // A row is as long as a vector; where the processor's are shorter, it takes two or four.
        Vector512<float> largest = Vector512<float>.Zero;
        Vector512<float> sums = Vector512<float>.Zero;
        ReadOnlySpan<Vector512<float>> rows = MemoryMarshal.Cast<float, Vector512<float>>(Table.Scores);
        foreach (ref readonly Vector512<float> row in rows)
        {
            largest = Vector512.Max(row, largest);
            sums += row;
        }

        largest.CopyTo(_largest);
        sums.CopyTo(_sums);
        int named = Table.Count;
        if (named > _blends.Length)
        {
            Array.Resize(ref _blends, named * 2);
            Array.Resize(ref _order, named * 2);
        }

        Span<float> factors = stackalloc float[ScoreTable.Width];
        factors.Clear();
        foreach ((CandidateSignal signal, float weight) in Blend)
        {
            factors[(int)signal] = _largest[(int)signal] > 0 ? weight / _largest[(int)signal] : 0;
        }

        Vector512<float> shares = Vector512.Create(factors);
        for (int row = 0; row < rows.Length; row++)
        {
            Vector512<float> weighed = rows[row] * shares;
            _blends[row] = Vector256.Sum(weighed.GetLower() + weighed.GetUpper());
            _order[row] = row;
            Table.Row(row)[(int)CandidateSignal.Blend] = _blends[row];
        }
    }

    private void TakeBest()
    {
        int named = Table.Count;
        Count = Math.Min(named, MaxNamed);
        Span<float> blends = _blends.AsSpan(0, named);
        LargestFirst.Select(blends, _order.AsSpan(0, named), Count);
        for (int i = 0; i < Count; i++)
        {
            blends[i] = -blends[i];
        }

        blends[..Count].Sort(_order.AsSpan(0, Count));
        for (int i = 0; i < Count; i++)
        {
            (_rows[i], _products[i]) = (_order[i], Table.Products[_order[i]]);
        }
    }

    /// <summary>The largest cosine of each candidate with one of the newest products of earlier visits.</summary>
    public void AddPastCosines(Span<float> cosines)
    {
        if (Table.Count > _placeOfRow.Length)
        {
            _placeOfRow = new int[Table.Count * 2];
        }

        _placeOfRow.AsSpan(0, Table.Count).Fill(-1);
        for (int i = 0; i < Count; i++)
        {
            _placeOfRow[_rows[i]] = i;
        }

        foreach (ref readonly PastVisit past in Query.Past[..Math.Min(MaxPastSteps, Query.PastCount)])
        {
            float own = _index.CountOf(past.Product);
            foreach (ref readonly PairTable.Pair pair in _pairs.PairsOf(past.Product))
            {
                int row = Table.Find(pair.Product);
                int place = row < 0 ? -1 : _placeOfRow[row];
                if (place >= 0)
                {
                    float cosine = pair.Sessions / MathF.Sqrt(own * (_index.CountOf(pair.Product) + 1));
                    cosines[place] = Math.Max(cosines[place], cosine);
                }
            }
        }
    }

    private void TakePast()
    {
        int taken = 0;
        foreach (ref readonly PastVisit past in Query.Past)
        {
            if (taken == MaxPast)
            {
                return;
            }

            // A row that the sources made, but that was not among the best, is taken too.
            if (!Products.Contains(past.Product))
            {
                (_products[Count], _rows[Count]) = (past.Product, Table.RowOf(past.Product));
                Count++;
                taken++;
            }
        }
    }

    private void TakePopular()
    {
        int[] popular = _index.ByPopularity;
        for (int i = 0, taken = 0; i < popular.Length && taken < MaxPopular; i++)
        {
            if (Table.Find(popular[i]) < 0)
            {
                (_products[Count], _rows[Count]) = (popular[i], Table.RowOf(popular[i]));
                Count++;
                taken++;
            }
        }
    }
}
