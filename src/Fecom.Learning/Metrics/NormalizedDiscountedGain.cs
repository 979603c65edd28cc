namespace Fecom.Learning.Metrics;

/// <summary>Normalized discounted cumulative gain where one item is right: mean of 1 / log2(1 + place); 0 for an item beyond the first k.</summary>
/// <remarks>Järvelin and Kekäläinen (2002). The best answer has the right item first, so the ideal gain is 1.</remarks>
public static class NormalizedDiscountedGain
{
    /// <summary>NDCG@k, 0 to 1; NaN when there are no cases.</summary>
    /// <param name="ranks">For each case the place of the item that came next, from 1; 0 when it was not recommended.</param>
    /// <param name="k">How many recommendations count, from 1.</param>
    public static double At(ReadOnlySpan<int> ranks, int k)
    {
        double sum = 0;
        foreach (int rank in ranks)
        {
            sum += rank > 0 && rank <= k ? 1 / Math.Log2(rank + 1) : 0;
        }

        return sum / ranks.Length;
    }
}
