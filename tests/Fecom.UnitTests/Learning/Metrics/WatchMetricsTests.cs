using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

/// <summary>Drift and live quality on numbers that were worked out by hand.</summary>
public sealed class WatchMetricsTests
{
    [Fact]
    public void PopulationStability_IsTheSumOverTheBins()
    {
        // (.6 − .5) ln(.6 ÷ .5) + (.4 − .5) ln(.4 ÷ .5) = .018232 + .022314
        Assert.Equal(0.040547, PopulationStability.Of([0.5, 0.5], [0.6, 0.4]), 6);
        // (.2 − .25) ln .8 + (.2 − .25) ln .8 + (.3 − .25) ln 1.2 + (.3 − .25) ln 1.2
        Assert.Equal(0.040547, PopulationStability.Of([0.25, 0.25, 0.25, 0.25], [0.2, 0.2, 0.3, 0.3]), 6);
        Assert.Equal(0, PopulationStability.Of([0.1, 0.9], [0.1, 0.9]));
    }

    [Fact]
    public void PopulationStability_OfAnEmptyBin_IsThatOfATenThousandth()
    {
        // (.1 − .0001) ln(.1 ÷ .0001) + (.9 − 1) ln(.9 ÷ 1)
        Assert.Equal(0.700621, PopulationStability.Of([0, 1], [0.1, 0.9]), 5);
        Assert.Throws<ArgumentException>(() => PopulationStability.Of([1], [0.5, 0.5]));
    }

    /// <summary>The example of the paper: an area of .893 from 51 and 58 cases has a standard error of .032 or .033.</summary>
    [Fact]
    public void AucError_IsThatOfHanleyAndMcNeil()
    {
        Assert.Equal(0.0325, AucError.Of(0.893, 51, 58), 4);
        Assert.True(double.IsNaN(AucError.Of(0.9, 0, 10)));
        Assert.True(double.IsNaN(AucError.Of(double.NaN, 10, 10)));
    }

    [Fact]
    public void PredictionQuality_IsWhatEachMetricSays()
    {
        PredictionQuality quality = PredictionQuality.Of([0.9f, 0.8f, 0.3f, 0.2f], [true, false, true, false]);

        Assert.Equal((4, 2), (quality.Predictions, quality.Bought));
        // .3 is below .8, the other three pairs are in order.
        Assert.Equal(0.75, quality.Auc, 6);
        Assert.Equal((1 + (2.0 / 3)) / 2, quality.AveragePrecision, 6);
        // Each row is a bin: .1, .8, .7 and .2 on average.
        Assert.Equal(0.45, quality.CalibrationError, 6);
        Assert.Equal(0.55, quality.MeanProbability, 6);
    }
}
