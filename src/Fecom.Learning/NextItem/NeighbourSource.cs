namespace Fecom.Learning.NextItem;

/// <summary>Names what the most similar sessions hold, after V-SKNN, VMIS-kNN and STAN. For one thread.</summary>
/// <remarks>Memory: 5 bytes a session of the index.</remarks>
internal sealed class NeighbourSource(SessionIndex index, NeighbourWeights weights)
{
    private SessionIndex _index = index;
    private NeighbourWeights _weights = weights;

    /// <summary>Neighbours that are near.</summary>
    private const int Near = 100;

    /// <summary>The longest suffix that counts for more.</summary>
    private const int MaxSuffix = 4;

    private float[] _similarity = new float[index.Sessions];
    private byte[] _anchor = new byte[index.Sessions];
    private int[] _found = new int[4_096];
    private float[] _ranking = new float[4_096];
    private int _all;
    private int _count;
    private int[] _counted = new int[4_096];

    /// <summary>Goes on with another index, or with the same one that has grown.</summary>
    public void Move(SessionIndex to, NeighbourWeights by)
    {
        (_index, _weights) = (to, by);
        if (_index.Sessions > _similarity.Length)
        {
            // Some more than there are: an index that grows does so every second.
            int sessions = _index.Sessions + (_index.Sessions / 16) + 1_024;
            _similarity = new float[sessions];
            _anchor = new byte[sessions];
        }
    }

    /// <summary>Adds the source's signals to a table.</summary>
    public void Score(SessionQuery query, ScoreTable table)
    {
        Find(query);
        float nearest = Nearest();
        for (int i = 0; i < _count; i++)
        {
            Add(query, table, i, _ranking[i] >= nearest);
        }

        foreach (int session in _found.AsSpan(0, _all))
        {
            _similarity[session] = 0;
        }

        Array.Clear(_counted, 0, Math.Min(_counted.Length, table.Count));
    }

    /// <summary>Finds the sessions that hold most of what the query holds; the best of them first in the arrays.</summary>
    private void Find(SessionQuery query)
    {
        _all = 0;
        for (int i = 0; i < query.Count; i++)
        {
            int product = query.Products[i];
            float weight =
                _weights.StepBack[Math.Min(query.StepsBack[i], NeighbourWeights.MaxSteps - 1)]
                * _weights.Common[product];
            if (weight == 0)
            {
                // So far back that a float holds it no more. Everything below takes a similarity of 0 for a session not met yet.
                continue;
            }

            ReadOnlySpan<int> newer = _index.SessionsOf(product);
            ReadOnlySpan<int> older = _index.OlderSessionsOf(product);
            int limit = _weights.Options.SessionsPerProduct;
            Meet(older[Math.Max(0, older.Length - Math.Max(0, limit - newer.Length))..], i, weight);
            Meet(newer[Math.Max(0, newer.Length - limit)..], i, weight);
        }

        for (int i = 0; i < _all; i++)
        {
            _ranking[i] = _similarity[_found[i]] * _weights.WeightOf(_found[i]);
        }

        _count = Math.Min(_all, _weights.Options.Neighbours);
        LargestFirst.Select(_ranking.AsSpan(0, _all), _found.AsSpan(0, _all), _count);
    }

    private void Meet(ReadOnlySpan<int> sessions, int anchor, float weight)
    {
        foreach (int session in sessions)
        {
            if (_similarity[session] == 0)
            {
                Append(session, anchor);
            }

            _similarity[session] += weight;
        }
    }

    private void Append(int session, int anchor)
    {
        if (_all == _found.Length)
        {
            Array.Resize(ref _found, _all * 2);
            Array.Resize(ref _ranking, _all * 2);
        }

        _found[_all++] = session;
        _anchor[session] = (byte)anchor;
    }

    /// <returns>The least similarity of those that are near.</returns>
    private float Nearest()
    {
        if (_count <= Near)
        {
            return 0;
        }

        LargestFirst.Select(_ranking.AsSpan(0, _count), _found.AsSpan(0, _count), Near);
        float least = float.MaxValue;
        foreach (float similarity in _ranking.AsSpan(0, Near))
        {
            least = Math.Min(least, similarity);
        }

        return least;
    }

    private void Add(SessionQuery query, ScoreTable table, int neighbour, bool isNear)
    {
        int session = _found[neighbour];
        float similarity = _ranking[neighbour];
        ReadOnlySpan<int> visits = _index.VisitsOf(session);
        int anchor = visits.LastIndexOf(query.Products[_anchor[session]]);
        float plain = _similarity[session] * Math.Max(0.1f, 1 - (0.1f * query.StepsBack[_anchor[session]]));
        for (int at = 0; at < visits.Length; at++)
        {
            int steps = Math.Clamp(at - anchor, 1 - NeighbourWeights.MaxSteps, NeighbourWeights.MaxSteps - 1);
            float score =
                similarity * _weights.Distance[NeighbourWeights.MaxSteps + steps] * _weights.Candidate[visits[at]];
            Span<float> row = Row(table, visits[at], neighbour + 1, out bool isFirst);
            row[(int)CandidateSignal.Neighbours] += score;
            row[(int)CandidateSignal.Nearest] += isNear ? score : 0;
            row[(int)CandidateSignal.PlainNeighbours] += isFirst ? plain : 0;
            row[(int)CandidateSignal.NeighbourCount] += isFirst ? 1 : 0;
            if (at > 0 && visits[at - 1] == query.Last)
            {
                row[(int)CandidateSignal.Suffix] +=
                    _weights.RecencyOf(session) * SuffixWeight(query.Visits, visits[..at]);
            }
        }
    }

    /// <summary>The row of a product, and whether the neighbour has not named the product before.</summary>
    private Span<float> Row(ScoreTable table, int product, int neighbour, out bool isFirst)
    {
        int row = table.RowOf(product);
        if (row >= _counted.Length)
        {
            Array.Resize(ref _counted, row * 2);
        }

        isFirst = _counted[row] != neighbour;
        _counted[row] = neighbour;
        return table.Row(row);
    }

    /// <summary>Four times as much for each step that both ways end with, from one step.</summary>
    private static float SuffixWeight(ReadOnlySpan<int> query, ReadOnlySpan<int> way)
    {
        float weight = 1;
        for (int back = 2; back <= Math.Min(MaxSuffix, Math.Min(query.Length, way.Length)); back++)
        {
            if (query[^back] != way[^back])
            {
                break;
            }

            weight *= 4;
        }

        return weight;
    }
}
