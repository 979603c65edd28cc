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
    public void Recommender_IsComparedOnTheSameSessions(double hitRate, double champion, bool promoted)
    {
        RecommenderReport report = Recommender(1_000_000, hitRate) with
        {
            Champion = new NextItemMetrics(1_000_000, champion, 0.2),
        };

        // What the champion reached on other sessions does not count.
        (bool isBetter, string reason) = RecommenderChampion.Compare(report, Serving(hitRate: 0.9), tolerance: 0.1);

        Assert.Equal(promoted, isBetter);
        Assert.Contains("of version 7 on the same 1000000 questions", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.50, 0.50, true)]
    [InlineData(0.46, 0.50, true)]
    [InlineData(0.44, 0.50, false)]
    [InlineData(0.10, null, true)]
    [InlineData(double.NaN, 0.50, false)]
    public void Recommender_WhenTheChampionHasSeenTheSessions_IsHeldToWhatItReachedThen(
        double hitRate,
        double? before,
        bool promoted
    ) =>
        Assert.Equal(
            promoted,
            RecommenderChampion.Compare(Recommender(1_000_000, hitRate), Serving(before), tolerance: 0.1).IsBetter
        );

    [Theory]
    [InlineData(49, true)]
    [InlineData(50, false)]
    public void Recommender_WhenTheChampionDoesNotKnowTheProductsOfToday_TakesItsPlace(long known, bool promoted)
    {
        RecommenderReport report = Recommender(1_000, 0.1) with
        {
            Champion = new NextItemMetrics(1_000, 0.9, 0.2),
            Visits = 100,
            KnownToChampion = known,
        };

        (bool isBetter, string reason) = RecommenderChampion.Compare(report, Serving(0.9), tolerance: 0.1);

        Assert.Equal(promoted, isBetter);
        Assert.Equal(
            promoted,
            reason == $"version 7 knows the products of {known} of 100 visits in the newest sessions"
        );
    }

    [Fact]
    public void Recommender_WhenTheChampionCannotBeRead_TakesItsPlace() =>
        Assert.Equal(
            (true, "version 7 cannot be read any more"),
            RecommenderChampion.Compare(Recommender(1_000, 0.1), Serving(0.9) with { Model = null }, tolerance: 0.1)
        );

    /// <summary>0.32 of 81 against 0.2753 of 1,000: two standard errors are 0.108.</summary>
    [Fact]
    public void Recommender_WhenTheChampionsSampleWasSmall_IsNotHeldToItsLuck()
    {
        RecommenderReport report = Recommender(1_000, 0.2753);

        Assert.True(RecommenderChampion.Compare(report, Serving(0.32, cases: 81), tolerance: 0.05).IsBetter);
        Assert.False(RecommenderChampion.Compare(report, Serving(0.32, cases: 10_000), tolerance: 0.05).IsBetter);
    }

    [Theory]
    [InlineData(0.56, 0.50, true)]
    [InlineData(0.56, 0.57, false)]
    [InlineData(0.54, 0.50, false)]
    public void Purchase_WhenTheChampionLosesToTheBaseRateByNow_IsPromotedIfItIsBetter(
        double champion,
        double own,
        bool promoted
    )
    {
        (bool isBetter, _) = PurchaseChampion.Compare(Report(0.2, own), 7, Metrics(0.30, champion), tolerance: 0.02);

        Assert.Equal(promoted, isBetter);
    }

    private static RecommenderReport Recommender(int cases, double hitRate) =>
        new(new NextItemMetrics(cases, hitRate, 0.2), new NextItemMetrics(cases, 0.1, 0.1));

    private static ServingRecommender Serving(double? hitRate, double cases = 1_000_000) =>
        new(
            7,
            new(new CoVisitationBuilder(new CoVisitationOptions(), DateTime.UnixEpoch).Build(), ranker: null),
            DateTime.UnixEpoch,
            hitRate,
            cases
        );

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
