using Microsoft.ML;
using Microsoft.ML.Data;

namespace Fecom.Learning.Metrics;

/// <summary>Area under the ROC curve and log loss, by ML.NET's evaluator.</summary>
/// <remarks>ML.NET's own area under the precision-recall curve joins its points by straight lines, which is too kind: see <see cref="AveragePrecision"/>.</remarks>
public static class ProbabilityMetrics
{
    /// <summary>Probabilities are kept this far from 0 and 1, so that one sure mistake stays finite.</summary>
    public const float Clip = 1e-7f;

    /// <summary>
    /// The area, 0 to 1: the chance that a positive scores above a negative, a tie counting half; NaN when a class is missing. The
    /// loss, from 0: the mean negative log likelihood in nats; NaN when there are no rows.
    /// </summary>
    /// <param name="probabilities">One probability a row, 0 to 1.</param>
    /// <param name="labels">One label a row.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a probability is not a number.</exception>
    public static (double Auc, double LogLoss) Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> labels)
    {
        ScoredLabels.RequireSameLength(probabilities.Length, labels.Length);
        Row[] rows = new Row[labels.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            if (float.IsNaN(probabilities[i]))
            {
                throw new ArgumentException("A probability is not a number.", nameof(probabilities));
            }

            rows[i] = new Row
            {
                Label = labels[i],
                Score = probabilities[i],
                Probability = Math.Clamp(probabilities[i], Clip, 1 - Clip),
                PredictedLabel = probabilities[i] >= 0.5f,
            };
        }

        if (rows.Length == 0)
        {
            return (double.NaN, double.NaN);
        }

        MLContext ml = new(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        bool hasBoth = labels.Contains(value: true) && labels.Contains(value: false);
        if (!hasBoth)
        {
            return (double.NaN, OneClassLoss(rows));
        }

        CalibratedBinaryClassificationMetrics metrics = ml.BinaryClassification.Evaluate(data);
        return (metrics.AreaUnderRocCurve, metrics.LogLoss * Math.Log(2));
    }

    /// <summary>ML.NET refuses rows of one class.</summary>
    private static double OneClassLoss(Row[] rows) =>
        rows.Average(row => -Math.Log(row.Label ? row.Probability : 1 - row.Probability));

    private sealed class Row
    {
        public bool Label { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
