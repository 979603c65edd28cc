namespace Fecom.Learning.Metrics;

/// <summary>
/// Intervals that hold at all times at once, so that whoever looks again and again is not misled by the one look at which chance went
/// far: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Time-uniform central limit theory and
/// asymptotic confidence sequences, arXiv:2103.06476, proposition 2.5), from the normal mixture of Robbins (1970), as the mixture sequential ratio test is.
/// </summary>
public static class ConfidenceSequence
{
    /// <summary>Units at which the interval is tightest beside what it can be.</summary>
    private const double TightAt = 2_000;

    /// <summary>Half the width of the interval.</summary>
    /// <param name="variance">The estimate's variance with the units so far.</param>
    /// <param name="units">The units so far.</param>
    /// <param name="error">How likely it may be that the truth is ever outside, such as 0.05.</param>
    /// <returns>NaN where the variance is not known.</returns>
    public static double HalfWidth(double variance, long units, double error)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(error);
        double logs = -2 * Math.Log(error);
        double mixture = (logs + Math.Log(logs + 1)) / TightAt;
        double time = (units * mixture) + 1;
        return Math.Sqrt(variance * 2 * time / (units * mixture) * Math.Log(Math.Sqrt(time) / error));
    }
}
