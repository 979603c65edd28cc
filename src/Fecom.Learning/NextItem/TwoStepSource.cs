namespace Fecom.Learning.NextItem;

/// <summary>Names what is two transitions away from the session's last product, by its strongest ones.</summary>
internal sealed class TwoStepSource(PairTable pairs)
{
    private PairTable _pairs = pairs;

    /// <summary>First steps that are taken.</summary>
    private const int MaxFirst = 30;

    /// <summary>Second steps from each.</summary>
    private const int MaxSecond = 200;

    /// <summary>Goes on with another table.</summary>
    public void Move(PairTable to) => _pairs = to;

    /// <summary>Adds the source's signal to a table.</summary>
    public void Score(SessionQuery query, ScoreTable table)
    {
        ReadOnlySpan<PairTable.Pair> first = _pairs.PairsOf(query.Last);
        float whole = Whole(query.Last);
        foreach (ref readonly PairTable.Pair step in first[..Math.Min(first.Length, MaxFirst)])
        {
            float share = Strength(step) / (whole * Whole(step.Product));
            ReadOnlySpan<PairTable.Pair> second = _pairs.PairsOf(step.Product);
            foreach (ref readonly PairTable.Pair end in second[..Math.Min(second.Length, MaxSecond)])
            {
                table.Row(table.RowOf(end.Product))[(int)CandidateSignal.TwoSteps] += share * Strength(end);
            }
        }
    }

    private static float Strength(in PairTable.Pair pair) => pair.Forward + (0.5f * pair.Backward);

    private float Whole(int product)
    {
        PairTable.Totals totals = _pairs.TotalsOf(product);
        return totals.Forward + (0.5f * totals.Backward);
    }
}
