using System.Runtime.InteropServices;
using Fecom.Learning.Metrics;

namespace Fecom.Learning.Purchase;

/// <summary>How much a model leans on a feature.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="PrAucLoss">
/// How much PR-AUC is lost when the feature's values are dealt out among the rows at random (permutation importance, Breiman, 2001);
/// below zero when that does not harm.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FeatureImportance(string Feature, double PrAucLoss);

/// <summary>What a feature adds to the log odds of a purchase, over many rows: see <see cref="PurchaseModel.Explain"/>.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Mean">On average.</param>
/// <param name="MeanAbsolute">On average of its distance from zero: how much the feature moves predictions.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ContributionSummary(string Feature, double Mean, double MeanAbsolute);

/// <summary>What a model does on rows that it did not learn from, as data for charts.</summary>
public sealed record PurchaseDiagnostics
{
    /// <summary>Rows that are enough for importances, evenly spread over those that are given.</summary>
    private const int ImportanceRows = 20_000;

    /// <summary>Rows that are enough for the summary of contributions, which cost a walk of every tree each.</summary>
    private const int ContributionRows = 1_000;

    /// <summary>The reliability curve: the bins of <see cref="Calibration"/>.</summary>
    public required IReadOnlyList<ReliabilityBin> Reliability { get; init; }

    /// <summary>The precision-recall curve.</summary>
    public required IReadOnlyList<PrecisionRecallPoint> PrecisionRecall { get; init; }

    /// <summary>The features, those that matter most first.</summary>
    public required IReadOnlyList<FeatureImportance> Importance { get; init; }

    /// <summary>The features, those that move predictions most first.</summary>
    public required IReadOnlyList<ContributionSummary> Contributions { get; init; }

    /// <summary>Examines a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Rows that it did not learn from.</param>
    /// <param name="seed">Seed of the order in which values are dealt out.</param>
    public static PurchaseDiagnostics Of(PurchaseModel model, IReadOnlyList<PurchaseRow> rows, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        float[] probabilities = new float[rows.Count];
        model.Predict([.. rows.Select(row => row.Features)], probabilities);
        bool[] labels = [.. rows.Select(row => row.IsPurchased)];
        return new PurchaseDiagnostics
        {
            Reliability = Calibration.Of(probabilities, labels).Bins,
            PrecisionRecall = PrecisionRecallCurve.Of(probabilities, labels),
            Importance = ImportanceOf(model, Spread(rows, ImportanceRows), seed),
            Contributions = ContributionsOf(model, Spread(rows, ContributionRows)),
        };
    }

    private static IReadOnlyList<FeatureImportance> ImportanceOf(PurchaseModel model, PurchaseRow[] rows, int seed)
    {
        if (!rows.Any(row => row.IsPurchased))
        {
            return [];
        }

        bool[] labels = Array.ConvertAll(rows, row => row.IsPurchased);
        float[] numbers = model.Encode(rows);
        double whole = PrAuc(model, numbers, labels);
        Random random = new(seed);
        FeatureImportance[] importance = new FeatureImportance[PurchaseEncoder.Columns];
        for (int column = 0; column < importance.Length; column++)
        {
            float[] dealt = (float[])numbers.Clone();
            for (int i = rows.Length - 1; i > 0; i--)
            {
                int at = (i * PurchaseEncoder.Columns) + column;
                int other = (random.Next(i + 1) * PurchaseEncoder.Columns) + column;
                (dealt[at], dealt[other]) = (dealt[other], dealt[at]);
            }

            importance[column] = new(PurchaseEncoder.FeatureNames[column], whole - PrAuc(model, dealt, labels));
        }

        return [.. importance.OrderByDescending(feature => feature.PrAucLoss)];
    }

    private static double PrAuc(PurchaseModel model, float[] numbers, bool[] labels)
    {
        double[] logOdds = new double[labels.Length];
        model.LogOdds(numbers, logOdds);
        return AveragePrecision.Of(Array.ConvertAll(logOdds, PurchaseScorer.Probability), labels);
    }

    private static IReadOnlyList<ContributionSummary> ContributionsOf(PurchaseModel model, PurchaseRow[] rows) =>
        [
            .. rows.SelectMany(row => model.Explain(row.Features))
                .GroupBy(contribution => contribution.Feature, StringComparer.Ordinal)
                .Select(feature => new ContributionSummary(
                    feature.Key,
                    feature.Average(contribution => contribution.LogOdds),
                    feature.Average(contribution => Math.Abs(contribution.LogOdds))
                ))
                .OrderByDescending(feature => feature.MeanAbsolute),
        ];

    private static PurchaseRow[] Spread(IReadOnlyList<PurchaseRow> rows, int max)
    {
        int count = Math.Min(max, rows.Count);
        PurchaseRow[] spread = new PurchaseRow[count];
        for (int i = 0; i < count; i++)
        {
            spread[i] = rows[(int)((long)i * rows.Count / count)];
        }

        return spread;
    }
}
