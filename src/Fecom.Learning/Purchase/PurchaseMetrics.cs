using Fecom.Learning.Metrics;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>How good probabilities were.</summary>
/// <param name="Auc">See <see cref="Metrics.Auc"/>.</param>
/// <param name="PrAuc">See <see cref="AveragePrecision"/>.</param>
/// <param name="LogLoss">See <see cref="Metrics.LogLoss"/>.</param>
/// <param name="CalibrationError">See <see cref="Calibration.ExpectedError"/>.</param>
public sealed record PurchaseMetrics(double Auc, double PrAuc, double LogLoss, double CalibrationError)
{
    /// <summary>Measures a model by the <see cref="PurchaseModel.Predict(ReadOnlySpan{SessionFeatures}, Span{float})"/> that serves.</summary>
    public static PurchaseMetrics Of(PurchaseModel model, IReadOnlyList<PurchaseRow> rows)
    {
        SessionFeatures[] features = [.. rows.Select(row => row.Features)];
        float[] probabilities = new float[features.Length];
        model.Predict(features, probabilities);
        return Of(probabilities, rows);
    }

    /// <summary>Measures probabilities against what happened.</summary>
    public static PurchaseMetrics Of(ReadOnlySpan<float> probabilities, IReadOnlyList<PurchaseRow> rows)
    {
        bool[] labels = [.. rows.Select(row => row.IsPurchased)];
        return new PurchaseMetrics(
            Metrics.Auc.Of(probabilities, labels),
            AveragePrecision.Of(probabilities, labels),
            Metrics.LogLoss.Of(probabilities, labels),
            Calibration.Of(probabilities, labels).ExpectedError
        );
    }
}
