using Fecom.Learning.Boosting;
using Microsoft.ML;

namespace Fecom.Learning.Purchase;

/// <summary>A trained model and what it is worth.</summary>
/// <param name="Model">The model.</param>
/// <param name="Report">How good it is.</param>
public sealed record TrainedPurchaseModel(PurchaseModel Model, PurchaseReport Report);

/// <summary>Trains the purchase model.</summary>
/// <remarks>
/// First trees grow on the oldest sessions until the next ones show no gain: that gives the number of trees. Then they are grown anew
/// with so many on both parts, and measured on the newest sessions, which took part in nothing before, beside the base rate and
/// logistic regression. The simplest answers unless a more elaborate one beats it there.
/// </remarks>
public static class PurchaseTrainer
{
    /// <summary>Trains and measures.</summary>
    /// <param name="data">Rows in parts by time.</param>
    /// <param name="options">How trees are grown.</param>
    /// <param name="progress">Hears what comes next and the share that is done by then, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">See <see cref="BoostedTreesTrainer"/>: returns at once, trees that are growing grow to their end.</param>
    public static TrainedPurchaseModel Train(
        PurchaseDataSet data,
        BoostingOptions options,
        Action<string, double>? progress,
        CancellationToken cancellationToken
    )
    {
        progress?.Invoke($"finding the number of trees, at most {options.Trees}, on {data.Fit.Count} rows", 0);
        GrownTrees first = Grow(data.Fit, data.Stop, options, cancellationToken);

        progress?.Invoke($"growing {first.Trees.Count} trees on {data.Train.Count} rows", 0.5);
        PurchaseEncoder encoder = PurchaseEncoder.Fit(data.Train);
        GrownTrees trees = Grow(data.Train, null, options with { Trees = first.Trees.Count }, cancellationToken);

        progress?.Invoke($"measuring against the baselines on {data.Validation.Count} rows", 0.9);
        bool[] labels = Labels(data.Train);
        float[] numbers = PurchaseEncoder.EncodeOutOfFold(data.Train);
        ITransformer logistic = LogisticBaseline.Train(numbers, labels, options.Seed, cancellationToken);
        GrownTrees rate = Grow(
            data.Train,
            null,
            options with
            {
                Trees = 1,
                MinRowsPerLeaf = data.Train.Count,
                RowShare = 1,
            },
            cancellationToken
        );
        return Choose(
            data,
            first.LogLoss,
            [
                PurchaseModel.Of(
                    encoder,
                    PurchaseAlgorithm.BaseRate,
                    data.Candidate,
                    rate.Transformer,
                    rate.Trees.Cover
                ),
                PurchaseModel.Of(encoder, PurchaseAlgorithm.LogisticRegression, data.Candidate, logistic, []),
                PurchaseModel.Of(
                    encoder,
                    PurchaseAlgorithm.LightGbm,
                    data.Candidate,
                    trees.Transformer,
                    trees.Trees.Cover
                ),
            ]
        );
    }

    private static GrownTrees Grow(
        IReadOnlyList<PurchaseRow> rows,
        IReadOnlyList<PurchaseRow>? stop,
        BoostingOptions options,
        CancellationToken cancellationToken
    )
    {
        FeatureMatrix train = new(
            PurchaseEncoder.EncodeOutOfFold(rows),
            Labels(rows),
            PurchaseEncoder.Columns,
            cancellationToken
        );
        FeatureMatrix? validation = stop is null
            ? null
            : new(PurchaseEncoder.Fit(rows).Encode(stop), Labels(stop), PurchaseEncoder.Columns, cancellationToken);
        return BoostedTreesTrainer.Train(train, validation, options, cancellationToken);
    }

    /// <param name="data">What to measure on.</param>
    /// <param name="learningCurve">Log loss after each tree that was grown.</param>
    /// <param name="models">A model of each algorithm, the simplest first.</param>
    private static TrainedPurchaseModel Choose(
        PurchaseDataSet data,
        IReadOnlyList<double> learningCurve,
        PurchaseModel[] models
    )
    {
        PurchaseMetrics[] metrics = Array.ConvertAll(models, model => PurchaseMetrics.Of(model, data.Validation));
        int best = 0;
        for (int i = 1; i < models.Length; i++)
        {
            best = metrics[i].LosesTo(metrics[best]) ? best : i;
        }

        PurchaseReport report = new()
        {
            Candidate = data.Candidate,
            TrainRows = data.Train.Count,
            ValidationRows = data.Validation.Count,
            ValidationStart = data.ValidationStart,
            TrainRate = models[best].BaseRate,
            ValidationRate = (double)data.Validation.Count(row => row.IsPurchased) / data.Validation.Count,
            Algorithm = models[best].Algorithm,
            Trees = learningCurve.Count,
            LearningCurve = learningCurve,
            LightGbm = metrics[2],
            Logistic = metrics[1],
            BaseRate = metrics[0],
        };
        return new TrainedPurchaseModel(models[best], report);
    }

    private static bool[] Labels(IReadOnlyList<PurchaseRow> rows) => [.. rows.Select(row => row.IsPurchased)];
}
