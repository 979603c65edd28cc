namespace Fecom.Learning.Metrics;

/// <summary>How good probabilities were, by what came true.</summary>
/// <param name="Predictions">How many.</param>
/// <param name="Bought">How many came true.</param>
/// <param name="Auc">See <see cref="ProbabilityMetrics"/>; not a number when a class is missing.</param>
/// <param name="AveragePrecision">See <see cref="Metrics.AveragePrecision"/>; not a number when none came true.</param>
/// <param name="CalibrationError">See <see cref="Calibration.ExpectedError"/>.</param>
/// <param name="MeanProbability">What was predicted on average.</param>
public sealed record PredictionQuality(
    long Predictions,
    long Bought,
    double Auc,
    double AveragePrecision,
    double CalibrationError,
    double MeanProbability
)
{
    /// <summary>Standard error of <see cref="Auc"/>: see <see cref="Metrics.AucError"/>.</summary>
    public double AucError => Metrics.AucError.Of(Auc, Bought, Predictions - Bought);

    /// <summary>Measures probabilities.</summary>
    /// <param name="probabilities">One a prediction, at least one, 0 to 1.</param>
    /// <param name="labels">Whether each came true.</param>
    public static PredictionQuality Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> labels)
    {
        double sum = 0;
        foreach (float probability in probabilities)
        {
            sum += probability;
        }

        return new PredictionQuality(
            labels.Length,
            labels.Count(true),
            ProbabilityMetrics.Of(probabilities, labels).Auc,
            Metrics.AveragePrecision.Of(probabilities, labels),
            Calibration.Of(probabilities, labels).ExpectedError,
            sum / labels.Length
        );
    }
}
