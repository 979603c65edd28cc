namespace Fecom.Learning.Metrics;

/// <summary>Mean of 1 / place of the item that came next, over all items of the shop; 0 for an item beyond the first k.</summary>
public static class MeanReciprocalRank
{
    /// <summary>MRR@k, 0 to 1; NaN when there are no cases.</summary>
    /// <param name="ranks">For each case the place of the item that came next, from 1; 0 when it was not recommended.</param>
    /// <param name="k">How many recommendations count, from 1.</param>
    public static double At(ReadOnlySpan<int> ranks, int k)
    {
        double sum = 0;
        foreach (int rank in ranks)
        {
            sum += rank > 0 && rank <= k ? 1.0 / rank : 0;
        }

        return sum / ranks.Length;
    }
}
