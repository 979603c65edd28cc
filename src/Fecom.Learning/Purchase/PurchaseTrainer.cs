using Fecom.Learning.XGBoost;

namespace Fecom.Learning.Purchase;

/// <summary>A trained model and what it is worth.</summary>
/// <param name="Model">The model; the caller disposes it.</param>
/// <param name="Report">How good it is.</param>
public sealed record TrainedPurchaseModel(PurchaseModel Model, PurchaseReport Report);

/// <summary>Trains the purchase model.</summary>
/// <remarks>
/// First trees grow on the oldest sessions until the next ones show no gain: that gives the number of trees. Then the model
/// is grown anew with so many on both parts, and measured on the newest sessions, which took part in nothing before.
/// </remarks>
public static class PurchaseTrainer
{
    /// <summary>Trains and measures.</summary>
    /// <param name="data">Rows in parts by time.</param>
    /// <param name="options">How trees are grown; the base score is set from the rows.</param>
    /// <param name="progress">Hears of every round, of both passes; may be null.</param>
    /// <param name="cancellationToken">Stops after the tree in work.</param>
    /// <exception cref="XGBoostException">XGBoost refused an option or the rows.</exception>
    public static TrainedPurchaseModel Train(
        PurchaseDataSet data,
        BoostingOptions options,
        Action<BoostingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        int rounds;
        using (BoostedTrees first = Grow(data.Fit, data.Stop, options, progress, cancellationToken))
        {
            rounds = first.Rounds;
        }

        options = options with { Rounds = rounds };
        PurchaseModel model = new(
            PurchaseEncoder.Fit(data.Train),
            Grow(data.Train, null, options, progress, cancellationToken),
            data.Candidate
        );
        return new TrainedPurchaseModel(model, Measure(model, data, cancellationToken));
    }

    private static BoostedTrees Grow(
        IReadOnlyList<PurchaseRow> rows,
        IReadOnlyList<PurchaseRow>? stop,
        BoostingOptions options,
        Action<BoostingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        PurchaseEncoder encoder = PurchaseEncoder.Fit(rows);
        float[] numbers = PurchaseEncoder.EncodeOutOfFold(rows);
        using TrainingMatrix train = TrainingMatrix.Create(numbers, Labels(rows), PurchaseEncoder.Columns, options.Threads);
        using TrainingMatrix? validation = stop is null
            ? null
            : TrainingMatrix.Create(encoder.Encode(stop), Labels(stop), PurchaseEncoder.Columns, options.Threads);
        options = options with { BaseScore = encoder.BaseRate };
        return BoostedTreesTrainer.Train(train, validation, options, progress, cancellationToken);
    }

    private static PurchaseReport Measure(PurchaseModel model, PurchaseDataSet data, CancellationToken cancellationToken)
    {
        PurchaseEncoder encoder = PurchaseEncoder.Fit(data.Train);
        LogisticRegression logistic = LogisticRegression.Train(
            PurchaseEncoder.EncodeOutOfFold(data.Train),
            data.Train,
            PurchaseEncoder.Columns,
            cancellationToken
        );
        float[] byLogistic = new float[data.Validation.Count];
        logistic.Predict(encoder.Encode(data.Validation), byLogistic);
        float[] byRate = new float[data.Validation.Count];
        Array.Fill(byRate, (float)model.BaseRate);
        return new PurchaseReport
        {
            Candidate = data.Candidate,
            TrainRows = data.Train.Count,
            ValidationRows = data.Validation.Count,
            ValidationStart = data.ValidationStart,
            TrainRate = model.BaseRate,
            ValidationRate = (double)data.Validation.Count(row => row.IsPurchased) / data.Validation.Count,
            Rounds = model.Rounds,
            Model = PurchaseMetrics.Of(model, data.Validation),
            Logistic = PurchaseMetrics.Of(byLogistic, data.Validation),
            BaseRate = PurchaseMetrics.Of(byRate, data.Validation),
        };
    }

    private static float[] Labels(IReadOnlyList<PurchaseRow> rows) => [.. rows.Select(row => row.IsPurchased ? 1f : 0f)];
}
