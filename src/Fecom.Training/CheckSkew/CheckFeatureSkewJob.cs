using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadServed;
using Fecom.Training.WatchModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.CheckSkew;

/// <summary>Compares the features of logged predictions with the offline store's, and reports by feature how many differ.</summary>
internal sealed class CheckFeatureSkewJob(
    ServedPredictions predictions,
    SkewCheck check,
    WatchReports reports,
    IOptions<WatchOptions> options,
    TimeProvider time
) : IJob
{
    public const string Name = "check_feature_skew";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        WatchOptions limits = options.Value;
        DateTime to = time.GetUtcNow().UtcDateTime - limits.SkewDelay;
        List<ServedPrediction> served = await predictions.NewestAsync(
            to - limits.Window,
            to,
            limits.MaxPredictions,
            cancellationToken
        );
        if (served.Count < limits.MinPredictions)
        {
            throw new RunNotNeededException(
                Invariant(
                    $"{served.Count:N0} predictions were logged in {limits.WindowDays} days; {limits.MinPredictions:N0} are needed (Training:Watch:MinPredictions, Serving:PredictionLog:Share)."
                )
            );
        }

        IReadOnlyList<SkewedFeature> features = await check.RunAsync(
            served,
            events => run.Report(Invariant($"read {events:N0} events for {served.Count:N0} predictions")),
            cancellationToken
        );
        string? alert = AlertOf(features, served.Count, limits.SkewThreshold);
        await reports.AddAsync(
            new WatchReport
            {
                Kind = WatchKinds.Skew,
                Model = PurchaseModel.Kind,
                Predictions = served.Count,
                Alert = alert,
                Details = WatchReports.ToJson(features),
            },
            cancellationToken
        );
        await run.ReportAsync(
            alert ?? Invariant($"the features of {served.Count:N0} predictions are those of the offline store"),
            share: 1,
            cancellationToken
        );
    }

    internal static string? AlertOf(IReadOnlyList<SkewedFeature> features, int predictions, double threshold)
    {
        SkewedFeature[] skewed =
        [
            .. features
                .Where(feature => feature.DifferingShare > threshold)
                .OrderByDescending(feature => feature.DifferingShare),
        ];
        return skewed.Length == 0
            ? null
            : Invariant(
                $"Of {predictions:N0} predictions more than {threshold:P1} were made from other features than the offline store has: {string.Join(", ", skewed.Select(feature => Invariant($"{feature.Feature} ({feature.DifferingShare:P1})")))}. GET /api/v1/models/{PurchaseModel.Kind}/skew shows an example of each; the job materialize_features builds the features anew from bronze."
            );
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
