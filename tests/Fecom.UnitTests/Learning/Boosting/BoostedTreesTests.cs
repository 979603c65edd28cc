using Fecom.Learning.Boosting;
using Fecom.Learning.Metrics;
using Microsoft.ML.Data;
using Xunit;

namespace Fecom.UnitTests.Learning.Boosting;

public sealed class BoostedTreesTests
{
    private const int Columns = 4;

    private static readonly BoostingOptions Options = new()
    {
        Trees = 60,
        Threads = 1,
        MinRowsPerLeaf = 20,
    };

    [Fact]
    public void Train_OnRowsWithARule_LearnsIt()
    {
        FeatureMatrix fresh = Rows(2_000, seed: 2, out bool[] truth);
        GrownTrees grown = Grow(
            Rows(4_000, seed: 1, out _),
            Options with
            {
                Trees = 200,
                LearningRate = 0.1,
                FeatureShare = 1,
            }
        );

        Assert.True(ProbabilityMetrics.Of(Predict(grown.Trees, fresh), truth).Auc > 0.95);
    }

    [Fact]
    public void LogLoss_WhenValidationStopsImproving_SaysThatFewTreesAreWorthGrowing()
    {
        FeatureMatrix fresh = Rows(500, seed: 2, out bool[] noise);
        new Random(3).Shuffle(noise);
        double[] losses = BoostedTreesTrainer.LogLoss(
            Rows(500, seed: 1, out _),
            fresh,
            Options with
            {
                Trees = 500,
                EarlyStoppingRounds = 5,
            },
            TestContext.Current.CancellationToken
        );

        Assert.InRange(losses.Length, 1, 100);
        Assert.Equal(losses.Min(), losses[^1]);
    }

    [Fact]
    public void Train_WhenCancelled_Ends()
    {
        using CancellationTokenSource cancellation = new();
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() =>
            BoostedTreesTrainer.Train(Rows(500, seed: 1, out _), Options, cancellation.Token)
        );
    }

    [Fact]
    public void Train_WhenTreesWouldHaveTooManyLeaves_SaysSo()
    {
        BoostingOptions options = Options with
        {
            Leaves = 65,
            MaxDepth = 0,
            MinRowsPerLeaf = 5,
            RowShare = 1,
            FeatureShare = 1,
            L2 = 0,
        };

        string message = Assert.Throws<InvalidDataException>(() => Grow(Rows(6_000, seed: 1, out _), options)).Message;
        Assert.Equal("A tree has 65 leaves; at most 64 are served.", message);
    }

    [Fact]
    public void Train_OnTheSameRows_GrowsTheSameTrees()
    {
        FeatureMatrix rows = Rows(2_000, seed: 1, out _);
        BoostingOptions options = Options with { Threads = 2 };

        Assert.Equal(Predict(Grow(rows, options).Trees, rows), Predict(Grow(rows, options).Trees, rows));
    }

    /// <summary>Deep trees, trees of one leaf, few rows: whatever LightGBM grows, our walk through it ends where ML.NET's does.</summary>
    [Theory]
    [InlineData(4_000, 31, 0, 0.7)]
    [InlineData(6_000, 64, 0, 1.0)]
    [InlineData(4_000, 16, 0, 1.0)]
    [InlineData(4_000, 15, 5, 0.5)]
    [InlineData(1_000, 2, 1, 1.0)]
    [InlineData(60, 15, 0, 1.0)]
    public void LogOdds_EqualWhatMlNetPredicts(int rows, int leaves, int depth, double share)
    {
        BoostingOptions options = Options with
        {
            Leaves = leaves,
            MaxDepth = depth,
            FeatureShare = share,
            RowShare = share,
            MinRowsPerLeaf = 20,
        };
        GrownTrees grown = Grow(Rows(rows, seed: 1, out _), options);
        FeatureMatrix fresh = Rows(3_000, seed: 5, out _);

        float[] expected = [.. grown.Transformer.Transform(fresh).GetColumn<float>("Probability")];
        float[] actual = Predict(grown.Trees, fresh);

        Assert.Equal(expected.Length, actual.Length);
        Assert.All(Enumerable.Range(0, actual.Length), row => Assert.Equal(expected[row], actual[row], 1e-6f));
    }

    [Fact]
    public void LogOdds_FromManyThreads_EqualThoseOfOne()
    {
        FeatureMatrix rows = Rows(2_000, seed: 1, out _);
        TreeEnsemble trees = Grow(rows, Options).Trees;
        double[] alone = [.. Enumerable.Range(0, rows.Rows).Select(row => trees.LogOdds(rows.Row(row)))];

        Parallel.For(
            0,
            8,
            _ =>
            {
                for (int row = 0; row < alone.Length; row++)
                {
                    Assert.Equal(alone[row], trees.LogOdds(rows.Row(row)));
                }
            }
        );
    }

    /// <summary>The definition of Shapley (1953): a feature's gain averaged over every order in which features may become known.</summary>
    [Theory]
    [InlineData(15, 5)]
    [InlineData(31, 0)]
    public void Contributions_AreShapleyValues(int leaves, int depth)
    {
        FeatureMatrix rows = Rows(3_000, seed: 1, out _);
        TreeEnsemble trees = Grow(rows, Options with { Trees = 20, Leaves = leaves, MaxDepth = depth }).Trees;
        double[] contributions = new double[Columns + 1];
        for (int row = 0; row < 50; row++)
        {
            float[] features = rows.Row(row).ToArray();
            trees.Contributions(features, contributions);

            Assert.Equal(trees.LogOdds(features), contributions.Sum(), 9);
            Assert.Equal(
                Shapley(known => trees.ExpectedLogOdds(features, known)),
                contributions[..Columns],
                (a, b) => Math.Abs(a - b) < 1e-9
            );
        }
    }

    private static double[] Shapley(Func<bool[], double> value)
    {
        double[] shares = new double[Columns];
        for (int coalition = 0; coalition < 1 << Columns; coalition++)
        {
            bool[] known = [.. Enumerable.Range(0, Columns).Select(i => (coalition & (1 << i)) != 0)];
            int size = known.Count(k => k);
            for (int feature = 0; feature < Columns; feature++)
            {
                if (!known[feature])
                {
                    bool[] with = [.. known];
                    with[feature] = true;
                    double weight = Factorial(size) * Factorial(Columns - size - 1) / Factorial(Columns);
                    shares[feature] += weight * (value(with) - value(known));
                }
            }
        }

        return shares;
    }

    private static double Factorial(int n) => n <= 1 ? 1 : n * Factorial(n - 1);

    private static GrownTrees Grow(FeatureMatrix train, BoostingOptions options) =>
        BoostedTreesTrainer.Train(train, options, TestContext.Current.CancellationToken);

    private static float[] Predict(TreeEnsemble trees, FeatureMatrix rows) =>
        [.. Enumerable.Range(0, rows.Rows).Select(row => (float)(1 / (1 + Math.Exp(-trees.LogOdds(rows.Row(row))))))];

    /// <summary>Positive when two features have the same sign; a third stands for missing at times, the fourth is always the same.</summary>
    private static FeatureMatrix Rows(int count, int seed, out bool[] labels)
    {
        Random random = new(seed);
        float[] values = new float[count * Columns];
        labels = new bool[count];
        for (int row = 0; row < count; row++)
        {
            Span<float> features = values.AsSpan(row * Columns, Columns);
            features[0] = (float)(random.NextDouble() - 0.5);
            features[1] = (float)(random.NextDouble() - 0.5);
            features[2] = random.NextDouble() < 0.3 ? -1 : (float)random.NextDouble();
            features[3] = 7;
            labels[row] = (features[0] * features[1] > 0) ^ (features[2] > 0.8);
        }

        return new FeatureMatrix(values, labels, Columns, CancellationToken.None);
    }
}
