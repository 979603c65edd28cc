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
        double area = 0;
        int found = 0;
        for (int next = sorted.Count - 1; next >= 0; )
        {
            float threshold = sorted.Scores[next];
            int before = found;
            for (; next >= 0 && sorted.Scores[next] == threshold; next--)
            {
                found += sorted.Labels[next] ? 1 : 0;
            }

            double precision = (double)found / (sorted.Count - 1 - next);
            area += precision * (found - before);
        }

        return sorted.Positives == 0 ? double.NaN : area / sorted.Positives;
    }
}
