using System.Globalization;
using Fecom.Learning.Boosting;
using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Platform;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Fecom.Training.TunePurchaseModel;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>Trains the purchase model on the events of bronze, registers it, and promotes it when it passes its gates.</summary>
internal sealed class TrainPurchaseModelJob(
    FirstTraining first,
    HistoryReader reader,
    RunTracker tracker,
    PurchaseChampion champion,
    StudyTable studies,
    Registration registration,
    IOptions<TrainingOptions> options,
    IOptions<ShopOptions> shop
) : IJob
{
    /// <summary>Rows that the profile of the features is made of, about.</summary>
    private const int ProfiledRows = 100_000;

    public async Task RunAsync(JobRun job, CancellationToken cancellationToken)
    {
        await first.RequireNeedAsync(job, PurchaseModel.Kind, cancellationToken);
        TunedParameters? tuned = options.Value.UseStudies ? await studies.FindBestAsync(cancellationToken) : null;
        BoostingOptions boosting = (tuned?.Apply(PurchaseTrainer.Options) ?? PurchaseTrainer.Options) with
        {
            Threads = options.Value.ThreadsToUse,
        };
        Dictionary<string, object> parameters = new()
        {
            ["trees"] = boosting.Trees,
            ["learning_rate"] = boosting.LearningRate,
            ["leaves"] = boosting.Leaves,
            ["max_depth"] = boosting.MaxDepth,
            ["min_rows_per_leaf"] = boosting.MinRowsPerLeaf,
            ["seed"] = boosting.Seed,
            ["threads"] = boosting.Threads,
            ["row_share"] = boosting.RowShare,
            ["feature_share"] = boosting.FeatureShare,
            ["l2"] = boosting.L2,
            ["time_zone"] = shop.Value.TimeZone,
            ["purchase_horizon_seconds"] = options.Value.PurchaseHorizon.TotalSeconds,
        };
        if (tuned is not null)
        {
            parameters["study"] = tuned.Study;
        }

        await tracker.TrackAsync(
            job,
            new RunStart(parameters, boosting.Seed),
            run => TrainAsync(run, boosting, tuned?.Study, parameters, cancellationToken),
            cancellationToken
        );
    }

    private async Task TrainAsync(
        TrainingRun run,
        BoostingOptions boosting,
        long? study,
        IReadOnlyDictionary<string, object> parameters,
        CancellationToken cancellationToken
    )
    {
        (PurchaseRowFinder finder, ReadProgress read) = await ReadAsync(run, cancellationToken);
        string fingerprint = DataFingerprint.Of(read.Fingerprint!, parameters, typeof(PurchaseModel));
        if (await registration.NothingNewAsync(PurchaseModel.Kind, fingerprint, cancellationToken) is { } nothing)
        {
            await run.ReportAsync(nothing, cancellationToken);
            return;
        }

        PurchaseRows rows = finder.Find(shop.Value.Zone);
        await run.ReportAsync($"reading what was known at {rows.Count} rows", cancellationToken);
        await reader.ReadAsync(rows.Take, p => run.Report(p.ToString(), p.Share), cancellationToken);
        PurchaseDataSet data = rows.Split();
        await run.ReportAsync(
            $"training on {data.Train.Count} rows of candidate {data.Candidate}, validating on {data.Validation.Count}",
            cancellationToken
        );
        TrainedPurchaseModel trained = await Task.Run(
            () => PurchaseTrainer.Train(data, boosting, (step, share) => run.Report(step, share), cancellationToken),
            cancellationToken
        );
        await RecordAsync(run, trained, data.Validation, boosting.Seed, cancellationToken);
        await run.MeasureAsync(PurchaseRunMetrics.Of(Decision(trained.Model, data.Validation)), cancellationToken);
        await run.ProfileAsync(ProfileOf(data.Train), cancellationToken);
        GateVerdict verdict = await champion.ChallengeAsync(trained, data, boosting.Seed, cancellationToken);
        await run.MeasureAsync(verdict.Metrics, cancellationToken);
        NewVersion made = new()
        {
            Model = PurchaseModel.Kind,
            Run = run.Id,
            Study = study,
            Artifact = trained.Model.Save(),
            Read = PurchaseModel.Load,
            Fingerprint = fingerprint,
            Verdict = verdict,
            Description = Describe(trained.Report),
            Notes = [.. Notes(read.Source, trained.Report)],
            IsDegraded = trained.Report.Algorithm == PurchaseAlgorithm.BaseRate,
            Remark = string.Join(
                ' ',
                new[] { $"It is {trained.Report.Algorithm.Name()}.", read.Source.LeftOut }.Where(text =>
                    text is not null
                )
            ),
        };
        await run.ReportAsync(await registration.RegisterAsync(made, cancellationToken), cancellationToken);
    }

    private static async Task RecordAsync(
        TrainingRun run,
        TrainedPurchaseModel trained,
        IReadOnlyList<PurchaseRow> validation,
        int seed,
        CancellationToken cancellationToken
    )
    {
        await run.MeasureAsync(PurchaseRunMetrics.Of(trained.Report), cancellationToken);
        await run.MeasureStepsAsync(PurchaseRunMetrics.LogLossByTree, trained.Report.LearningCurve, cancellationToken);
        PurchaseDiagnostics diagnostics = await Task.Run(
            () => PurchaseDiagnostics.Of(trained.Model, validation, seed),
            cancellationToken
        );
        await run.DiagnoseAsync(PurchaseRunMetrics.Of(diagnostics), cancellationToken);
    }

    private DecisionCost Decision(PurchaseModel model, IReadOnlyList<PurchaseRow> validation)
    {
        float[] probabilities = new float[validation.Count];
        model.Predict([.. validation.Select(row => row.Features)], probabilities);
        return DecisionCost.Of(
            probabilities,
            [.. validation.Select(row => row.IsPurchased)],
            options.Value.FalseAlarmCost,
            options.Value.MissCost
        );
    }

    /// <summary>Of rows in even steps over the whole set: so many tell the shares to a thousandth.</summary>
    private static IReadOnlyList<FeatureProfile> ProfileOf(IReadOnlyList<PurchaseRow> rows)
    {
        int step = Math.Max(1, rows.Count / ProfiledRows);
        return FeatureProfile.Of([.. rows.Where((_, i) => i % step == 0).Select(row => row.Features)]);
    }

    private static string Describe(PurchaseReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"How likely a product in a cart is bought: {report.Algorithm.Name()}, learned from {report.TrainRows} rows, PR-AUC {report.Model.PrAuc:0.0000} on the newest {report.ValidationRows} from {report.ValidationStart:yyyy-MM-dd} on."
        );

    private static IEnumerable<string> Notes(TrainingEvents source, PurchaseReport report)
    {
        foreach (string note in source.Notes)
        {
            yield return note;
        }

        if (report.Algorithm != PurchaseAlgorithm.LightGbm)
        {
            yield return $"Predicts by {report.Algorithm.Name()}: whatever is more elaborate lost to it on the newest sessions.";
        }
    }

    private async Task<(PurchaseRowFinder Finder, ReadProgress Read)> ReadAsync(
        TrainingRun run,
        CancellationToken cancellationToken
    )
    {
        PurchaseRowFinder finder = new(options.Value.Horizon);
        ReadProgress read = await reader.ReadAsync(
            finder.Take,
            p => run.Report(p.ToString(), p.Share / 2),
            cancellationToken
        );
        await run.DescribeDataAsync(read, cancellationToken);
        return (finder, read);
    }
}
