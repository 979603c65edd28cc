using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Trainers.LightGbm;
using Model = Microsoft.ML.Calibrators.CalibratedModelParametersBase<
    Microsoft.ML.Trainers.LightGbm.LightGbmBinaryModelParameters,
    Microsoft.ML.Calibrators.PlattCalibrator
>;
using Transformer = Microsoft.ML.Data.BinaryPredictionTransformer<Microsoft.ML.Calibrators.CalibratedModelParametersBase<
    Microsoft.ML.Trainers.LightGbm.LightGbmBinaryModelParameters,
    Microsoft.ML.Calibrators.PlattCalibrator
>>;

namespace Fecom.Learning.Boosting;

/// <summary>Grows boosted trees for a yes-or-no label with ML.NET's LightGBM trainer (Ke and others, 2017).</summary>
internal static class BoostedTreesTrainer
{
    /// <summary>Rows that are enough to say how the rows spread over the leaves.</summary>
    private const int CoverRows = 50_000;

    /// <summary>Validation rows that are enough to say how the log loss fell from tree to tree.</summary>
    public const int CurveRows = 20_000;

    /// <summary>Trains a model; grows every tree.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="options">How trees are grown.</param>
    /// <param name="cancellationToken">Returns at once.</param>
    public static GrownTrees Train(FeatureMatrix train, BoostingOptions options, CancellationToken cancellationToken)
    {
        Transformer grown = Fit(train, options, cancellationToken);
        TreeEnsemble trees = TreeEnsemble.Of(grown.Model);
        return new GrownTrees(grown, trees.WithCover(trees.CountRows(train, CoverRows)));
    }

    /// <summary>The log loss after each tree, up to the last that is worth growing.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that say by their log loss how many trees are worth growing.</param>
    /// <param name="options">How trees are grown.</param>
    /// <param name="cancellationToken">Returns at once.</param>
    public static double[] LogLoss(
        FeatureMatrix train,
        FeatureMatrix validation,
        BoostingOptions options,
        CancellationToken cancellationToken
    ) =>
        LightGbmTraining.Run(
            () =>
            {
                using BinnedRows rows = new(train, validation, CurveRows, options.Threads);
                return rows.LogLoss(options, cancellationToken);
            },
            cancellationToken
        );

    /// <summary>The options as ML.NET hands them to LightGBM, in the form of its C interface.</summary>
    internal static string Describe(BoostingOptions options)
    {
        Dictionary<string, object> native = new(NativeOptions(Trainer(options, hasWeights: true)))
        {
            ["objective"] = "binary",
            ["learning_rate"] = options.LearningRate,
            ["num_leaves"] = options.Leaves,
            ["min_data_per_leaf"] = options.MinRowsPerLeaf,
        };
        return string.Join(
            ' ',
            native.Select(option => string.Create(CultureInfo.InvariantCulture, $"{option.Key}={option.Value}"))
        );
    }

    private static Transformer Fit(FeatureMatrix train, BoostingOptions options, CancellationToken cancellationToken)
    {
        LightGbmBinaryTrainer trainer = Trainer(options, train.HasWeights);
        return LightGbmTraining.Run(() => trainer.Fit(train), cancellationToken);
    }

    private static LightGbmBinaryTrainer Trainer(BoostingOptions options, bool hasWeights)
    {
        MLContext ml = new(options.Seed);
        LightGbmBinaryTrainer trainer = ml.BinaryClassification.Trainers.LightGbm(ForMlNet(options, hasWeights));
        NativeOptions(trainer)["force_col_wise"] = true;
        return trainer;
    }

    /// <summary>
    /// What ML.NET hands to LightGBM. Left to itself LightGBM times two ways of summing and takes the quicker; their sums differ in
    /// the last digit, so that the same rows would give other trees on a busy machine. ML.NET has no option that settles it.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "GbmOptions")]
    private static extern ref Dictionary<string, object> NativeOptions(
        LightGbmTrainerBase<LightGbmBinaryTrainer.Options, float, Transformer, Model> trainer
    );

    private static LightGbmBinaryTrainer.Options ForMlNet(BoostingOptions options, bool hasWeights) =>
        new()
        {
            FeatureColumnName = FeatureMatrix.Features,
            LabelColumnName = FeatureMatrix.Label,
            ExampleWeightColumnName = hasWeights ? FeatureMatrix.Weight : null,
            NumberOfIterations = options.Trees,
            LearningRate = options.LearningRate,
            NumberOfLeaves = options.Leaves,
            MinimumExampleCountPerLeaf = options.MinRowsPerLeaf,
            UseCategoricalSplit = false,
            NumberOfThreads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount,
            Seed = options.Seed,
            Booster = new GradientBooster.Options
            {
                MaximumTreeDepth = options.MaxDepth,
                L2Regularization = options.L2,
                SubsampleFraction = options.RowShare,
                SubsampleFrequency = options.RowShare < 1 ? 1 : 0,
                FeatureFraction = options.FeatureShare,
            },
        };
}

/// <summary>Trees twice: as ML.NET keeps and saves them, and as we walk them.</summary>
/// <param name="Transformer">ML.NET's transformer from <c>Features</c> to <c>Score</c> and <c>Probability</c>.</param>
/// <param name="Trees">The same trees, flat.</param>
internal sealed record GrownTrees(ITransformer Transformer, TreeEnsemble Trees);
