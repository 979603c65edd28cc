using Fecom.Learning.Boosting;
using Xunit;

namespace Fecom.UnitTests.Learning.Boosting;

public sealed class BinnedRowsTests
{
    private const int Columns = 6;

    private static readonly BoostingOptions Options = new()
    {
        Trees = 60,
        EarlyStoppingRounds = 60,
        Threads = 1,
        MinRowsPerLeaf = 20,
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A study measures by LightGBM's own interface what a training grows through ML.NET: the losses are those of the same trees.</summary>
    [Theory]
    [InlineData(8, 20, 0.7, 0.5, false)]
    [InlineData(31, 50, 1.0, 1.0, true)]
    [InlineData(15, 20, 0.5, 0.3, true)]
    public void LogLoss_IsThatOfTheTreesThatATrainingGrows(
        int leaves,
        int minRows,
        double rowShare,
        double featureShare,
        bool hasWeights
    )
    {
        BoostingOptions options = Options with
        {
            Leaves = leaves,
            MinRowsPerLeaf = minRows,
            RowShare = rowShare,
            FeatureShare = featureShare,
        };
        FeatureMatrix train = Rows(4_000, seed: 1, hasWeights);
        FeatureMatrix validation = Rows(1_500, seed: 2, hasWeights: false);

        double[] losses = LogLoss(train, validation, options);

        TreeEnsemble trees = BoostedTreesTrainer.Train(train, options with { Trees = losses.Length }, Cancelled).Trees;
        double expected = Enumerable
            .Range(0, validation.Rows)
            .Average(row =>
                Math.Log(1 + Math.Exp((validation.LabelOf(row) ? -1 : 1) * trees.LogOdds(validation.Row(row))))
            );
        Assert.InRange(losses.Length, 5, options.Trees);
        // ML.NET keeps thresholds as floats, so a row that lies at one may go the other way.
        Assert.Equal(expected, losses[^1], 1e-5);
        Assert.Equal(losses.Min(), losses[^1]);
    }

    [Fact]
    public void Rows_that_are_binned_once_come_to_the_same_for_each_options_as_rows_binned_for_it_alone()
    {
        FeatureMatrix train = Rows(3_000, seed: 1, hasWeights: true);
        FeatureMatrix validation = Rows(1_000, seed: 2, hasWeights: false);
        BoostingOptions[] tried =
        [
            Options,
            Options with
            {
                Leaves = 31,
                LearningRate = 0.2,
                L2 = 0,
            },
            Options with
            {
                MinRowsPerLeaf = 400,
                FeatureShare = 0.2,
                Threads = 2,
            },
            Options,
        ];
        double[][] shared = LightGbmTraining.Run(
            () =>
            {
                using BinnedRows rows = new(train, validation, 1_000, threads: 1);
                return (double[][])
                    [
                        .. tried
                            .Append(tried[2] with { Threads = 1 })
                            .Select(options => rows.LogLoss(options, Cancelled)),
                    ];
            },
            Cancelled
        );

        Assert.Equal(tried.Select(options => LogLoss(train, validation, options)), shared[..^1]);
        Assert.Equal(shared[0], shared[^2]);
        Assert.NotEqual(shared[0], shared[1]);
        Assert.Equal(shared[2], shared[^1]);
    }

    [Fact]
    public void LogLoss_WhenNothingCanBeSplit_IsThatOfTheBaseRate()
    {
        FeatureMatrix rows = Rows(300, seed: 1, hasWeights: false);
        double rate = rows.Labels.Average(label => label ? 1.0 : 0);

        double loss = Assert.Single(LogLoss(rows, rows, Options with { MinRowsPerLeaf = 200, RowShare = 1 }));

        Assert.Equal(-(rate * Math.Log(rate)) - ((1 - rate) * Math.Log(1 - rate)), loss, 1e-6);
    }

    [Fact]
    public void LogLoss_WhenCancelledInTheMiddle_GrowsNoFurtherTree()
    {
        Assert.ThrowsAny<OperationCanceledException>(() =>
            LightGbmTraining.Run(
                () =>
                {
                    using BinnedRows rows = new(
                        Rows(4_000, seed: 1, hasWeights: false),
                        Rows(1_000, seed: 2, hasWeights: false),
                        1_000,
                        threads: 1
                    );
                    using CancellationTokenSource cancellation = new(TimeSpan.FromMilliseconds(200));
                    return rows.LogLoss(
                        Options with
                        {
                            Trees = int.MaxValue,
                            EarlyStoppingRounds = int.MaxValue - 1,
                        },
                        cancellation.Token
                    );
                },
                Cancelled
            )
        );
    }

    [Fact]
    public void LightGbm_WithoutATurn_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() =>
            new BinnedRows(
                Rows(10, seed: 1, hasWeights: false),
                Rows(10, seed: 2, hasWeights: false),
                10,
                threads: 1
            ).Dispose()
        );

    private static double[] LogLoss(FeatureMatrix train, FeatureMatrix validation, BoostingOptions options) =>
        BoostedTreesTrainer.LogLoss(train, validation, options, Cancelled);

    /// <summary>Positive as a rule when the first two features have the same sign; the third has three values, the last is rarely other than 0.</summary>
    private static FeatureMatrix Rows(int count, int seed, bool hasWeights)
    {
        Random random = new(seed);
        float[] values = new float[count * Columns];
        bool[] labels = new bool[count];
        for (int row = 0; row < count; row++)
        {
            Span<float> of = values.AsSpan(row * Columns, Columns);
            foreach (ref float value in of)
            {
                value = (float)((random.NextDouble() * 2) - 1);
            }

            of[2] = random.Next(3) - 1;
            of[^1] = random.Next(20) == 0 ? 1 : 0;
            labels[row] = random.NextDouble() < (of[0] * of[1] > 0 ? 0.7 : 0.1) + (of[^1] / 5);
        }

        float[]? weights = hasWeights ? [.. labels.Select(_ => random.Next(3) == 0 ? 1f : 0.3f)] : null;
        return new FeatureMatrix(values, labels, Columns, Cancelled, weights);
    }
}
