using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadServed;
using Fecom.Training.RegisterModels;
using Fecom.Training.Retrain;
using Fecom.Training.WatchModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.CheckDrift;

/// <summary>Compares the features of logged predictions with the champion's training set, reports by feature how far they have moved, and starts a training when one has too far.</summary>
internal sealed class CheckFeatureDriftJob(
    ModelRegistry registry,
    ServedPredictions predictions,
    DriftCheck check,
    WatchReports reports,
    Retraining retraining,
    IOptions<WatchOptions> options,
    TimeProvider time
) : IJob
{
    public const string Name = "check_feature_drift";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        WatchOptions limits = options.Value;
        RegisteredVersion champion =
            await registry.FindAsync(PurchaseModel.Kind, ModelRegistry.Champion, cancellationToken)
            ?? throw new RunNotNeededException("There is no purchase model yet.");
        IReadOnlyList<FeatureProfile> profiles =
            await check.ProfileAsync(champion, cancellationToken)
            ?? throw new RunNotNeededException(
                $"Version {champion.Version} was trained before profiles of the features were kept; the next training keeps one."
            );
        DateTime now = time.GetUtcNow().UtcDateTime;
        List<ServedPrediction> served = await predictions.FirstAsync(
            now - limits.Window,
            now,
            limits.MaxPredictions,
            cancellationToken
        );
        if (served.Count < limits.MinPredictions)
        {
            throw new RunNotNeededException(
                Invariant(
                    $"Predictions of {served.Count:N0} products in visits were logged in {limits.WindowDays} days; {limits.MinPredictions:N0} are needed (Training:Watch:MinPredictions, Serving:PredictionLog:Share)."
                )
            );
        }

        IReadOnlyList<DriftedFeature> features = DriftCheck.Compare(
            profiles,
            served.ConvertAll(prediction => prediction.Features),
            limits.Ignored
        );
        string? moved = MovedOf(features, limits.DriftThreshold);
        await reports.AddAsync(
            new WatchReport
            {
                Kind = WatchKinds.Drift,
                Model = PurchaseModel.Kind,
                Version = champion.Version,
                Predictions = served.Count,
                Alert = moved is null ? null : AlertOf(moved, champion.Version),
                Details = WatchReports.ToJson(features),
            },
            cancellationToken
        );
        await run.ReportAsync(
            moved is null
                ? Invariant(
                    $"the features of {served.Count:N0} predictions are spread as those that version {champion.Version} learned from"
                )
                : $"{moved}. {await retraining.AskAsync(TrainingJobs.TrainPurchaseModel, moved, cancellationToken)}",
            share: 1,
            cancellationToken
        );
    }

    /// <summary>Which features have drifted, and how far; null when none has.</summary>
    internal static string? MovedOf(IReadOnlyList<DriftedFeature> features, double threshold)
    {
        string[] moved =
        [
            .. features
                .Where(feature => feature.IsJudged && feature.StabilityIndex > threshold)
                .Select(feature => Invariant($"{feature.Feature} ({feature.StabilityIndex:0.00})")),
        ];
        return moved.Length == 0
            ? null
            : Invariant(
                $"Features have drifted, by a population stability index above {threshold}: {string.Join(", ", moved)}"
            );
    }

    private static string AlertOf(string moved, int version) =>
        Invariant(
            $"{moved}. Version {version} was trained on others. GET /api/v1/models/{PurchaseModel.Kind}/drift shows how they are spread; a training by the job {TrainingJobs.TrainPurchaseModel} learns from the newest events, and Training:Watch:IgnoredFeatures names features whose change is no fault."
        );

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
