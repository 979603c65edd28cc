using Fecom.Learning.Metrics;

namespace Fecom.Learning.Purchase;

/// <summary>How good probabilities were.</summary>
/// <param name="Auc">Area under the ROC curve: the chance that a bought row scores above one that was not, a tie counting half.</param>
/// <param name="PrAuc">See <see cref="AveragePrecision"/>.</param>
/// <param name="LogLoss">Mean negative log likelihood in nats.</param>
/// <param name="CalibrationError">See <see cref="Calibration.ExpectedError"/>.</param>
public sealed record PurchaseMetrics(double Auc, double PrAuc, double LogLoss, double CalibrationError)
{
    /// <summary>Measures a model by the <see cref="PurchaseModel.Predict(ReadOnlySpan{PurchaseFeatures}, Span{float})"/> that serves.</summary>
    public static PurchaseMetrics Of(PurchaseModel model, IReadOnlyList<PurchaseRow> rows)
    {
        PurchaseFeatures[] features = [.. rows.Select(row => row.Features)];
        float[] probabilities = new float[features.Length];
        model.Predict(features, probabilities);
        return Of(probabilities, rows);
    }

    /// <summary>Measures probabilities against what happened.</summary>
    public static PurchaseMetrics Of(ReadOnlySpan<float> probabilities, IReadOnlyList<PurchaseRow> rows)
    {
        bool[] labels = [.. rows.Select(row => row.IsPurchased)];
        (double auc, double logLoss) = ProbabilityMetrics.Of(probabilities, labels);
        return new PurchaseMetrics(
            auc,
            AveragePrecision.Of(probabilities, labels),
            logLoss,
            Calibration.Of(probabilities, labels).ExpectedError
        );
    }

    /// <summary>Share of a simpler model's log loss by which a more elaborate one must be below it: less is chance.</summary>
    private const double LeastGain = 0.001;

    /// <summary>
    /// Whether these lose to those of a simpler model on the same rows: they are hardly better in log loss, the worth of the
    /// probabilities, or in PR-AUC, the worth of their order.
    /// </summary>
    public bool LosesTo(PurchaseMetrics simpler) =>
        !(LogLoss < simpler.LogLoss * (1 - LeastGain) && PrAuc > simpler.PrAuc);
}
