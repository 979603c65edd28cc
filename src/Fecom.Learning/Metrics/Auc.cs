namespace Fecom.Learning.Metrics;

/// <summary>Area under the ROC curve: the chance that a positive scores above a negative, a tie counting half.</summary>
/// <remarks>By the rank sum of Mann and Whitney (1947).</remarks>
public static class Auc
{
    /// <summary>The area, 0 to 1; NaN when a class is missing.</summary>
    /// <param name="scores">One score a row; any scale.</param>
    /// <param name="labels">One label a row.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a score is not a number.</exception>
    public static double Of(ReadOnlySpan<float> scores, ReadOnlySpan<bool> labels)
    {
        ScoredLabels sorted = ScoredLabels.Sort(scores, labels);
        double rankSum = 0;
        for (int start = 0, end; start < sorted.Count; start = end)
        {
            int positives = 0;
            for (end = start; end < sorted.Count && sorted.Scores[end] == sorted.Scores[start]; end++)
            {
                positives += sorted.Labels[end] ? 1 : 0;
            }

            double averageRank = (start + 1 + end) / 2.0;
            rankSum += positives * averageRank;
        }

        double p = sorted.Positives;
        double n = sorted.Count - p;
        return p == 0 || n == 0 ? double.NaN : (rankSum - (p * (p + 1) / 2)) / (p * n);
    }
}
