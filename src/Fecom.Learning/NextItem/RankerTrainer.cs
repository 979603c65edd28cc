using Fecom.Learning.Boosting;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;

namespace Fecom.Learning.NextItem;

/// <summary>Grows the ranker's trees with ML.NET's LightGBM: LambdaRank (Burges, 2010) over the candidates of each question.</summary>
internal static class RankerTrainer
{
    /// <summary>Leaves of a tree.</summary>
    private const int Leaves = 31;

    /// <summary>Grows the trees.</summary>
    public static RankingPredictionTransformer<LightGbmRankingModelParameters> Train(
        RankingRows rows,
        RankerOptions options,
        CancellationToken cancellationToken
    )
    {
        MLContext ml = new(options.Seed);
        LightGbmRankingTrainer trainer = ml.Ranking.Trainers.LightGbm(
            new LightGbmRankingTrainer.Options
            {
                FeatureColumnName = RankingRows.Features,
                LabelColumnName = RankingRows.Label,
                RowGroupColumnName = RankingRows.Group,
                NumberOfIterations = options.Trees,
                LearningRate = options.LearningRate,
                NumberOfLeaves = Leaves,
                MinimumExampleCountPerLeaf = options.MinRowsPerLeaf,
                MaximumBinCountPerFeature = 127,
                CustomGains = [0, 1],
                Deterministic = true,
                ForceColumnWise = true,
                UseCategoricalSplit = false,
                HandleMissingValue = false,
                NumberOfThreads = options.Threads,
                Seed = options.Seed,
                Booster = new GradientBooster.Options { FeatureFraction = options.FeatureShare, L2Regularization = 20 },
            }
        );
        return LightGbmTraining.Run(() => trainer.Fit(rows), cancellationToken);
    }

    /// <summary>The trees as they serve.</summary>
    public static ColumnScorer Scorer(RankingPredictionTransformer<LightGbmRankingModelParameters> grown) =>
        ColumnScorer.Of(grown.Model.TrainedTreeEnsemble);
}
