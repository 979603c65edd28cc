using System.Globalization;
using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Platform.Jobs;
using Fecom.Training.RegisterModels;
using Fecom.Training.Retrain;
using Fecom.Training.WatchModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.MeasureLiveQuality;

/// <summary>Measures logged predictions by what was bought, day by day and version by version, and starts a training when the champion has become worse than it was at its own.</summary>
internal sealed class MeasureLiveQualityJob(
    LiveQuality quality,
    ModelRegistry registry,
    WatchReports reports,
    Retraining retraining,
    IOptions<WatchOptions> options,
    IOptions<TrainingOptions> training,
    TimeProvider time
) : IJob
{
    public const string Name = "measure_live_quality";

    /// <summary>Rows of each class that there must be for a version to be judged.</summary>
    private const int MinOfAClass = PurchaseRowFinder.MinOfAClass;

    /// <summary>Standard errors by which chance may lower an AUC in one of twenty cases.</summary>
    private const double Chance = 1.645;

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        RegisteredVersion? champion = await registry.FindAsync(
            PurchaseModel.Kind,
            ModelRegistry.Champion,
            cancellationToken
        );
        List<LabelledPrediction> ofChampion = await MeasureDaysAsync(run, champion?.Version, cancellationToken);
        if (champion is null || ofChampion.Count == 0)
        {
            await run.ReportAsync(
                $"no prediction of the champion was logged of which it is known by now what was bought",
                share: 1,
                cancellationToken
            );
            return;
        }

        PredictionQuality live = QualityOf(ofChampion);
        string? worse = await quality.TrainedAsync(champion, cancellationToken) is { } trained
            ? WorseOf(live, trained, champion.Version, options.Value)
            : null;
        await reports.AddAsync(
            new WatchReport
            {
                Kind = WatchKinds.Quality,
                Model = PurchaseModel.Kind,
                Version = champion.Version,
                Predictions = live.Predictions,
                Alert = worse is null ? null : AlertOf(worse),
                Details = WatchReports.ToJson(
                    new LiveFigures(
                        Finite(live.Auc),
                        Finite(live.AveragePrecision),
                        live.CalibrationError,
                        live.MeanProbability
                    )
                ),
            },
            cancellationToken
        );
        await run.ReportAsync(
            worse is null
                ? Invariant(
                    $"measured {live.Predictions:N0} predictions of version {champion.Version}: AUC {live.Auc:0.000}, average precision {live.AveragePrecision:0.000}, calibration error {live.CalibrationError:0.000}"
                )
                : $"{worse}. {await retraining.AskAsync(TrainingJobs.TrainPurchaseModel, worse, cancellationToken)}",
            share: 1,
            cancellationToken
        );
    }

    /// <summary>In what the live quality is worse than that at the training, beyond what chance explains; null when in nothing, or when too little is known.</summary>
    internal static string? WorseOf(
        PredictionQuality live,
        (double Auc, double CalibrationError) trained,
        int version,
        WatchOptions limits
    )
    {
        if (
            live.Predictions < limits.MinPredictions
            || live.Bought < MinOfAClass
            || live.Predictions - live.Bought < MinOfAClass
        )
        {
            return null;
        }

        List<string> worse = [];
        if (live.Auc + (Chance * live.AucError) < trained.Auc - limits.AucLoss)
        {
            worse.Add(Invariant($"AUC {live.Auc:0.000} against {trained.Auc:0.000}"));
        }

        if (live.CalibrationError > trained.CalibrationError + limits.CalibrationLoss)
        {
            worse.Add(
                Invariant($"calibration error {live.CalibrationError:0.000} against {trained.CalibrationError:0.000}")
            );
        }

        return worse.Count == 0
            ? null
            : Invariant(
                $"Version {version} is worse on {live.Predictions:N0} live predictions than on the newest sessions of its training: {string.Join(", ", worse)}"
            );
    }

    /// <returns>What the champion predicted within the window.</returns>
    private async Task<List<LabelledPrediction>> MeasureDaysAsync(
        JobRun run,
        int? champion,
        CancellationToken cancellationToken
    )
    {
        TimeSpan? horizon = training.Value.Horizon;
        DateTime until = time.GetUtcNow().UtcDateTime - (horizon ?? options.Value.LabelDelay);
        DateOnly last = DateOnly.FromDateTime(until);
        List<LabelledPrediction> ofChampion = [];
        for (int back = options.Value.WindowDays - 1; back >= 0; back--)
        {
            DateOnly day = last.AddDays(-back);
            IReadOnlyList<LabelledPrediction> labelled = await quality.LabelAsync(
                day,
                until,
                horizon,
                options.Value.LabelDelay,
                cancellationToken
            );
            foreach (IGrouping<int, LabelledPrediction> version in labelled.GroupBy(one => one.Version))
            {
                await quality.KeepAsync(day, version.Key, QualityOf([.. version]), cancellationToken);
            }

            ofChampion.AddRange(labelled.Where(one => one.Version == champion));
            run.Report(Invariant($"measured {day:yyyy-MM-dd}"), 1 - ((double)back / options.Value.WindowDays));
        }

        return ofChampion;
    }

    private static PredictionQuality QualityOf(IReadOnlyList<LabelledPrediction> predictions) =>
        PredictionQuality.Of(
            predictions.Select(one => one.Probability).ToArray(),
            predictions.Select(one => one.IsBought).ToArray()
        );

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string AlertOf(string worse) =>
        $"{worse}. GET /api/v1/models/{PurchaseModel.Kind}/live-quality shows it by day; a training by the job {TrainingJobs.TrainPurchaseModel} learns from the newest events, and POST /api/v1/models/{PurchaseModel.Kind}/aliases/{ModelRegistry.Champion}/rollback goes back to the version before.";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
