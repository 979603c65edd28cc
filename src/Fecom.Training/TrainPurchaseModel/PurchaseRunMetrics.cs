using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Training.TrackRuns;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>A report as metrics of a run.</summary>
internal static class PurchaseRunMetrics
{
    public const string PrAuc = "pr_auc";

    /// <summary>After each tree, on the sessions that decide how many are grown.</summary>
    public const string LogLossByTree = "stop_log_loss";

    public static Dictionary<string, double> Of(PurchaseReport report)
    {
        Dictionary<string, double> metrics = new()
        {
            ["train_rows"] = report.TrainRows,
            ["validation_rows"] = report.ValidationRows,
            ["train_rate"] = report.TrainRate,
            ["validation_rate"] = report.ValidationRate,
            ["trees"] = report.Trees,
            ["candidate_is_first_cart"] = report.Candidate == PurchaseCandidate.FirstCart ? 1 : 0,
        };
        Add(metrics, "", report.Model);
        Add(metrics, "lightgbm_", report.LightGbm);
        Add(metrics, "logistic_regression_", report.Logistic);
        Add(metrics, "original_features_", report.Original);
        Add(metrics, "base_rate_", report.BaseRate);
        return metrics;
    }

    /// <summary>From which probability on acting pays, and what it costs and finds on the newest sessions.</summary>
    public static Dictionary<string, double> Of(DecisionCost decision) =>
        new()
        {
            ["threshold"] = decision.Threshold,
            ["threshold_precision"] = decision.Precision,
            ["threshold_recall"] = decision.Recall,
            ["threshold_cost"] = decision.CostPerRow,
            ["act_on_none_cost"] = decision.CostOfNone,
            ["act_on_all_cost"] = decision.CostOfAll,
        };

    public static RunDiagnostics Of(PurchaseDiagnostics diagnostics) =>
        new(
            [.. diagnostics.Importance.Select(feature => new ImportanceAnswer(feature.Feature, feature.PrAucLoss))],
            [
                .. diagnostics.Contributions.Select(feature => new ContributionAnswer(
                    feature.Feature,
                    feature.Mean,
                    feature.MeanAbsolute
                )),
            ],
            [
                .. diagnostics.Reliability.Select(bin => new ReliabilityAnswer(
                    bin.Lower,
                    bin.Count,
                    bin.MeanProbability,
                    bin.Rate
                )),
            ],
            [
                .. diagnostics.PrecisionRecall.Select(point => new PrecisionRecallAnswer(
                    point.Threshold,
                    point.Precision,
                    point.Recall
                )),
            ]
        );

    private static void Add(Dictionary<string, double> metrics, string prefix, PurchaseMetrics of)
    {
        metrics[prefix + "auc"] = of.Auc;
        metrics[prefix + PrAuc] = of.PrAuc;
        metrics[prefix + "log_loss"] = of.LogLoss;
        metrics[prefix + "calibration_error"] = of.CalibrationError;
    }
}
