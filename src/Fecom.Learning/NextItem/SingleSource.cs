namespace Fecom.Learning.NextItem;

/// <summary>One candidate source by itself, to measure what it is worth. For one thread.</summary>
/// <param name="index">The sessions.</param>
/// <param name="score">Adds the source's signals to a table.</param>
/// <param name="signal">What orders the products.</param>
internal sealed class SingleSource(SessionIndex index, Action<SessionQuery, ScoreTable> score, CandidateSignal signal)
{
    private readonly ScoreTable _table = new(index.Products);
    private readonly SessionQuery _query = new();

    /// <summary>Finds what the source puts first.</summary>
    /// <param name="session">The session's products, the newest last.</param>
    /// <param name="products">Takes the products, the best first.</param>
    /// <returns>How many there are; 0 when the source says nothing.</returns>
    public int Rank(ReadOnlySpan<int> session, Span<int> products)
    {
        _table.Clear();
        _query.Set(index, session);
        if (_query.Visits.IsEmpty)
        {
            return 0;
        }

        score(_query, _table);
        float[] scores = new float[_table.Count];
        int[] named = new int[_table.Count];
        int count = 0;
        for (int row = 0; row < _table.Count; row++)
        {
            if (_table.Row(row)[(int)signal] is > 0 and float found)
            {
                (scores[count], named[count]) = (-found, _table.Products[row]);
                count++;
            }
        }

        Array.Sort(scores, named, 0, count);
        count = Math.Min(count, products.Length);
        named.AsSpan(0, count).CopyTo(products);
        return count;
    }
}
