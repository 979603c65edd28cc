using MathNet.Numerics.Distributions;

namespace Fecom.Learning.Metrics;

/// <summary>
/// Sums over units (visitors) of what a ratio of two totals is made of, such as clicks by impressions or revenue by sessions. Units are
/// independent, the events of one are not: so the ratio's variance is taken over units, by the delta method (Deng, Knoblich and Lu,
/// Applying the Delta Method in Metric Analytics, KDD 2018).
/// </summary>
public sealed record RatioSums
{
    /// <summary>Of a normal distribution 95 % lie within so many standard deviations.</summary>
    private const double Deviations = 1.959964;

    /// <summary>Units.</summary>
    public required long Units { get; init; }

    /// <summary>Sum of the numerator.</summary>
    public required double Numerator { get; init; }

    /// <summary>Sum of the denominator.</summary>
    public required double Denominator { get; init; }

    /// <summary>Sum of the numerator's squares.</summary>
    public required double NumeratorSquares { get; init; }

    /// <summary>Sum of the denominator's squares.</summary>
    public required double DenominatorSquares { get; init; }

    /// <summary>Sum of the products of both.</summary>
    public required double Products { get; init; }

    /// <summary>The ratio of the totals; NaN without a denominator.</summary>
    public double Ratio => Denominator > 0 ? Numerator / Denominator : double.NaN;

    /// <summary>The ratio's variance; NaN with fewer than two units.</summary>
    public double Variance
    {
        get
        {
            if (Units < 2 || Denominator <= 0)
            {
                return double.NaN;
            }

            double ratio = Ratio;
            double residuals = NumeratorSquares - (2 * ratio * Products) + (ratio * ratio * DenominatorSquares);
            return Math.Max(0, residuals) * Units / (Units - 1) / (Denominator * Denominator);
        }
    }

    /// <summary>The sums of some units.</summary>
    /// <param name="numerators">A numerator a unit.</param>
    /// <param name="denominators">A denominator a unit.</param>
    public static RatioSums Of(ReadOnlySpan<double> numerators, ReadOnlySpan<double> denominators)
    {
        (double y, double x, double yy, double xx, double xy) = (0, 0, 0, 0, 0);
        for (int i = 0; i < numerators.Length; i++)
        {
            y += numerators[i];
            x += denominators[i];
            yy += numerators[i] * numerators[i];
            xx += denominators[i] * denominators[i];
            xy += numerators[i] * denominators[i];
        }

        return new RatioSums
        {
            Units = numerators.Length,
            Numerator = y,
            Denominator = x,
            NumeratorSquares = yy,
            DenominatorSquares = xx,
            Products = xy,
        };
    }

    /// <summary>The ratio with its 95 % interval.</summary>
    public Estimate Estimate()
    {
        double half = Deviations * Math.Sqrt(Variance);
        return new Estimate(Ratio, Ratio - half, Ratio + half);
    }

    /// <summary>How much this ratio is above another one, with a 95 % interval for one look at a time that was fixed beforehand.</summary>
    public Estimate Above(RatioSums other)
    {
        ArgumentNullException.ThrowIfNull(other);
        double difference = Ratio - other.Ratio;
        double half = Deviations * Math.Sqrt(Variance + other.Variance);
        return new Estimate(difference, difference - half, difference + half);
    }

    /// <summary>How likely a difference of this size or a greater one is by chance alone, to either side; NaN where it is not known.</summary>
    public double PValue(RatioSums other)
    {
        ArgumentNullException.ThrowIfNull(other);
        double error = Math.Sqrt(Variance + other.Variance);
        return error > 0 ? 2 * Normal.CDF(0, 1, -Math.Abs(Ratio - other.Ratio) / error) : double.NaN;
    }
}
