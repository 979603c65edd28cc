using System.Runtime.InteropServices;

namespace Fecom.Learning.Metrics;

/// <summary>One bar of a reliability diagram.</summary>
/// <param name="Lower">Lower edge of the bin; the upper edge is the next bin's.</param>
/// <param name="Count">Rows whose probability fell into the bin.</param>
/// <param name="MeanProbability">What was predicted for them on average; NaN when there are none.</param>
/// <param name="Rate">How often it came true; NaN when there are none.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ReliabilityBin(double Lower, int Count, double MeanProbability, double Rate);

/// <summary>Whether of the rows predicted with 30 % thirty in a hundred come true.</summary>
/// <remarks>Expected calibration error over bins of equal width (Naeini, Cooper and Hauskrecht, 2015).</remarks>
public sealed class Calibration
{
    private Calibration(IReadOnlyList<ReliabilityBin> bins, double expectedError)
    {
        Bins = bins;
        ExpectedError = expectedError;
    }

    /// <summary>The bins from 0 to 1, of equal width; 1 falls into the last.</summary>
    public IReadOnlyList<ReliabilityBin> Bins { get; }

    /// <summary>Distance of prediction and rate, averaged over rows; 0 to 1, NaN when there are no rows.</summary>
    public double ExpectedError { get; }

    /// <summary>Sorts rows into bins.</summary>
    /// <param name="probabilities">One probability a row, 0 to 1.</param>
    /// <param name="labels">One label a row.</param>
    /// <param name="bins">How many bins, from 1.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a probability is outside 0 to 1.</exception>
    public static Calibration Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> labels, int bins = 10)
    {
        ScoredLabels.RequireSameLength(probabilities.Length, labels.Length);
        int[] counts = new int[bins];
        int[] positives = new int[bins];
        double[] sums = new double[bins];
        for (int i = 0; i < labels.Length; i++)
        {
            int bin = Bin(probabilities[i], bins);
            counts[bin]++;
            sums[bin] += probabilities[i];
            positives[bin] += labels[i] ? 1 : 0;
        }

        ReliabilityBin[] diagram = new ReliabilityBin[bins];
        double distance = 0;
        for (int bin = 0; bin < bins; bin++)
        {
            distance += Math.Abs(sums[bin] - positives[bin]);
            diagram[bin] = new(
                (double)bin / bins,
                counts[bin],
                sums[bin] / counts[bin],
                (double)positives[bin] / counts[bin]
            );
        }

        return new Calibration(diagram, distance / labels.Length);
    }

    private static int Bin(float probability, int bins) =>
        probability is >= 0 and <= 1
            ? Math.Min((int)(probability * (double)bins), bins - 1)
            : throw new ArgumentException($"{probability} is not a probability.", nameof(probability));
}
