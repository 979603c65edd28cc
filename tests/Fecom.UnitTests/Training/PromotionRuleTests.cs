using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Training.TrainPurchaseModel;
using Fecom.Training.TrainRecommender;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class PromotionRuleTests
{
    [Theory]
    [InlineData(0.30, true)]
    [InlineData(0.295, true)]
    [InlineData(0.293, false)]
    public void Purchase_IsPromotedWhenNoWorseThanTheChampionWithinTheTolerance(double prAuc, bool promoted)
    {
        (bool isBetter, string reason) = PurchaseChampion.Compare(Report(prAuc), 7, Metrics(0.30), tolerance: 0.02);

        Assert.Equal(promoted, isBetter);
        Assert.Contains("0.3000 of version 7 on the same 100 rows", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.50, 0.50, true)]
    [InlineData(0.46, 0.50, true)]
    [InlineData(0.44, 0.50, false)]
    [InlineData(0.10, null, true)]
    [InlineData(double.NaN, 0.50, false)]
    public void Recommender_IsPromotedUnlessItsHitRateFell(double hitRate, double? before, bool promoted)
    {
        RecommenderReport report = new(new NextItemMetrics(1_000_000, hitRate, 0.2), new NextItemMetrics(1_000_000, 0.1, 0.1));
        Assert.Equal(promoted, RecommenderChampion.Compare(report, 7, before, cases: 1_000_000, tolerance: 0.1).IsBetter);
    }

    /// <summary>0.32 of 81 against 0.2753 of 1,000: two standard errors are 0.108.</summary>
    [Fact]
    public void Recommender_WhenTheChampionsSampleWasSmall_IsNotHeldToItsLuck()
    {
        RecommenderReport report = new(new NextItemMetrics(1_000, 0.2753, 0.15), new NextItemMetrics(1_000, 0.1, 0.1));

        Assert.True(RecommenderChampion.Compare(report, 1, before: 0.32, cases: 81, tolerance: 0.05).IsBetter);
        Assert.False(RecommenderChampion.Compare(report, 1, before: 0.32, cases: 10_000, tolerance: 0.05).IsBetter);
    }

    [Theory]
    [InlineData(0.56, 0.50, true)]
    [InlineData(0.56, 0.57, false)]
    [InlineData(0.54, 0.50, false)]
    public void Purchase_WhenTheChampionLosesToTheBaseRateByNow_IsPromotedIfItIsBetter(double champion, double own, bool promoted)
    {
        (bool isBetter, _) = PurchaseChampion.Compare(Report(0.2, own), 7, Metrics(0.30, champion), tolerance: 0.02);

        Assert.Equal(promoted, isBetter);
    }

    private static PurchaseMetrics Metrics(double prAuc, double logLoss = 0.5) => new(0.6, prAuc, logLoss, 0.05);

    private static PurchaseReport Report(double prAuc, double logLoss = 0.5) =>
        new()
        {
            Candidate = PurchaseCandidate.FirstCart,
            TrainRows = 400,
            ValidationRows = 100,
            ValidationStart = DateTime.UnixEpoch,
            TrainRate = 0.2,
            ValidationRate = 0.2,
            Algorithm = PurchaseAlgorithm.LightGbm,
            Trees = 10,
            LightGbm = Metrics(prAuc, logLoss),
            Logistic = Metrics(0.25),
            BaseRate = Metrics(0.2, 0.55),
        };
}
