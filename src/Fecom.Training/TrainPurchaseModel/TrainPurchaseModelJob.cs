using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>Trains the purchase model on the offline store, registers it, and promotes it when it is no worse than the champion.</summary>
internal sealed class TrainPurchaseModelJob(
    FirstTraining first,
    SessionReader reader,
    RunTracker tracker,
    ModelRegistry registry,
    PurchaseChampion champion,
    Promotion promotion,
    IOptions<TrainingOptions> options
) : IJob
{
    public async Task RunAsync(JobRun job, CancellationToken cancellationToken)
    {
        await first.RequireNeedAsync(job, PurchaseModel.Kind, cancellationToken);
        BoostingOptions boosting = new() { Threads = options.Value.ThreadsToUse };
        Dictionary<string, object> parameters = new()
        {
            ["trees"] = boosting.Trees,
            ["learning_rate"] = boosting.LearningRate,
            ["leaves"] = boosting.Leaves,
            ["max_depth"] = boosting.MaxDepth,
            ["min_rows_per_leaf"] = boosting.MinRowsPerLeaf,
            ["seed"] = boosting.Seed,
            ["threads"] = boosting.Threads,
        };
        await tracker.TrackAsync(
            job,
            parameters,
            run => TrainAsync(run, boosting, cancellationToken),
            cancellationToken
        );
    }

    private async Task TrainAsync(TrainingRun run, BoostingOptions boosting, CancellationToken cancellationToken)
    {
        PurchaseDataSet data = await ReadAsync(run, cancellationToken);
        await run.ReportAsync(
            $"training on {data.Train.Count} rows of candidate {data.Candidate}, validating on {data.Validation.Count}",
            cancellationToken
        );
        TrainedPurchaseModel trained = await Task.Run(
            () => PurchaseTrainer.Train(data, boosting, (step, share) => run.Report(step, share), cancellationToken),
            cancellationToken
        );
        await run.MeasureAsync(PurchaseRunMetrics.Of(trained.Report), cancellationToken);
        (bool isBetter, string reason) = await champion.ChallengeAsync(trained.Report, data.Validation, cancellationToken);
        RegisteredVersion version = await registry.RegisterAsync(PurchaseModel.Kind, run.Id, trained.Model.Save(), cancellationToken);
        if (isBetter)
        {
            await promotion.PromoteAsync(version.Model, ModelRegistry.Champion, version.Version, reason, cancellationToken);
        }

        await run.ReportAsync($"version {version.Version}, {trained.Report.Algorithm.Name()},{(isBetter ? " is the champion: " : " is not promoted: ")}{reason}", cancellationToken);
    }

    private async Task<PurchaseDataSet> ReadAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        PurchaseDataSetBuilder builder = new();
        List<PurchaseEvent> events = [];
        ReadProgress read = await reader.ReadAsync(
            session =>
            {
                events.Clear();
                foreach (SessionRow row in session)
                {
                    events.Add(new PurchaseEvent(row.EventTime, row.EventType, row.ProductId, row.Features));
                }

                builder.AddSession(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(events));
            },
            p => run.Report(p.ToString(), p.Share),
            cancellationToken
        );
        await run.MeasureAsync(read.AsMetric, cancellationToken);
        return builder.Build();
    }
}
