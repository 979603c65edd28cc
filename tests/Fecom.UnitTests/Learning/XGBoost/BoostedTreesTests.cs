using Fecom.Learning.Metrics;
using Fecom.Learning.XGBoost;
using Xunit;

namespace Fecom.UnitTests.Learning.XGBoost;

public sealed class BoostedTreesTests
{
    private const int Columns = 4;

    private static readonly BoostingOptions Options = new() { Rounds = 60, MaxDepth = 4, Threads = 1 };

    public BoostedTreesTests() => RequiresXGBoost.OrSkip();

    [Fact]
    public void Train_OnRowsWithARule_LearnsIt()
    {
        (float[] values, float[] labels) = Rows(4_000, seed: 1);
        (float[] fresh, float[] truth) = Rows(2_000, seed: 2);
        using BoostedTrees trees = Train(values, labels, fresh, truth);

        Assert.True(Auc.Of(Predict(trees, fresh), ToBools(truth)) > 0.95);
    }

    [Fact]
    public void Train_WhenValidationStopsImproving_KeepsTheBestRound()
    {
        (float[] values, float[] labels) = Rows(500, seed: 1);
        (float[] fresh, float[] noise) = Rows(500, seed: 2);
        new Random(3).Shuffle(noise);
        List<BoostingProgress> rounds = [];
        using TrainingMatrix train = TrainingMatrix.Create(values, labels, Columns);
        using TrainingMatrix validation = TrainingMatrix.Create(fresh, noise, Columns);
        BoostingOptions options = Options with { Rounds = 500, EarlyStoppingRounds = 5 };
        using BoostedTrees trees = BoostedTreesTrainer.Train(
            train,
            validation,
            options,
            rounds.Add,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(rounds.MinBy(r => r.Metric)!.Round, trees.Rounds);
        Assert.Equal(trees.Rounds + 5, rounds.Count);
    }

    [Fact]
    public void Train_WhenCancelled_Stops()
    {
        (float[] values, float[] labels) = Rows(500, seed: 1);
        using TrainingMatrix train = TrainingMatrix.Create(values, labels, Columns);
        using CancellationTokenSource cancellation = new();

        Assert.Throws<OperationCanceledException>(() =>
            BoostedTreesTrainer.Train(train, null, Options, _ => cancellation.Cancel(), cancellation.Token)
        );
    }

    [Fact]
    public void Train_WhenAnOptionIsWrong_SaysWhich()
    {
        (float[] values, float[] labels) = Rows(10, seed: 1);
        using TrainingMatrix train = TrainingMatrix.Create(values, labels, Columns);

        XGBoostException refused = Assert.Throws<XGBoostException>(() =>
            BoostedTreesTrainer.Train(train, null, Options with { Objective = "no:such" }, null, TestContext.Current.CancellationToken)
        );
        Assert.Contains("no:such", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfWhatSaveWrote_PredictsTheSame()
    {
        (float[] values, float[] labels) = Rows(1_000, seed: 1);
        using BoostedTrees trees = Train(values, labels, values, labels);
        using BoostedTrees loaded = BoostedTrees.Load(trees.Save());

        Assert.Equal(Predict(trees, values), Predict(loaded, values));
        Assert.Equal((Columns, trees.Rounds), (loaded.Features, loaded.Rounds));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    public void Load_WhenBytesAreNoModel_Refuses(byte[] bytes) =>
        Assert.Throws<XGBoostException>(() => BoostedTrees.Load(bytes));

    [Fact]
    public void Predict_FromManyThreads_AnswersAsFromOne()
    {
        (float[] values, float[] labels) = Rows(2_000, seed: 1);
        using BoostedTrees trees = Train(values, labels, values, labels);
        float[] alone = Predict(trees, values);
        using BoostedTrees fresh = BoostedTrees.Load(trees.Save());

        Parallel.For(
            0,
            8,
            _ =>
            {
                float[] one = new float[1];
                for (int row = 0; row < alone.Length; row++)
                {
                    fresh.Predict(values.AsSpan(row * Columns, Columns), one);
                    Assert.Equal(alone[row], one[0]);
                }
            }
        );
    }

    [Fact]
    public void Predict_OnTheHotPath_AllocatesNothing()
    {
        (float[] values, float[] labels) = Rows(500, seed: 1);
        using BoostedTrees trees = Train(values, labels, values, labels);
        float[] one = new float[1];
        trees.Predict(values.AsSpan(0, Columns), one);

        // The runtime itself allocates now and then, when it compiles a method anew; a call that allocates does in every round.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedBy(100)));

        long AllocatedBy(int rows)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int row = 0; row < rows; row++)
            {
                trees.Predict(values.AsSpan(row * Columns, Columns), one);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Contributions_AddUpToTheMargin()
    {
        (float[] values, float[] labels) = Rows(1_000, seed: 1);
        using BoostedTrees trees = Train(values, labels, values, labels);
        float[] contributions = new float[Columns + 1];
        float[] one = new float[1];
        trees.Predict(values.AsSpan(0, Columns), one);
        trees.Contributions(values.AsSpan(0, Columns), contributions);

        Assert.Equal(Math.Log(one[0] / (1 - one[0])), contributions.Sum(), 3);
        Assert.Equal(0, contributions[3]);
    }

    [Fact]
    public void Predict_WhenLengthsDoNotFit_Refuses()
    {
        (float[] values, float[] labels) = Rows(100, seed: 1);
        using BoostedTrees trees = Train(values, labels, values, labels);
        Assert.Throws<ArgumentException>(() => trees.Predict(new float[5], new float[1]));
        Assert.Throws<ArgumentException>(() => TrainingMatrix.Create(new float[5], new float[2], Columns));
    }

    private static BoostedTrees Train(float[] values, float[] labels, float[] fresh, float[] truth)
    {
        using TrainingMatrix train = TrainingMatrix.Create(values, labels, Columns);
        using TrainingMatrix validation = TrainingMatrix.Create(fresh, truth, Columns);
        return BoostedTreesTrainer.Train(train, validation, Options, null, TestContext.Current.CancellationToken);
    }

    private static float[] Predict(BoostedTrees trees, float[] values)
    {
        float[] predictions = new float[values.Length / Columns];
        trees.Predict(values, predictions);
        return predictions;
    }

    /// <summary>Positive when two features have the same sign; a third is missing at times, the fourth is always so.</summary>
    private static (float[] Values, float[] Labels) Rows(int count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count * Columns];
        float[] labels = new float[count];
        for (int row = 0; row < count; row++)
        {
            Span<float> features = values.AsSpan(row * Columns, Columns);
            features[0] = (float)(random.NextDouble() - 0.5);
            features[1] = (float)(random.NextDouble() - 0.5);
            features[2] = random.NextDouble() < 0.3 ? float.NaN : (float)random.NextDouble();
            features[3] = float.NaN;
            labels[row] = features[0] * features[1] > 0 ? 1 : 0;
        }

        return (values, labels);
    }

    private static bool[] ToBools(float[] labels) => [.. labels.Select(label => label > 0)];
}
