using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

public sealed class ClassificationMetricsTests
{
    [Fact]
    public void Auc_OnAHandWorkedExample_CountsTheOrderedPairs()
    {
        // Positives .8 .4, negatives .6 .2: of four pairs .4 < .6 alone is the wrong way round.
        Assert.Equal(0.75, ProbabilityMetrics.Of([0.8f, 0.6f, 0.4f, 0.2f], [true, false, true, false]).Auc, 12);
    }

    [Fact]
    public void Auc_WhenScoresTie_CountsTheTieHalf()
    {
        // Positive .5 against .5 (half), .5 (half) and .1 (whole).
        Assert.Equal(2.0 / 3, ProbabilityMetrics.Of([0.5f, 0.5f, 0.1f, 0.5f], [true, false, false, false]).Auc, 12);
        Assert.Equal(0.5, ProbabilityMetrics.Of([0.3f, 0.3f, 0.3f], [true, false, true]).Auc, 12);
    }

    [Fact]
    public void Auc_WhenAClassIsMissing_IsNotANumber()
    {
        Assert.True(double.IsNaN(ProbabilityMetrics.Of([0.1f, 0.2f], [true, true]).Auc));
        Assert.Equal((double.NaN, double.NaN), ProbabilityMetrics.Of([], []));
    }

    [Fact]
    public void Auc_WhenAScoreIsNotANumber_Refuses() =>
        Assert.Throws<ArgumentException>(() => ProbabilityMetrics.Of([0.1f, float.NaN], [true, false]));

    [Fact]
    public void Auc_WhenLengthsDiffer_Refuses() =>
        Assert.Throws<ArgumentException>(() => ProbabilityMetrics.Of([0.1f], [true, false]));

    [Fact]
    public void AveragePrecision_OnAHandWorkedExample_WeighsPrecisionByRecallGained()
    {
        // Descending: + - + -. Precision 1/1 at the first half of recall, 2/3 at the second.
        Assert.Equal(
            (1 + (2.0 / 3)) / 2,
            AveragePrecision.Of([0.8f, 0.6f, 0.4f, 0.2f], [true, false, true, false]),
            12
        );
    }

    [Fact]
    public void AveragePrecision_WhenScoresTie_TakesThemAtOneThreshold()
    {
        // .9: + alone, precision 1, recall 1/2. Then + - - together: precision 2/4, recall 1.
        double area = AveragePrecision.Of([0.9f, 0.5f, 0.5f, 0.5f], [true, true, false, false]);
        Assert.Equal((0.5 * 1) + (0.5 * 0.5), area, 12);
        Assert.Equal(0.25, AveragePrecision.Of([0.1f, 0.1f, 0.1f, 0.1f], [true, false, false, false]), 12);
    }

    [Fact]
    public void LogLoss_OnAHandWorkedExample_IsTheMeanOfTheLogs()
    {
        double loss = ProbabilityMetrics.Of([0.5f, 0.25f], [true, false]).LogLoss;
        Assert.Equal((Math.Log(2) + Math.Log(4.0 / 3)) / 2, loss, 6);
    }

    [Fact]
    public void LogLoss_WhenSureAndWrong_StaysFinite() =>
        Assert.Equal((-Math.Log(1e-7) + Math.Log(2)) / 2, ProbabilityMetrics.Of([0f, 0.5f], [true, false]).LogLoss, 5);

    [Fact]
    public void LogLoss_WhenAClassIsMissing_IsStillTheMeanOfTheLogs() =>
        Assert.Equal((Math.Log(2) + Math.Log(4)) / 2, ProbabilityMetrics.Of([0.5f, 0.25f], [true, true]).LogLoss, 6);

    [Fact]
    public void Calibration_OnAHandWorkedExample_ComparesBinsWithTheirRates()
    {
        // Bin 0 to .5: .25 .25 came true once (rate .5). Bin .5 to 1: .75 1 came true twice (rate 1).
        Calibration calibration = Calibration.Of([0.25f, 0.25f, 0.75f, 1f], [true, false, true, true], bins: 2);

        Assert.Equal([new(0, 2, 0.25, 0.5), new(0.5, 2, 0.875, 1)], calibration.Bins);
        Assert.Equal((0.25 + 0.125) / 2, calibration.ExpectedError, 12);
    }

    [Fact]
    public void Calibration_WhenNotAProbability_Refuses() =>
        Assert.Throws<ArgumentException>(() => Calibration.Of([1.5f], [true]));
}
