using Fecom.Learning.Purchase;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>A report as metrics of a run.</summary>
internal static class PurchaseRunMetrics
{
    public const string PrAuc = "pr_auc";

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
        Add(metrics, "base_rate_", report.BaseRate);
        return metrics;
    }

    private static void Add(Dictionary<string, double> metrics, string prefix, PurchaseMetrics of)
    {
        metrics[prefix + "auc"] = of.Auc;
        metrics[prefix + PrAuc] = of.PrAuc;
        metrics[prefix + "log_loss"] = of.LogLoss;
        metrics[prefix + "calibration_error"] = of.CalibrationError;
    }
}
