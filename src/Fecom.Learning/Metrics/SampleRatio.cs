using MathNet.Numerics.Distributions;

namespace Fecom.Learning.Metrics;

/// <summary>Whether units were divided as they should have been: where they were not, something loses or adds units of one part, and no comparison of the parts can be trusted.</summary>
public static class SampleRatio
{
    /// <summary>Below it the division is taken for a fault and not for chance.</summary>
    public const double Mismatch = 0.001;

    /// <summary>Pearson's chi-squared test: how likely a division as far off, or farther, is by chance; NaN with fewer than two parts or no units.</summary>
    /// <param name="units">Units of each part.</param>
    /// <param name="shares">The share that each part should have; they need not add up to one.</param>
    public static double PValue(ReadOnlySpan<long> units, ReadOnlySpan<double> shares)
    {
        (double all, double sum) = (0, 0);
        for (int i = 0; i < units.Length; i++)
        {
            all += units[i];
            sum += shares[i];
        }

        if (units.Length < 2 || all == 0)
        {
            return double.NaN;
        }

        double square = 0;
        for (int i = 0; i < units.Length; i++)
        {
            double expected = all * shares[i] / sum;
            square += (units[i] - expected) * (units[i] - expected) / expected;
        }

        return 1 - ChiSquared.CDF(units.Length - 1, square);
    }
}
