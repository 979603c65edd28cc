using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class PurchaseDiagnosticsTests
{
    private static readonly Lazy<(PurchaseDataSet Data, TrainedPurchaseModel Trained)> Trained = new(() =>
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(4_000, crossed: true);
        return (
            data,
            PurchaseTrainer.Train(
                data,
                new BoostingOptions { Threads = 1 },
                progress: null,
                TestContext.Current.CancellationToken
            )
        );
    });

    [Fact]
    public void Importance_PutsTheFeaturesThatDecideFirst()
    {
        PurchaseDiagnostics diagnostics = Examine();

        // Brand and price decide in these sessions, and nothing else does; the price speaks through features of its own.
        Assert.All(
            diagnostics.Importance.Take(2),
            feature =>
                Assert.True(feature.Feature == "brand" || feature.Feature.Contains("price", StringComparison.Ordinal))
        );
        Assert.Contains("brand", diagnostics.Importance.Take(2).Select(feature => feature.Feature));
        Assert.True(diagnostics.Importance[0].PrAucLoss > 0.1);
        Assert.All(
            diagnostics.Importance.Where(feature =>
                feature.Feature != "brand" && !feature.Feature.Contains("price", StringComparison.Ordinal)
            ),
            feature => Assert.InRange(feature.PrAucLoss, -0.05, 0.05)
        );
        Assert.Equal(diagnostics.Importance, Examine().Importance);
    }

    [Fact]
    public void Contributions_SumUpToTheMeanLogOdds()
    {
        PurchaseDiagnostics diagnostics = Examine();
        (PurchaseDataSet data, TrainedPurchaseModel trained) = Trained.Value;
        double meanLogOdds = data.Validation.Average(row => Math.Log(Odds(trained.Model.Predict(row.Features))));

        Assert.Equal(PurchaseEncoder.Columns + 1, diagnostics.Contributions.Count);
        Assert.InRange(data.Validation.Count, 500, 1_000);
        Assert.Equal(meanLogOdds, diagnostics.Contributions.Sum(feature => feature.Mean), 3);
    }

    [Fact]
    public void Curves_AreThoseOfTheReport()
    {
        PurchaseDiagnostics diagnostics = Examine();
        (PurchaseDataSet data, TrainedPurchaseModel trained) = Trained.Value;

        Assert.Equal(data.Validation.Count, diagnostics.Reliability.Sum(bin => bin.Count));
        Assert.Equal(
            trained.Report.Model.CalibrationError,
            diagnostics.Reliability.Sum(bin => bin.Count * Math.Abs(bin.MeanProbability - bin.Rate))
                / data.Validation.Count,
            6
        );
        Assert.Equal(1, diagnostics.PrecisionRecall[^1].Recall);
    }

    [Fact]
    public void LearningCurve_FallsToWhereStoppingStopped()
    {
        IReadOnlyList<double> curve = Trained.Value.Trained.Report.LearningCurve;

        Assert.Equal(Trained.Value.Trained.Report.Trees, curve.Count);
        Assert.InRange(curve[0], 0.5, 0.75);
        Assert.True(curve[^1] < curve[0] - 0.1);
        // The number of trees is the mean over the splits: the curve's lowest point may lie a few trees beside it.
        Assert.Equal(curve.Min(), curve[^1], 0.002);
    }

    [Fact]
    public void Train_WithTheSameSeed_MakesTheSameArtifactByteForByte()
    {
        byte[] first = Save(seed: 5);

        Assert.Equal(first, Save(seed: 5));
        Assert.NotEqual(first, Save(seed: 6));
    }

    private static byte[] Save(int seed) =>
        PurchaseTrainer
            .Train(
                GeneratedSessions.DataSet(1_500, crossed: true),
                new BoostingOptions { Threads = 2, Seed = seed },
                progress: null,
                TestContext.Current.CancellationToken
            )
            .Model.Save();

    private static PurchaseDiagnostics Examine() =>
        PurchaseDiagnostics.Of(Trained.Value.Trained.Model, Trained.Value.Data.Validation, seed: 3);

    private static double Odds(double probability) => probability / (1 - probability);
}
