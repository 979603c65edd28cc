using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

/// <summary>The figures of experiments on examples that were worked by hand, and the guard's error by simulation.</summary>
public sealed class ExperimentStatisticsTests
{
    private const double Error = 0.05;

    /// <summary>
    /// Clicks 1, 0, 2, 1 of impressions 4, 2, 6, 4: the ratio is 4/16 = .25. Residuals y - .25 x: 0, -.5, .5, 0; their squares add up to .5, so
    /// the variance is .5 · 4/3 / 16² = 1/384, its root .0510310.
    /// </summary>
    [Fact]
    public void Ratio_HasTheDeltaMethodsInterval()
    {
        RatioSums sums = RatioSums.Of([1, 0, 2, 1], [4, 2, 6, 4]);

        Estimate estimate = sums.Estimate();

        Assert.Equal(0.25, estimate.Value, 12);
        Assert.Equal(1 / 384.0, sums.Variance, 12);
        Assert.Equal(0.25 - (1.959964 * 0.0510310), estimate.Lower, 5);
        Assert.Equal(0.25 + (1.959964 * 0.0510310), estimate.Upper, 5);
    }

    /// <summary>
    /// With a denominator of 1 the ratio is a mean and its variance that of a mean: of 0, 0, 1, 1 (.5; 1/3 / 4 = 1/12) and 0, 1, 1, 1 (.75; 1/4 / 4 = 1/16).
    /// The difference is .25, its variance 7/48, its root .381881; z = .654654 and p = .512691.
    /// </summary>
    [Fact]
    public void Difference_HasItsIntervalAndPValue()
    {
        RatioSums control = RatioSums.Of([0, 0, 1, 1], [1, 1, 1, 1]);
        RatioSums variant = RatioSums.Of([0, 1, 1, 1], [1, 1, 1, 1]);

        Estimate difference = variant.Above(control);

        Assert.Equal(0.25, difference.Value, 12);
        Assert.Equal(0.25 - (1.959964 * 0.381881), difference.Lower, 5);
        Assert.Equal(0.25 + (1.959964 * 0.381881), difference.Upper, 5);
        Assert.Equal(0.512691, variant.PValue(control), 5);
    }

    [Fact]
    public void Ratio_WhenThereIsTooLittle_IsNoNumber()
    {
        Assert.True(double.IsNaN(RatioSums.Of([], []).Ratio));
        Assert.True(double.IsNaN(RatioSums.Of([1], [2]).Variance));
        Assert.Equal(0.5, RatioSums.Of([1], [2]).Ratio);
        Assert.True(double.IsNaN(RatioSums.Of([0, 0], [1, 1]).PValue(RatioSums.Of([0, 0], [1, 1]))));
    }

    /// <summary>520 and 480 of 1,000 by halves: chi-squared is 2 · 20²/500 = 1.6 with one degree of freedom, p = .205903. 600 and 400: 40, p = 2.54e-10.</summary>
    [Fact]
    public void SampleRatio_IsPearsonsTest()
    {
        Assert.Equal(0.205903, SampleRatio.PValue([520, 480], [1, 1]), 5);
        Assert.True(SampleRatio.PValue([600, 400], [0.5, 0.5]) < SampleRatio.Mismatch);
        Assert.Equal(1, SampleRatio.PValue([700, 200, 100], [0.7, 0.2, 0.1]), 9);
        Assert.True(double.IsNaN(SampleRatio.PValue([10], [1])));
    }

    /// <summary>
    /// With 2,000 units and an error of .05: -2 ln .05 = 5.991465, the mixture (5.991465 + ln 6.991465) / 2000, so units times mixture is 7.936155 and
    /// time 8.936155. The half width of a variance of 1 is √(2 · 8.936155 / 7.936155 · ln(√8.936155 / .05)) = √(2.252012 · 4.090790) = 3.035209.
    /// </summary>
    [Fact]
    public void ConfidenceSequence_IsTheMixturesBound()
    {
        Assert.Equal(3.035209, ConfidenceSequence.HalfWidth(1, 2_000, Error), 5);
        Assert.Equal(
            2 * ConfidenceSequence.HalfWidth(1, 2_000, Error),
            ConfidenceSequence.HalfWidth(4, 2_000, Error),
            9
        );
        Assert.True(ConfidenceSequence.HalfWidth(1, 100, Error) > 3.04);
        Assert.True(ConfidenceSequence.HalfWidth(1, 1_000_000, Error) > 3.04);
    }

    /// <summary>Two variants of which neither is better, looked at fifty times each: one of twenty may be stopped.</summary>
    [Fact]
    public void Guard_WhenNothingDiffers_StopsSeldom()
    {
        const int Trials = 400;
        int stopped = Enumerable.Range(0, Trials).Count(seed => StopsAfter(seed, lift: 1) is not null);

        Assert.InRange(stopped, 0, (int)(Error * Trials));
    }

    [Fact]
    public void Guard_WhenAVariantLosesThirtyPercent_StopsIt()
    {
        int?[] stops = [.. Enumerable.Range(0, 30).Select(seed => StopsAfter(seed, lift: 0.7))];

        Assert.All(stops, stop => Assert.NotNull(stop));
    }

    /// <summary>A look each 200 visitors up to 10,000, of whom each sees 1 to 10 products and clicks on a tenth: after how many the variant is stopped, as the guard does it.</summary>
    private static int? StopsAfter(int seed, double lift)
    {
        const int Looks = 50;
        Random random = new(seed);
        double[][] clicks = [new double[Looks * 100], new double[Looks * 100]];
        double[][] impressions = [new double[Looks * 100], new double[Looks * 100]];
        RatioSums[] sums = new RatioSums[2];
        for (int look = 1; look <= Looks; look++)
        {
            for (int variant = 0; variant < 2; variant++)
            {
                for (int unit = (look - 1) * 100; unit < look * 100; unit++)
                {
                    int shown = random.Next(1, 11);
                    // Visitors differ: some click on much, others on nothing.
                    double rate = 0.2 * random.NextDouble() * (variant == 0 ? 1 : lift);
                    impressions[variant][unit] = shown;
                    for (int i = 0; i < shown; i++)
                    {
                        clicks[variant][unit] += random.NextDouble() < rate ? 1 : 0;
                    }
                }

                sums[variant] = Plus(
                    look == 1 ? null : sums[variant],
                    RatioSums.Of(
                        clicks[variant].AsSpan((look - 1) * 100, 100),
                        impressions[variant].AsSpan((look - 1) * 100, 100)
                    )
                );
            }

            double half = ConfidenceSequence.HalfWidth(sums[0].Variance + sums[1].Variance, look * 200, Error);
            if (sums[1].Ratio - sums[0].Ratio + half < 0)
            {
                return look * 200;
            }
        }

        return null;
    }

    private static RatioSums Plus(RatioSums? sums, RatioSums more) =>
        sums is null
            ? more
            : new RatioSums
            {
                Units = sums.Units + more.Units,
                Numerator = sums.Numerator + more.Numerator,
                Denominator = sums.Denominator + more.Denominator,
                NumeratorSquares = sums.NumeratorSquares + more.NumeratorSquares,
                DenominatorSquares = sums.DenominatorSquares + more.DenominatorSquares,
                Products = sums.Products + more.Products,
            };
}
