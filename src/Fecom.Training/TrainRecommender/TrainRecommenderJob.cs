using Fecom.Learning.Recommend;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;

namespace Fecom.Training.TrainRecommender;

/// <summary>Builds the recommender from the offline store: measured on the newest sessions first, then with them.</summary>
internal sealed class TrainRecommenderJob(
    FirstTraining first,
    SessionReader reader,
    SessionTimes times,
    RunTracker tracker,
    ModelRegistry registry,
    RecommenderChampion champion,
    Promotion promotion
) : IJob
{
    public async Task RunAsync(JobRun job, CancellationToken cancellationToken)
    {
        await first.RequireNeedAsync(job, CoVisitationIndex.Kind, cancellationToken);
        CoVisitationOptions settings = new();
        Dictionary<string, object> parameters = new()
        {
            ["neighbours"] = settings.Neighbours,
            ["window"] = settings.Window,
            ["half_life_days"] = settings.HalfLife.TotalDays,
        };
        await tracker.TrackAsync(
            job,
            parameters,
            run => TrainAsync(run, settings, cancellationToken),
            cancellationToken
        );
    }

    private async Task TrainAsync(TrainingRun run, CoVisitationOptions settings, CancellationToken cancellationToken)
    {
        (DateTime newest, DateTime holdOutFrom) = await times.ReadAsync(cancellationToken);
        RecommenderTraining training = new(settings, newest, holdOutFrom);
        ReadProgress read = await reader.ReadAsync(
            training.Take,
            p => run.Report(p.ToString(), p.Share),
            cancellationToken
        );
        await run.ReportAsync($"measuring on {training.HeldOut} of {read.Sessions} sessions", cancellationToken);
        RecommenderReport report = await Task.Run(() => training.Measure(cancellationToken), cancellationToken);
        CoVisitationIndex index = await Task.Run(training.Finish, cancellationToken);
        await run.MeasureAsync(RecommenderRunMetrics.Of(report, index, read), cancellationToken);
        (bool isBetter, string reason) = await champion.ChallengeAsync(report, cancellationToken);
        RegisteredVersion version = await registry.RegisterAsync(CoVisitationIndex.Kind, run.Id, index.Save(), cancellationToken);
        if (isBetter)
        {
            await promotion.PromoteAsync(version.Model, ModelRegistry.Champion, version.Version, reason, cancellationToken);
        }

        await run.ReportAsync($"version {version.Version}{(isBetter ? " is the champion: " : " is not promoted: ")}{reason}", cancellationToken);
    }
}
