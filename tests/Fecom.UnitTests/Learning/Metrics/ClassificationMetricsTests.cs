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
    public void Calibration_OnAHandWorkedExample_ComparesBinsOfEqualCountWithTheirRates()
    {
        // Lower half: .05 .15 came true once (rate .5). Upper half: .25 .75 came true twice (rate 1).
        Calibration calibration = Calibration.Of([0.75f, 0.05f, 0.25f, 0.15f], [true, false, true, true], bins: 2);

        Assert.Equal([0.05, 0.25], calibration.Bins.Select(bin => bin.Lower), Near);
        Assert.Equal([2, 2], calibration.Bins.Select(bin => bin.Count));
        Assert.Equal([0.1, 0.5], calibration.Bins.Select(bin => bin.MeanProbability), Near);
        Assert.Equal([0.5, 1], calibration.Bins.Select(bin => bin.Rate));
        Assert.Equal((0.4 + 0.5) / 2, calibration.ExpectedError, 6);
    }

    [Fact]
    public void Calibration_WhenRowsHaveOneProbability_KeepsThemTogether()
    {
        Assert.Equal(0, Calibration.Of([0.5f, 0.5f, 0.5f, 0.5f], [true, true, false, false], bins: 2).ExpectedError);
        Assert.Equal(
            [3, 1],
            Calibration.Of([0.2f, 0.2f, 0.2f, 0.9f], [true, false, false, true], bins: 4).Bins.Select(bin => bin.Count)
        );
    }

    [Fact]
    public void Calibration_WithoutRows_HasNoBinsAndNoError()
    {
        Calibration none = Calibration.Of([], []);

        Assert.Empty(none.Bins);
        Assert.Equal(double.NaN, none.ExpectedError);
    }

    [Fact]
    public void Calibration_WhenNotAProbability_Refuses() =>
        Assert.Throws<ArgumentException>(() => Calibration.Of([1.5f], [true]));

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;
}
