using Fecom.Learning.Metrics;
using Fecom.Training;
using Fecom.Training.CheckDrift;
using Fecom.Training.CheckSkew;
using Fecom.Training.MeasureLiveQuality;
using Fecom.Training.WatchModels;
using Xunit;

namespace Fecom.UnitTests.Training;

/// <summary>When what is found of a model that serves is an alert.</summary>
public sealed class WatchTests
{
    [Fact]
    public void Drift_NamesTheJudgedFeaturesAboveTheThreshold()
    {
        DriftedFeature[] features =
        [
            Drifted("weekday", 3, isJudged: false),
            Drifted("price", 0.31),
            Drifted("brand", 0.25),
        ];

        Assert.Equal(
            "Features have drifted, by a population stability index above 0.25: price (0.31)",
            CheckFeatureDriftJob.MovedOf(features, 0.25)
        );
        Assert.Null(CheckFeatureDriftJob.MovedOf(features, 0.5));
    }

    [Fact]
    public void Skew_NamesTheFeaturesThatDifferTooOften()
    {
        SkewedFeature[] features = [new("price", 30, 0.03, null), new("brand", 10, 0.01, null)];

        Assert.StartsWith(
            "Of 1,000 predictions more than 1.0 % were made from other features than the offline store has: price (3.0 %). GET /api/v1/models/purchase/skew",
            CheckFeatureSkewJob.AlertOf(features, 1_000, 0.01),
            StringComparison.Ordinal
        );
        Assert.Null(CheckFeatureSkewJob.AlertOf(features, 1_000, 0.03));
    }

    [Theory]
    [InlineData(0.66, 0.01, null)]
    [InlineData(
        0.60,
        0.01,
        "Version 3 is worse on 10,000 live predictions than on the newest sessions of its training: AUC 0.600 against 0.700"
    )]
    [InlineData(
        0.70,
        0.07,
        "Version 3 is worse on 10,000 live predictions than on the newest sessions of its training: calibration error 0.070 against 0.010"
    )]
    public void Quality_IsWorseBeyondWhatIsGranted(double auc, double error, string? expected) =>
        Assert.Equal(expected, Worse(10_000, 1_000, auc, error));

    [Fact]
    public void Quality_IsNotWorseByChanceOrFromTooFew()
    {
        // A standard error of .053: .60 may be .70 − .05 by chance.
        Assert.Null(Worse(500, 30, 0.60, 0.01));
        Assert.Null(Worse(499, 200, 0.40, 0.5));
        Assert.Null(Worse(10_000, 29, 0.10, 0.01));
    }

    private static string? Worse(long predictions, long bought, double auc, double error) =>
        MeasureLiveQualityJob.WorseOf(
            new PredictionQuality(predictions, bought, auc, 0.3, error, 0.1),
            (0.7, 0.01),
            version: 3,
            new WatchOptions()
        );

    private static DriftedFeature Drifted(string name, double index, bool isJudged = true) =>
        new(name, index, isJudged, 0, 0, [], [], [], []);
}
