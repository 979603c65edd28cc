using System.Runtime.InteropServices;

namespace Fecom.Learning.Metrics;

/// <summary>One bar of a reliability diagram.</summary>
/// <param name="Lower">The lowest probability in the bin.</param>
/// <param name="Count">Rows whose probability fell into the bin.</param>
/// <param name="MeanProbability">What was predicted for them on average.</param>
/// <param name="Rate">How often it came true.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ReliabilityBin(double Lower, int Count, double MeanProbability, double Rate);

/// <summary>Whether of the rows predicted with 30 % thirty in a hundred come true.</summary>
/// <remarks>
/// Expected calibration error over bins of equal count (Nguyen and O'Connor, 2015): with bins of equal width nearly all rows of a shop,
/// where few buy, would be in the first two.
/// </remarks>
public sealed class Calibration
{
    private Calibration(IReadOnlyList<ReliabilityBin> bins, double expectedError)
    {
        Bins = bins;
        ExpectedError = expectedError;
    }

    /// <summary>The bins, by ascending probability. Each has as many rows as the others, but that rows of one probability stay together.</summary>
    public IReadOnlyList<ReliabilityBin> Bins { get; }

    /// <summary>Distance of prediction and rate, averaged over rows; 0 to 1, NaN when there are no rows.</summary>
    public double ExpectedError { get; }

    /// <summary>Sorts rows into bins.</summary>
    /// <param name="probabilities">One probability a row, 0 to 1.</param>
    /// <param name="labels">One label a row.</param>
    /// <param name="bins">How many bins at most, from 1.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a probability is outside 0 to 1.</exception>
    public static Calibration Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> labels, int bins = 10)
    {
        foreach (float probability in probabilities)
        {
            if (probability is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"{probability} is not a probability.", nameof(probabilities));
            }
        }

        ScoredLabels rows = ScoredLabels.Sort(probabilities, labels);
        List<ReliabilityBin> diagram = new(bins);
        double distance = 0;
        for (int bin = 0, from = 0; bin < bins && from < rows.Count; bin++)
        {
            int to = EndOf(rows.Scores, Math.Max(from + 1, (int)((bin + 1L) * rows.Count / bins)));
            double sum = 0;
            int positives = 0;
            for (int i = from; i < to; i++)
            {
                sum += rows.Scores[i];
                positives += rows.Labels[i] ? 1 : 0;
            }

            int count = to - from;
            distance += Math.Abs(sum - positives);
            diagram.Add(new(rows.Scores[from], count, sum / count, (double)positives / count));
            from = to;
        }

        return new Calibration(diagram, distance / rows.Count);
    }

    /// <summary>Where the rows of one probability end, of which the last one before <paramref name="end"/> is one.</summary>
    private static int EndOf(float[] scores, int end)
    {
        while (end < scores.Length && scores[end] == scores[end - 1])
        {
            end++;
        }

        return end;
    }
}
