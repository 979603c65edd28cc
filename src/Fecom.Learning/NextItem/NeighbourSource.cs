using System.Runtime.Intrinsics;

namespace Fecom.Learning.NextItem;

/// <summary>Names what the most similar sessions hold, after V-SKNN, VMIS-kNN and STAN. For one thread.</summary>
/// <remarks>Memory: 5 bytes a session of the index.</remarks>
internal sealed class NeighbourSource(SessionIndex index, NeighbourWeights weights)
{
    private SessionIndex _index = index;
    private NeighbourWeights _weights = weights;

    /// <summary>Neighbours that are near.</summary>
    private const int Near = 100;

    /// <summary>Neighbours that come before one whose sessions is asked for: they lie anywhere in memory, and waiting for each took a third of the source's time.</summary>
    private const int Ahead = 8;

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
            _index.PrefetchStart(_found[Math.Min(i + (2 * Ahead), _count - 1)]);
            _index.PrefetchVisits(_found[Math.Min(i + Ahead, _count - 1)]);
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
        int anchor = LastPlace(visits, query.Products[_anchor[session]]);
        float plain = _similarity[session] * Math.Max(0.1f, 1 - (0.1f * query.StepsBack[_anchor[session]]));
        // The four signals side by side: those of every visit, and those of a product's first one.
        Vector128<float> every = Vector128.Create(1, isNear ? 1f : 0, 0, 0);
        Vector128<float> first = Vector128.Create(0, 0, plain, 1);
        int last = query.Last;
        float[] distance = _weights.Distance;
        float[] rarity = _weights.Candidate;
        Span<int> counted = Counted(table.Count + visits.Length);
        for (int at = 0; at < visits.Length; at++)
        {
            int steps = Math.Clamp(at - anchor, 1 - NeighbourWeights.MaxSteps, NeighbourWeights.MaxSteps - 1);
            float score = similarity * distance[NeighbourWeights.MaxSteps + steps] * rarity[visits[at]];
            int place = table.RowOf(visits[at]);
            Span<float> row = table.Row(place);
            Vector128<float> added = every * score;
            if (counted[place] != neighbour + 1)
            {
                counted[place] = neighbour + 1;
                added += first;
            }

            (Vector128.Create(row) + added).CopyTo(row);
            if (at > 0 && visits[at - 1] == last)
            {
                row[(int)CandidateSignal.Suffix] +=
                    _weights.RecencyOf(session) * SuffixWeight(query.Visits, visits[..at]);
            }
        }
    }

    /// <summary>Where a session holds a product last. Sessions are so short that the library's search takes longer to begin than this one to end.</summary>
    private static int LastPlace(ReadOnlySpan<int> visits, int product)
    {
        int at = visits.Length - 1;
        while (at >= 0 && visits[at] != product)
        {
            at--;
        }

        return at;
    }

    /// <summary>By row of the table the number, from 1, of the last neighbour that named the product.</summary>
    private Span<int> Counted(int rows)
    {
        if (rows > _counted.Length)
        {
            Array.Resize(ref _counted, rows * 2);
        }

        return _counted;
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
