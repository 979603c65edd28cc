using Fecom.Learning.Purchase;
using Fecom.Learning.XGBoost;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Options;
using Quartz;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>Trains the purchase model on the offline store, registers it, and promotes it when it is no worse than the champion.</summary>
internal sealed class TrainPurchaseModelJob(
    SessionReader reader,
    RunTracker tracker,
    ModelRegistry registry,
    PurchaseChampion champion,
    Promotion promotion,
    IOptions<TrainingOptions> options
) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (await FirstTraining.IsNotNeededAsync(context, registry, PurchaseModel.Kind, cancellationToken))
        {
            return;
        }

        BoostingOptions boosting = new() { Threads = options.Value.ThreadsToUse };
        Dictionary<string, object> parameters = new()
        {
            ["rounds"] = boosting.Rounds,
            ["learning_rate"] = boosting.LearningRate,
            ["max_depth"] = boosting.MaxDepth,
            ["min_child_weight"] = boosting.MinChildWeight,
            ["threads"] = boosting.Threads,
        };
        await tracker.TrackAsync(
            TrainingJobs.TrainPurchaseModel,
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
            () => PurchaseTrainer.Train(data, boosting, p => run.Report($"tree {p.Round} of at most {p.Rounds}"), cancellationToken),
            cancellationToken
        );
        using PurchaseModel model = trained.Model;
        await run.MeasureAsync(PurchaseRunMetrics.Of(trained.Report), cancellationToken);
        (bool isBetter, string reason) = await champion.ChallengeAsync(trained.Report, data.Validation, cancellationToken);
        RegisteredVersion version = await registry.RegisterAsync(PurchaseModel.Kind, run.Id, model.Save(), cancellationToken);
        if (isBetter)
        {
            await promotion.PromoteAsync(version.Model, ModelRegistry.Champion, version.Version, reason, cancellationToken);
        }

        await run.ReportAsync($"version {version.Version}{(isBetter ? " is the champion: " : " is not promoted: ")}{reason}", cancellationToken);
    }

    private async Task<PurchaseDataSet> ReadAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        PurchaseDataSetBuilder builder = new();
        List<PurchaseEvent> events = [];
        await reader.ReadAsync(
            session =>
            {
                events.Clear();
                foreach (SessionRow row in session)
                {
                    events.Add(new PurchaseEvent(row.EventTime, row.EventType, row.ProductId, row.Features));
                }

                builder.AddSession(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(events));
            },
            read => run.Report($"read {read.Events} events of {read.Sessions} sessions"),
            cancellationToken
        );
        return builder.Build();
    }
}
