using Fecom.Learning.Artifacts;
using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class PurchaseModelTests
{
    private static readonly BoostingOptions Options = new() { Threads = 1 };

    /// <summary>A model of each algorithm: data in which it wins.</summary>
    private static readonly Lazy<Dictionary<PurchaseAlgorithm, PurchaseModel>> Models = new(() =>
        new()
        {
            [PurchaseAlgorithm.LightGbm] = Train(GeneratedSessions.DataSet(4_000, crossed: true)).Model,
            [PurchaseAlgorithm.LogisticRegression] = Train(
                GeneratedSessions.DataSet(4_000),
                Options with
                {
                    Trees = 1,
                }
            ).Model,
            [PurchaseAlgorithm.BaseRate] = Train(
                Chance(GeneratedSessions.DataSet(4_000), trainRate: 0.3, validationRate: 0.3)
            ).Model,
        }
    );

    public static TheoryData<PurchaseAlgorithm> Algorithms => [.. Enum.GetValues<PurchaseAlgorithm>()];

    [Fact]
    public void Train_OnGeneratedSessions_ReachesThePinnedQuality()
    {
        PurchaseReport report = Train(GeneratedSessions.DataSet(6_000)).Report;

        // A fixed data set: these figures move only when the model does.
        Assert.Equal(0.79, report.LightGbm.Auc, 0.02);
        Assert.True(report.Model.PrAuc > report.ValidationRate + 0.25);
        Assert.True(report.Model.LogLoss < report.BaseRate.LogLoss - 0.1);
        Assert.True(report.Model.CalibrationError < 0.06);
        Assert.True(report.Logistic.Auc > 0.75);
        Assert.Equal(0.79, report.Original.Auc, 0.03);
        Assert.Equal(0.5, report.BaseRate.Auc, 12);
        Assert.Equal(report.ValidationRate, report.BaseRate.PrAuc, 12);
    }

    [Fact]
    public void Train_WhenFeaturesWorkTogether_ServesTrees()
    {
        TrainedPurchaseModel trained = Train(GeneratedSessions.DataSet(4_000, crossed: true));

        Assert.Equal(
            (PurchaseAlgorithm.LightGbm, trained.Report.LightGbm),
            (trained.Model.Algorithm, trained.Report.Model)
        );
        Assert.True(trained.Report.LightGbm.PrAuc > trained.Report.Logistic.PrAuc);
    }

    [Fact]
    public void Train_WhenTreesLoseToLogisticRegression_ServesThat()
    {
        TrainedPurchaseModel trained = Train(GeneratedSessions.DataSet(4_000), Options with { Trees = 1 });

        Assert.True(trained.Report.LightGbm.LosesTo(trained.Report.Logistic));
        Assert.Equal(PurchaseAlgorithm.LogisticRegression, trained.Model.Algorithm);
        Assert.Equal(trained.Report.Logistic, trained.Report.Model);
    }

    [Theory]
    [InlineData(0.3, 0.3)]
    [InlineData(0.3, 0.1)]
    public void Train_WhenLabelsAreChance_ServesTheBaseRateAndClaimsNothing(double trainRate, double validationRate)
    {
        TrainedPurchaseModel trained = Train(Chance(GeneratedSessions.DataSet(4_000), trainRate, validationRate));

        Assert.Equal(0.5, trained.Report.LightGbm.Auc, 0.1);
        Assert.Equal(PurchaseAlgorithm.BaseRate, trained.Model.Algorithm);
        Assert.Equal(trained.Report.BaseRate, trained.Report.Model);
        Assert.Equal((float)trained.Model.BaseRate, trained.Model.Predict(Random(new Random(1))), 1e-6f);
    }

    [Fact]
    public void Train_OnTheSameRows_MakesTheSameModel()
    {
        PurchaseModel first = Train(GeneratedSessions.DataSet(1_500, crossed: true)).Model;
        PurchaseModel second = Train(GeneratedSessions.DataSet(1_500, crossed: true)).Model;

        Assert.Equal((first.Algorithm, first.Trees), (second.Algorithm, second.Trees));
        Assert.All(Features(100), row => Assert.Equal(first.Explain(row), second.Explain(row)));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Load_OfWhatSaveWrote_PredictsTheSame(PurchaseAlgorithm algorithm)
    {
        PurchaseModel model = Models.Value[algorithm];
        PurchaseModel loaded = PurchaseModel.Load(model.Save());

        Assert.All(Features(100), row => Assert.Equal(model.Predict(row), loaded.Predict(row)));
        Assert.All(Features(100), row => Assert.Equal(model.Explain(row), loaded.Explain(row)));
        Assert.Equal(
            (algorithm, model.BaseRate, model.Candidate, model.Trees),
            (loaded.Algorithm, loaded.BaseRate, loaded.Candidate, loaded.Trees)
        );
        Assert.Equal(model.Save(), loaded.Save());
        Assert.Equal("purchase", ModelArtifact.KindOf(model.Save()));
    }

    /// <summary>The file inside the artifact, opened as any user of ML.NET would: known, unknown and missing categories, any numbers.</summary>
    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Pipeline_InStockMlNet_PredictsTheSame(PurchaseAlgorithm algorithm)
    {
        PurchaseModel model = Models.Value[algorithm];
        using MemoryStream file = new(PurchaseModel.PipelineOf(model.Save()));
        MLContext ml = new();
        ITransformer pipeline = ml.Model.Load(file, out DataViewSchema schema);
        PurchaseFeatures[] features = Features(2_000);

        IDataView scored = pipeline.Transform(ml.Data.LoadFromEnumerable(features.Select(Inputs)));
        float[] expected = [.. scored.GetColumn<float>("Probability")];

        Assert.Equal(
            ["category_code_level1", "category_path", "event_weekday", "activity_count", "price", "brand", "history"],
            schema.Select(column => column.Name)
        );
        Assert.All(
            Enumerable.Range(0, features.Length),
            row => Assert.Equal(expected[row], model.Predict(features[row]), 1e-5f)
        );
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void WriteOnnx_GivesAModelThatPredictsTheSame(PurchaseAlgorithm algorithm)
    {
        PurchaseModel model = Models.Value[algorithm];
        using MemoryStream onnx = new();
        model.WriteOnnx(onnx);
        PurchaseFeatures[] features = Features(2_000);
        PurchasePipeline.Inputs[] inputs = [.. features.Select(Inputs)];
        DenseTensor<T> Column<T>(Func<PurchasePipeline.Inputs, T> value) =>
            new(inputs.Select(value).ToArray(), [inputs.Length, 1]);

        using InferenceSession session = new(onnx.ToArray());
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([
            NamedOnnxValue.CreateFromTensor("category_code_level1", Column(row => row.CategoryCodeLevel1)),
            NamedOnnxValue.CreateFromTensor("category_path", Column(row => row.CategoryPath)),
            NamedOnnxValue.CreateFromTensor("brand", Column(row => row.Brand)),
            NamedOnnxValue.CreateFromTensor("event_weekday", Column(row => row.EventWeekday)),
            NamedOnnxValue.CreateFromTensor("activity_count", Column(row => row.ActivityCount)),
            NamedOnnxValue.CreateFromTensor("price", Column(row => row.Price)),
            NamedOnnxValue.CreateFromTensor(
                "history",
                new DenseTensor<float>(
                    inputs.SelectMany(row => row.History).ToArray(),
                    [inputs.Length, PurchaseFeatures.Count]
                )
            ),
        ]);

        float[] expected = [.. outputs.Single(output => output.Name == "Probability.output").AsEnumerable<float>()];
        Assert.Equal(7, session.InputMetadata.Count);
        Assert.All(
            Enumerable.Range(0, features.Length),
            row => Assert.Equal(expected[row], model.Predict(features[row]), 1e-5f)
        );
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Predict_OfManyAndFromManyThreads_EqualsOneByOne(PurchaseAlgorithm algorithm)
    {
        PurchaseModel model = Models.Value[algorithm];
        PurchaseFeatures[] features = Features(1_000);
        float[] alone = [.. features.Select(f => model.Predict(f))];

        Parallel.For(
            0,
            8,
            thread =>
            {
                foreach (int count in new[] { 1, 64, 65, 1_000 })
                {
                    float[] together = new float[count];
                    model.Predict(features.AsSpan(0, count), together);
                    Assert.Equal(alone[..count], together);
                }

                Assert.Equal(alone[thread], model.Predict(features[thread]));
            }
        );
    }

    [Fact]
    public void Predict_OnTheHotPath_AllocatesNothing()
    {
        PurchaseModel model = Models.Value[PurchaseAlgorithm.LightGbm];
        PurchaseFeatures features = Features(1)[0];
        features = features with
        {
            Original = features.Original with { CategoryCodeLevel1 = "electronics", CategoryCodeLevel2 = "phone" },
        };
        model.Predict(features);

        // The runtime itself allocates now and then, when it compiles a method anew; a call that allocates does in every round.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedBy(100)));

        long AllocatedBy(int rows)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int row = 0; row < rows; row++)
            {
                model.Predict(features);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Explain_AddsUpToThePrediction(PurchaseAlgorithm algorithm)
    {
        PurchaseModel model = Models.Value[algorithm];

        Assert.All(
            Features(200),
            row =>
            {
                IReadOnlyList<Contribution> contributions = model.Explain(row);
                Assert.Equal(model.Predict(row), 1 / (1 + Math.Exp(-contributions.Sum(c => c.LogOdds))), 1e-6);
                Assert.Equal([.. PurchaseEncoder.FeatureNames, "bias"], contributions.Select(c => c.Feature));
            }
        );
    }

    [Fact]
    public void Explain_SaysWhichFeatureSpeaksForAPurchase()
    {
        SessionFeatures cheap = new()
        {
            EventWeekday = 1,
            ActivityCount = 3,
            Price = 5m,
            Brand = "plain",
        };
        foreach (
            PurchaseModel model in new[]
            {
                Models.Value[PurchaseAlgorithm.LightGbm],
                Models.Value[PurchaseAlgorithm.LogisticRegression],
            }
        )
        {
            Assert.True(PriceOf(model, cheap) > 0);
            Assert.True(PriceOf(model, cheap with { Price = 95m }) < 0);
        }
    }

    private static double PriceOf(PurchaseModel model, SessionFeatures features) =>
        model.Explain(PurchaseFeatures.Of(features)).Single(c => c.Feature == "price").LogOdds;

    [Fact]
    public void Load_WhenTheArtifactIsCut_Refuses()
    {
        byte[] artifact = Models.Value[PurchaseAlgorithm.LightGbm].Save();

        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(artifact.AsMemory(0, artifact.Length - 1)));
        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(artifact.AsMemory(0, 100)));
        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(new byte[40]));
    }

    [Fact]
    public void Load_WhenThePipelineIsBroken_Refuses()
    {
        byte[] artifact = Models.Value[PurchaseAlgorithm.LightGbm].Save();
        byte[] pipeline = PurchaseModel.PipelineOf(artifact);
        int start = artifact.AsSpan().IndexOf(pipeline);
        artifact.AsSpan(start, pipeline.Length).Clear();

        Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(artifact));
    }

    [Fact]
    public void Load_WhenXgBoostMadeTheModel_SaysThatANewTrainingIsNeeded()
    {
        byte[] old = ModelArtifact.Write(
            "purchase",
            1,
            new { features = PurchaseEncoder.FeatureNames, xg_boost = "1.7.4" },
            ("trees", [1, 2, 3])
        );

        string message = Assert.Throws<InvalidDataException>(() => PurchaseModel.Load(old)).Message;
        Assert.Equal(
            "The artifact is in format 1 of another release; this one reads format 4. A new training makes one that it reads.",
            message
        );
    }

    private static PurchaseFeatures[] Features(int count)
    {
        Random random = new(7);
        return [.. Enumerable.Range(0, count).Select(_ => Random(random))];
    }

    private static PurchaseFeatures Random(Random random) =>
        PurchaseFeatures.Of(Original(random)) with
        {
            More =
            [
                .. PurchaseFeatures.Names.Select(_ => random.Next(3) == 0 ? float.NaN : random.Next(-5, 1_000) / 10f),
            ],
        };

    private static SessionFeatures Original(Random random) =>
        new()
        {
            CategoryCodeLevel1 = Pick(random, "electronics", "unseen", null),
            CategoryCodeLevel2 = Pick(random, "smartphone", "unseen", null),
            Brand = Pick(random, "liked", "known", "plain", "poor", "Poor", " poor", "größe", "never seen", null),
            EventWeekday = random.Next(7),
            ActivityCount = random.Next(1, 40),
            Price = random.Next(1, 30_000) / 100m,
        };

    private static string? Pick(Random random, params string?[] texts) => texts[random.Next(texts.Length)];

    private static PurchasePipeline.Inputs Inputs(PurchaseFeatures all)
    {
        SessionFeatures features = all.Original;
        return new()
        {
            CategoryCodeLevel1 = features.CategoryCodeLevel1 ?? "",
            CategoryPath = features.CategoryCodeLevel2 is null
                ? ""
                : $"{features.CategoryCodeLevel1}.{features.CategoryCodeLevel2}",
            Brand = features.Brand ?? "",
            EventWeekday = features.EventWeekday,
            ActivityCount = features.ActivityCount,
            Price = (float)features.Price,
            History =
            [
                .. all.More.Zip(PurchaseFeatures.Missing, (value, missing) => float.IsNaN(value) ? missing : value),
            ],
        };
    }

    private static PurchaseDataSet Chance(PurchaseDataSet data, double trainRate, double validationRate)
    {
        Random random = new(5);
        PurchaseRow[] Shuffled(IReadOnlyList<PurchaseRow> rows, double rate) =>
            [.. rows.Select(row => row with { IsPurchased = random.NextDouble() < rate })];
        return new(
            data.Candidate,
            data.Zone,
            [.. data.Folds.Select(f => new PurchaseFold(Shuffled(f.Fit, trainRate), Shuffled(f.Stop, trainRate)))],
            Shuffled(data.Train, trainRate),
            Shuffled(data.Validation, validationRate),
            [.. data.ValidationSessions],
            data.ValidationStart
        );
    }

    private static TrainedPurchaseModel Train(PurchaseDataSet data, BoostingOptions? options = null) =>
        PurchaseTrainer.Train(data, options ?? Options, null, TestContext.Current.CancellationToken);
}
