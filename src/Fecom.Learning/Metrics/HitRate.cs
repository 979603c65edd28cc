namespace Fecom.Learning.Metrics;

/// <summary>Share of cases in which the item that came next was among the first k recommended, over all items of the shop.</summary>
public static class HitRate
{
    /// <summary>HitRate@k, 0 to 1; NaN when there are no cases.</summary>
    /// <param name="ranks">For each case the place of the item that came next, from 1; 0 when it was not recommended.</param>
    /// <param name="k">How many recommendations count, from 1.</param>
    public static double At(ReadOnlySpan<int> ranks, int k)
    {
        int hits = 0;
        foreach (int rank in ranks)
        {
            hits += rank > 0 && rank <= k ? 1 : 0;
        }

        return (double)hits / ranks.Length;
    }
}
