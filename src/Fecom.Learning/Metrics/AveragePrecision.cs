namespace Fecom.Learning.Metrics;

/// <summary>PR-AUC as average precision: precision at each threshold, weighted by the recall gained there. A random order gives the base rate.</summary>
/// <remarks>A step sum without interpolation, which would be too kind (Davis and Goadrich, 2006). Rows that tie share one threshold.</remarks>
public static class AveragePrecision
{
    /// <summary>The area, 0 to 1; NaN when there is no positive.</summary>
    /// <param name="scores">One score a row; any scale.</param>
    /// <param name="labels">One label a row.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a score is not a number.</exception>
    public static double Of(ReadOnlySpan<float> scores, ReadOnlySpan<bool> labels)
    {
        ScoredLabels sorted = ScoredLabels.Sort(scores, labels);
        return Of(sorted.Scores, sorted.Labels, [], []);
    }

    /// <summary>The area when row <c>i</c> is there <c>counts[groups[i]]</c> times; once each where no groups are given.</summary>
    /// <param name="scores">Ascending.</param>
    /// <param name="labels">In the order of the scores, as is the next.</param>
    /// <param name="groups">The group of each row.</param>
    /// <param name="counts">How often each group is there.</param>
    internal static double Of(
        ReadOnlySpan<float> scores,
        ReadOnlySpan<bool> labels,
        ReadOnlySpan<int> groups,
        ReadOnlySpan<int> counts
    )
    {
        double area = 0;
        long found = 0;
        long taken = 0;
        for (int next = scores.Length - 1; next >= 0; )
        {
            float threshold = scores[next];
            long before = found;
            for (; next >= 0 && scores[next] == threshold; next--)
            {
                int times = groups.IsEmpty ? 1 : counts[groups[next]];
                taken += times;
                found += labels[next] ? times : 0;
            }

            area += taken == 0 ? 0 : (double)found / taken * (found - before);
        }

        return found == 0 ? double.NaN : area / found;
    }
}
