using Fecom.Learning.Boosting;
using Microsoft.ML;

namespace Fecom.Learning.Purchase;

/// <summary>A trained model and what it is worth.</summary>
/// <param name="Model">The model.</param>
/// <param name="Report">How good it is.</param>
public sealed record TrainedPurchaseModel(PurchaseModel Model, PurchaseReport Report);

/// <summary>A model of each algorithm, and trees on the six original features, all from the same rows.</summary>
/// <param name="Models">The simplest first.</param>
/// <param name="Original">Predicts by the six original features alone: the baseline that history has to beat. It never serves.</param>
/// <param name="LearningCurve">Log loss after each tree, over the splits that decide how many are grown.</param>
public sealed record PurchaseCandidates(
    IReadOnlyList<PurchaseModel> Models,
    Func<IReadOnlyList<PurchaseRow>, float[]> Original,
    IReadOnlyList<double> LearningCurve
);

/// <summary>Trains the purchase model.</summary>
/// <remarks>
/// First trees grow on the oldest sessions of several time splits until the next ones show no gain: that gives the number of trees. Then
/// they are grown anew with so many on all of these, and measured on the newest sessions, which took part in nothing before, beside the
/// base rate, logistic regression and the six original features. The simplest answers unless a more elaborate one beats it there.
/// </remarks>
public static class PurchaseTrainer
{
    /// <summary>How trees are grown: small and many, each from half of the features. Larger ones overfit a shop's few thousand carts.</summary>
    public static BoostingOptions Options { get; } =
        new()
        {
            Trees = 500,
            EarlyStoppingRounds = 100,
            LearningRate = 0.03,
            Leaves = 5,
            MaxDepth = 0,
            L2 = 5,
            FeatureShare = 0.5,
        };

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
        PurchaseCandidates candidates = TrainAll(data, options, progress, cancellationToken);
        progress?.Invoke($"measuring against the baselines on {data.Validation.Count} rows", 0.9);
        return Choose(data, candidates);
    }

    /// <summary>Trains a model of each algorithm, and measures nothing.</summary>
    /// <inheritdoc cref="Train"/>
    public static PurchaseCandidates TrainAll(
        PurchaseDataSet data,
        BoostingOptions options,
        Action<string, double>? progress,
        CancellationToken cancellationToken
    )
    {
        List<IReadOnlyList<double>> curves = [];
        for (int i = 0; i < data.Folds.Count; i++)
        {
            PurchaseFold fold = data.Folds[i];
            progress?.Invoke(
                $"finding the number of trees, at most {options.Trees}: time split {i + 1} of {data.Folds.Count}, {fold.Fit.Count} rows",
                0.5 * i / data.Folds.Count
            );
            curves.Add(Curve(fold, options, cancellationToken));
        }

        int count = (int)Math.Round(curves.Average(curve => curve.Count));
        progress?.Invoke($"growing {count} trees on {data.Train.Count} rows", 0.5);
        PurchaseEncoder encoder = PurchaseEncoder.Fit(data.Train);
        BoostingOptions enough = options with { Trees = count };
        GrownTrees trees = Grow(data.Train, enough, PurchaseEncoder.Columns, cancellationToken);

        progress?.Invoke("training the baselines", 0.8);
        ITransformer logistic = LogisticBaseline.Train(
            PurchaseEncoder.EncodeOutOfFold(data.Train),
            Labels(data.Train),
            Weights(data.Train),
            options.Seed,
            cancellationToken
        );
        BoostingOptions none = options with { Trees = 1, MinRowsPerLeaf = data.Train.Count, RowShare = 1 };
        GrownTrees rate = Grow(data.Train, none, PurchaseEncoder.Columns, cancellationToken);
        GrownTrees six = Grow(data.Train, enough, PurchaseEncoder.OriginalColumns, cancellationToken);
        PurchaseModel Model(PurchaseAlgorithm algorithm, ITransformer predictor, int[] cover) =>
            PurchaseModel.Of(encoder, algorithm, data.Candidate, data.Zone, predictor, cover);
        return new PurchaseCandidates(
            [
                Model(PurchaseAlgorithm.BaseRate, rate.Transformer, rate.Trees.Cover),
                Model(PurchaseAlgorithm.LogisticRegression, logistic, []),
                Model(PurchaseAlgorithm.LightGbm, trees.Transformer, trees.Trees.Cover),
            ],
            rows => Predict(six.Trees, encoder, rows),
            Mean(curves, count)
        );
    }

    private static float[] Predict(TreeEnsemble trees, PurchaseEncoder encoder, IReadOnlyList<PurchaseRow> rows)
    {
        float[] numbers = encoder.Encode(rows);
        return
        [
            .. Enumerable
                .Range(0, rows.Count)
                .Select(row =>
                    PurchaseScorer.Probability(
                        trees.LogOdds(numbers.AsSpan(row * PurchaseEncoder.Columns, PurchaseEncoder.OriginalColumns))
                    )
                ),
        ];
    }

    /// <summary>The log loss behind a time split after each tree, up to the last that is worth growing.</summary>
    private static double[] Curve(PurchaseFold fold, BoostingOptions options, CancellationToken cancellationToken) =>
        BoostedTreesTrainer.LogLoss(
            Matrix(PurchaseEncoder.EncodeOutOfFold(fold.Fit), fold.Fit, PurchaseEncoder.Columns, cancellationToken),
            Matrix(
                PurchaseEncoder.Fit(fold.Fit).Encode(fold.Stop),
                fold.Stop,
                PurchaseEncoder.Columns,
                cancellationToken
            ),
            options,
            cancellationToken
        );

    /// <param name="rows">What to learn from.</param>
    /// <param name="options">How trees are grown.</param>
    /// <param name="columns">How many of the encoded columns are learned from.</param>
    /// <param name="cancellationToken">Returns at once.</param>
    private static GrownTrees Grow(
        IReadOnlyList<PurchaseRow> rows,
        BoostingOptions options,
        int columns,
        CancellationToken cancellationToken
    ) =>
        BoostedTreesTrainer.Train(
            Matrix(First(PurchaseEncoder.EncodeOutOfFold(rows), columns), rows, columns, cancellationToken),
            options,
            cancellationToken
        );

    private static FeatureMatrix Matrix(
        float[] numbers,
        IReadOnlyList<PurchaseRow> rows,
        int columns,
        CancellationToken cancellationToken
    ) => new(numbers, Labels(rows), columns, cancellationToken, Weights(rows));

    private static float[] First(float[] numbers, int columns)
    {
        if (columns == PurchaseEncoder.Columns)
        {
            return numbers;
        }

        int rows = numbers.Length / PurchaseEncoder.Columns;
        float[] first = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            numbers.AsSpan(row * PurchaseEncoder.Columns, columns).CopyTo(first.AsSpan(row * columns));
        }

        return first;
    }

    /// <summary>The mean of curves; one that is shorter counts with its last value from there on.</summary>
    private static double[] Mean(List<IReadOnlyList<double>> curves, int length) =>
        [.. Enumerable.Range(0, length).Select(i => curves.Average(curve => curve[Math.Min(i, curve.Count - 1)]))];

    private static TrainedPurchaseModel Choose(PurchaseDataSet data, PurchaseCandidates candidates)
    {
        IReadOnlyList<PurchaseModel> models = candidates.Models;
        PurchaseMetrics[] metrics = [.. models.Select(model => PurchaseMetrics.Of(model, data.Validation))];
        int best = 0;
        for (int i = 1; i < models.Count; i++)
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
            Trees = candidates.LearningCurve.Count,
            LearningCurve = candidates.LearningCurve,
            LightGbm = metrics[2],
            Logistic = metrics[1],
            BaseRate = metrics[0],
            Original = PurchaseMetrics.Of(candidates.Original(data.Validation), data.Validation),
        };
        return new TrainedPurchaseModel(models[best], report);
    }

    private static float[] Weights(IReadOnlyList<PurchaseRow> rows) => [.. rows.Select(row => row.Weight)];

    private static bool[] Labels(IReadOnlyList<PurchaseRow> rows) => [.. rows.Select(row => row.IsPurchased)];
}
