using Fecom.Learning.Artifacts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Learning.XGBoost;
using Fecom.UnitTests.Learning.XGBoost;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class PurchaseModelTests
{
    private static readonly BoostingOptions Options = new() { Threads = 1 };

    public PurchaseModelTests() => RequiresXGBoost.OrSkip();

    [Fact]
    public void Train_OnGeneratedSessions_ReachesThePinnedQuality()
    {
        PurchaseReport report = Train(GeneratedSessions.DataSet(6_000)).Report;

        // A fixed data set: these figures move only when the model does.
        Assert.Equal(0.79, report.Model.Auc, 0.02);
        Assert.True(report.Model.PrAuc > report.ValidationRate + 0.25);
        Assert.True(report.Model.LogLoss < report.BaseRate.LogLoss - 0.1);
        Assert.True(report.Model.CalibrationError < 0.06);
        Assert.True(report.Logistic.Auc > 0.75);
        Assert.Equal(0.5, report.BaseRate.Auc, 12);
        Assert.Equal(report.ValidationRate, report.BaseRate.PrAuc, 12);
    }

    [Fact]
    public void Train_WhenLabelsAreChance_ClaimsNothing()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(4_000);
        Random random = new(5);
        PurchaseRow[] Shuffled(IReadOnlyList<PurchaseRow> rows) =>
            [.. rows.Select(row => row with { IsPurchased = random.NextDouble() < 0.3 })];
        PurchaseDataSet chance = new(
            data.Candidate,
            Shuffled(data.Fit),
            Shuffled(data.Stop),
            Shuffled(data.Train),
            Shuffled(data.Validation),
            data.ValidationStart
        );

        Assert.Equal(0.5, Train(chance).Report.Model.Auc, 0.06);
    }

    [Fact]
    public void Load_OfWhatSaveWrote_PredictsTheSame()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(1_000);
        using PurchaseModel model = Train(data).Model;
        using PurchaseModel loaded = PurchaseModel.Load(model.Save());

        Assert.All(data.Validation, row => Assert.Equal(model.Predict(row.Features), loaded.Predict(row.Features)));
        Assert.Equal((model.BaseRate, model.Candidate, model.Rounds), (loaded.BaseRate, loaded.Candidate, loaded.Rounds));
        Assert.Equal(model.Save(), loaded.Save());
        Assert.Equal("purchase", ModelArtifact.KindOf(model.Save()));
    }

    [Fact]
    public void Predict_OfMany_EqualsOneByOne()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(1_000);
        using PurchaseModel model = Train(data).Model;
        SessionFeatures[] features = [.. data.Validation.Select(row => row.Features)];
        float[] probabilities = new float[features.Length];
        model.Predict(features, probabilities);

        Assert.Equal(features.Select(f => model.Predict(f)), probabilities);
    }

    [Fact]
    public void Predict_WhenBrandAndCategoryAreUnseenOrMissing_Answers()
    {
        using PurchaseModel model = Train(GeneratedSessions.DataSet(1_000)).Model;
        SessionFeatures missing = new() { EventWeekday = 1, ActivityCount = 1, Price = 10m };

        Assert.InRange(model.Predict(missing), 0, 1);
        Assert.InRange(model.Predict(missing with { Brand = "never", CategoryCodeLevel1 = "seen" }), 0, 1);
    }

    [Fact]
    public void Explain_AddsUpToThePrediction()
    {
        using PurchaseModel model = Train(GeneratedSessions.DataSet(2_000)).Model;
        SessionFeatures features = new() { EventWeekday = 1, ActivityCount = 3, Price = 5m, Brand = "liked" };
        IReadOnlyList<Contribution> contributions = model.Explain(features);

        double margin = contributions.Sum(c => c.LogOdds);
        Assert.Equal(model.Predict(features), 1 / (1 + Math.Exp(-margin)), 4);
        Assert.Equal([.. PurchaseEncoder.FeatureNames, "bias"], contributions.Select(c => c.Feature));
        Assert.True(contributions.Single(c => c.Feature == "price").LogOdds > 0);
    }

    [Fact]
    public void Load_WhenTheArtifactIsCut_Refuses()
    {
        using PurchaseModel model = Train(GeneratedSessions.DataSet(1_000)).Model;
        byte[] artifact = model.Save();

        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(artifact.AsMemory(0, artifact.Length - 1)));
        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(artifact.AsMemory(0, 100)));
        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(new byte[40]));
    }

    private static TrainedPurchaseModel Train(PurchaseDataSet data) =>
        PurchaseTrainer.Train(data, Options, null, TestContext.Current.CancellationToken);
}
