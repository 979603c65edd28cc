using Fecom.Learning.Boosting;
using Fecom.Learning.NextItem;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using Xunit;

namespace Fecom.UnitTests.Learning.Boosting;

public sealed class ColumnScorerTests
{
    private const int Width = 6;

    /// <summary>To the last bit, at the thresholds and beside them too.</summary>
    [Theory]
    [InlineData(150, 20)]
    [InlineData(600, 5)]
    [InlineData(3, 500)]
    public void Score_EqualsWhatMlNetPredicts(int trees, int minRows)
    {
        RankerOptions options = new()
        {
            Trees = trees,
            MinRowsPerLeaf = minRows,
            FeatureShare = 0.7,
            Threads = 1,
        };
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        RankingPredictionTransformer<LightGbmRankingModelParameters> grown = RankerTrainer.Train(
            new RankingRows(Questions(60, 40, [], seed: 1), Width, cancellationToken),
            options,
            cancellationToken
        );
        ColumnScorer scorer = RankerTrainer.Scorer(grown);
        Assert.Equal(trees, scorer.Trees);
        Assert.Contains(scorer.Splits.ToArray(), split => uint.PopCount(split.LeavesLeft) > (trees > 3 ? 3 : 0));

        foreach (int rows in (int[])[1, 7, 8, 9, 16, 17, 32, 33, 150])
        {
            RankingRows.Question[] fresh = Questions(20, rows, scorer.Splits.ToArray(), seed: rows);
            float[] expected =
            [
                .. grown.Transform(new RankingRows(fresh, Width, cancellationToken)).GetColumn<float>("Score"),
            ];
            float[] actual = [.. fresh.SelectMany(question => Score(scorer, question.Features))];
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Score_EqualsAWalkFromNodeToNode()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        RankingPredictionTransformer<LightGbmRankingModelParameters> grown = RankerTrainer.Train(
            new RankingRows(Questions(60, 40, [], seed: 2), Width, cancellationToken),
            new RankerOptions { MinRowsPerLeaf = 10, Threads = 1 },
            cancellationToken
        );
        RegressionTreeEnsemble trees = grown.Model.TrainedTreeEnsemble;
        ColumnScorer scorer = ColumnScorer.Of(trees);
        foreach (RankingRows.Question question in Questions(20, 33, scorer.Splits.ToArray(), seed: 3))
        {
            float[] actual = Score(scorer, question.Features);
            Assert.All(
                Enumerable.Range(0, 33),
                row => Assert.Equal(Walk(trees, question.Features.AsSpan(row * Width, Width)), actual[row])
            );
        }
    }

    [Fact]
    public void Score_WithoutAnySplit_IsTheSumOfTheLeaves()
    {
        double[] leaves = new double[2 * ColumnScorer.MaxLeaves];
        (leaves[0], leaves[ColumnScorer.MaxLeaves]) = (0.5, 0.25);

        Assert.Equal([0.75f, 0.75f, 0.75f], Score(new ColumnScorer([], leaves), new float[3 * Width]));
    }

    [Theory]
    [InlineData(0f, 0, 1)]
    [InlineData(0f, -1, 0)]
    [InlineData(float.NaN, 0, 0)]
    public void New_WhenASplitFitsNowhere_SaysSo(float threshold, int feature, int tree) =>
        Assert.Throws<InvalidDataException>(() =>
            new ColumnScorer(
                [new ColumnScorer.Split(threshold, feature, tree, LeavesLeft: 1)],
                new double[ColumnScorer.MaxLeaves]
            )
        );

    private static float Walk(RegressionTreeEnsemble trees, ReadOnlySpan<float> row)
    {
        double sum = 0;
        for (int i = 0; i < trees.Trees.Count; i++)
        {
            RegressionTree tree = trees.Trees[i];
            int node = tree.NumberOfNodes == 0 ? ~0 : 0;
            while (node >= 0)
            {
                bool isRight = row[tree.NumericalSplitFeatureIndexes[node]] > tree.NumericalSplitThresholds[node];
                node = isRight ? tree.RightChild[node] : tree.LeftChild[node];
            }

            sum += trees.TreeWeights[i] * tree.LeafValues[~node];
        }

        return (float)sum;
    }

    private static float[] Score(ColumnScorer scorer, float[] rows)
    {
        int count = rows.Length / Width;
        int stride = (count + ColumnScorer.Lanes - 1) / ColumnScorer.Lanes * ColumnScorer.Lanes;
        float[] columns = new float[Width * stride];
        for (int row = 0; row < count; row++)
        {
            for (int feature = 0; feature < Width; feature++)
            {
                columns[(feature * stride) + row] = rows[(row * Width) + feature];
            }
        }

        float[] scores = new float[count];
        scorer.Score(columns, stride, scores);
        return scores;
    }

    /// <summary>
    /// The row with the largest of some sum came next; half of the features are thresholds, or the floats beside them. Where there are thresholds to
    /// go by, two of the features are the same in all rows.
    /// </summary>
    private static RankingRows.Question[] Questions(int count, int rows, ColumnScorer.Split[] splits, int seed)
    {
        Random random = new(seed);
        RankingRows.Question Question()
        {
            float[] features = new float[rows * Width];
            for (int i = 0; i < features.Length; i++)
            {
                features[i] = i % Width == 0 ? random.Next(5) : random.NextSingle();
                ColumnScorer.Split[] own = [.. splits.Where(split => split.Feature == i % Width)];
                if (own.Length > 0 && random.Next(2) == 0)
                {
                    float threshold = own[random.Next(own.Length)].Threshold;
                    features[i] = random.Next(3) switch
                    {
                        0 => threshold,
                        1 => MathF.BitIncrement(threshold),
                        _ => MathF.BitDecrement(threshold),
                    };
                }
            }

            for (int row = 1; splits.Length > 0 && row < rows; row++)
            {
                features[row * Width] = features[0];
                features[(row * Width) + 4] = features[4];
            }

            float Sum(int row) => features[row * Width] + features[(row * Width) + 1] * features[(row * Width) + 2];
            return new RankingRows.Question(features, Enumerable.Range(0, rows).MaxBy(Sum));
        }

        return [.. Enumerable.Range(0, count).Select(_ => Question())];
    }
}
