using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Training;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrainPurchaseModel;
using Fecom.Training.TrainRecommender;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class PromotionRuleTests
{
    private static readonly TrainingOptions NoWorse = new();

    private static readonly TrainingOptions Better = new()
    {
        PromoteWhen = TrainingOptions.Better,
        PromotionMargin = 0.05,
    };

    [Theory]
    [InlineData(+0.010, 0.001, true)]
    [InlineData(-0.005, 0.001, true)]
    [InlineData(-0.007, 0.001, false)]
    [InlineData(-0.050, 0.060, true)]
    [InlineData(-0.050, 0.040, false)]
    public void Purchase_IsRefusedWhereItIsWorseThanTheTolerance_AndSurely(double gain, double chance, bool isPassed)
    {
        GateVerdict verdict = Verdict(Report(0.30 + gain), Challenge(gain, chance), NoWorse);

        Assert.Equal(isPassed, verdict.IsPassed);
        Assert.Contains(
            "0.3000 of version 7 on the same 100 rows (difference ",
            verdict.Reason,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0.020, 0.004, true)]
    [InlineData(0.020, 0.006, false)]
    [InlineData(0.010, 0.001, false)]
    public void Purchase_WhereItMustBeBetter_IsRefusedUnlessItIsByTheMarginAndSurely(
        double gain,
        double chance,
        bool isPassed
    ) => Assert.Equal(isPassed, Verdict(Report(0.30 + gain), Challenge(gain, chance), Better).IsPassed);

    [Theory]
    [InlineData(0.02, 0.005, false)]
    [InlineData(0.02, 0.03, true)]
    [InlineData(0.009, 0.001, true)]
    public void Purchase_IsRefusedWhereItsProbabilitiesAreSurelyWorse(double loss, double chance, bool isPassed)
    {
        PurchaseChallenge challenge = Challenge(0, 0.001) with
        {
            Differences = new(Between(0, 0.001), Between(loss, chance)),
        };

        GateVerdict verdict = Verdict(Report(0.30), challenge, NoWorse);

        Assert.Equal(isPassed, verdict.IsPassed);
        Assert.Equal(!isPassed, verdict.Reason.StartsWith("calibration error ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(49, 1, true)]
    [InlineData(99, 50, true)]
    [InlineData(101, 50, false)]
    public void Purchase_IsRefusedWhereItIsSlow(double microseconds, double champion, bool isPassed)
    {
        PurchaseChallenge challenge = Challenge(0, 0.001) with
        {
            Microseconds = microseconds,
            ChampionMicroseconds = champion,
        };

        Assert.Equal(isPassed, Verdict(Report(0.30), challenge, NoWorse).IsPassed);
    }

    [Fact]
    public void Purchase_WhereItLosesToTheBaseRate_IsRefused()
    {
        Assert.True(PurchaseChampion.Baseline(Report(0.3)).Passed);
        Assert.False(PurchaseChampion.Baseline(Report(0.3, logLoss: 0.56)).Passed);
    }

    [Theory]
    [InlineData(0.56, 0.50, true)]
    [InlineData(0.56, 0.57, false)]
    [InlineData(0.54, 0.50, false)]
    public void Purchase_WhenTheChampionLosesToTheBaseRateByNow_IsPromotedIfItIsBetter(
        double champion,
        double own,
        bool isPassed
    )
    {
        PurchaseChallenge challenge = Challenge(-0.1, 0.001) with { Champion = Metrics(0.30, champion) };

        Assert.Equal(
            isPassed,
            PurchaseChampion
                .Compare(Report(0.2, own), challenge, NoWorse)
                .Single(check => check.Gate == GateCheck.Quality)
                .Passed
        );
    }

    [Theory]
    [InlineData(0.50, 0.50, true)]
    [InlineData(0.46, 0.50, true)]
    [InlineData(0.44, 0.50, false)]
    public void Recommender_IsComparedOnTheSameSessions(double hitRate, double champion, bool isPassed)
    {
        RecommenderReport report = Recommender(1_000_000, hitRate) with
        {
            Champion = new NextItemMetrics(1_000_000, champion, 0.2),
            ChampionGain = Between(hitRate - champion, 0.001),
        };

        // What the champion reached on other sessions does not count.
        GateVerdict verdict = RecommenderChampion.Compare(report, Serving(hitRate: 0.9), NoWorse);

        Assert.Equal(isPassed, verdict.IsPassed);
        Assert.Contains("of version 7 on the same 1000000 questions", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Recommender_WhenTheDifferenceMayBeChance_IsNotRefused()
    {
        RecommenderReport report = Recommender(50, 0.40) with
        {
            Champion = new NextItemMetrics(50, 0.50, 0.2),
            ChampionGain = Between(-0.10, 0.11),
        };

        Assert.True(RecommenderChampion.Compare(report, Serving(0.5), NoWorse).IsPassed);
        Assert.False(RecommenderChampion.Compare(report, Serving(0.5), Better).IsPassed);
    }

    [Theory]
    [InlineData(-0.1, 0.11, true)]
    [InlineData(-0.1, 0.09, false)]
    public void Recommender_WhenSurelyWorseThanPopularity_IsRefusedEvenAsTheFirst(
        double gain,
        double chance,
        bool isPassed
    )
    {
        RecommenderReport report = Recommender(1_000, 0.3) with { PopularityGain = Between(gain, chance) };

        GateVerdict verdict = RecommenderChampion.Compare(report, champion: null, NoWorse);

        Assert.Equal(isPassed, verdict.IsPassed);
        Assert.Equal(!isPassed, verdict.Reason.Contains("of popularity", StringComparison.Ordinal));
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
        bool isPassed
    ) =>
        Assert.Equal(
            isPassed,
            RecommenderChampion.Compare(Recommender(1_000_000, hitRate), Serving(before), NoWorse).IsPassed
        );

    [Theory]
    [InlineData(49, true)]
    [InlineData(50, false)]
    public void Recommender_WhenTheChampionDoesNotKnowTheProductsOfToday_TakesItsPlace(long known, bool isPassed)
    {
        RecommenderReport report = Recommender(1_000, 0.1) with
        {
            Champion = new NextItemMetrics(1_000, 0.9, 0.2),
            ChampionGain = Between(-0.8, 0.01),
            Visits = 100,
            KnownToChampion = known,
        };

        GateVerdict verdict = RecommenderChampion.Compare(report, Serving(0.9), NoWorse);

        Assert.Equal(isPassed, verdict.IsPassed);
        Assert.Equal(
            isPassed,
            verdict.Reason == $"version 7 knows the products of {known} of 100 visits in the newest sessions"
        );
    }

    [Fact]
    public void Recommender_WhenTheChampionCannotBeRead_TakesItsPlace()
    {
        GateVerdict verdict = RecommenderChampion.Compare(
            Recommender(1_000, 0.1),
            Serving(0.9) with
            {
                Model = null,
            },
            NoWorse
        );

        Assert.Equal((true, "version 7 cannot be read any more"), (verdict.IsPassed, verdict.Reason));
    }

    /// <summary>0.32 of 81 against 0.2753 of 1,000: two standard errors are 0.108.</summary>
    [Fact]
    public void Recommender_WhenTheChampionsSampleWasSmall_IsNotHeldToItsLuck()
    {
        RecommenderReport report = Recommender(1_000, 0.2753);

        Assert.True(RecommenderChampion.Compare(report, Serving(0.32, cases: 81), NoWorse).IsPassed);
        Assert.False(RecommenderChampion.Compare(report, Serving(0.32, cases: 10_000), NoWorse).IsPassed);
    }

    private static GateVerdict Verdict(PurchaseReport report, PurchaseChallenge challenge, TrainingOptions options) =>
        new(PurchaseChampion.Compare(report, challenge, options));

    private static PurchaseChallenge Challenge(double gain, double chance) =>
        new(7, Metrics(0.30), new(Between(gain, chance), Between(0, 0.001)), 5, 5);

    private static Estimate Between(double value, double chance) => new(value, value - chance, value + chance);

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
            Original = Metrics(0.22),
            BaseRate = Metrics(0.2, 0.55),
        };
}
