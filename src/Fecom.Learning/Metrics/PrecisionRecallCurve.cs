using System.Runtime.InteropServices;

namespace Fecom.Learning.Metrics;

/// <summary>Precision and recall when rows that score at least so much are taken as positive.</summary>
/// <param name="Threshold">The least score that is taken.</param>
/// <param name="Precision">Share of the taken rows that are positive, 0 to 1.</param>
/// <param name="Recall">Share of the positive rows that are taken, above 0 to 1.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PrecisionRecallPoint(double Threshold, double Precision, double Recall);

/// <summary>The curve below which <see cref="AveragePrecision"/> is the area.</summary>
public static class PrecisionRecallCurve
{
    /// <summary>Points by ascending recall; none when there is no positive row. Rows that tie share one point.</summary>
    /// <param name="scores">One score a row; any scale.</param>
    /// <param name="labels">One label a row.</param>
    /// <param name="maxPoints">The most points, from 2. Of more, those stay that are nearest to equal steps of recall, the last one with them.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a score is not a number.</exception>
    public static IReadOnlyList<PrecisionRecallPoint> Of(
        ReadOnlySpan<float> scores,
        ReadOnlySpan<bool> labels,
        int maxPoints = 100
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPoints, 2);
        ScoredLabels sorted = ScoredLabels.Sort(scores, labels);
        List<PrecisionRecallPoint> points = [];
        int found = 0;
        for (int next = sorted.Count - 1; next >= 0 && found < sorted.Positives; )
        {
            float threshold = sorted.Scores[next];
            int before = found;
            for (; next >= 0 && sorted.Scores[next] == threshold; next--)
            {
                found += sorted.Labels[next] ? 1 : 0;
            }

            if (found > before)
            {
                double precision = (double)found / (sorted.Count - 1 - next);
                points.Add(new PrecisionRecallPoint(threshold, precision, (double)found / sorted.Positives));
            }
        }

        return Thin(points, maxPoints);
    }

    /// <summary>Each kept point is the first one that reaches the next step of recall.</summary>
    private static IReadOnlyList<PrecisionRecallPoint> Thin(List<PrecisionRecallPoint> points, int maxPoints)
    {
        if (points.Count <= maxPoints)
        {
            return points;
        }

        List<PrecisionRecallPoint> kept = [points[0]];
        for (int i = 1; i < points.Count - 1; i++)
        {
            double next = (double)kept.Count / (maxPoints - 1);
            if (points[i].Recall >= next && kept.Count < maxPoints - 1)
            {
                kept.Add(points[i]);
            }
        }

        kept.Add(points[^1]);
        return kept;
    }
}
