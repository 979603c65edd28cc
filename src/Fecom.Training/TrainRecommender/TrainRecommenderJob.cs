using System.Globalization;
using Fecom.Learning.Recommend;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;

namespace Fecom.Training.TrainRecommender;

/// <summary>Builds the recommender from the events of bronze: measured on the newest sessions first, then with them.</summary>
internal sealed class TrainRecommenderJob(
    FirstTraining first,
    SessionReader reader,
    SessionTimes times,
    RunTracker tracker,
    RecommenderChampion champions,
    Registration registration
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
            new RunStart(parameters, Seed: null),
            run => TrainAsync(run, settings, parameters, cancellationToken),
            cancellationToken
        );
    }

    private async Task TrainAsync(
        TrainingRun run,
        CoVisitationOptions settings,
        IReadOnlyDictionary<string, object> parameters,
        CancellationToken cancellationToken
    )
    {
        TrainingEvents source = await reader.CountAsync(cancellationToken);
        (DateTime newest, DateTime holdOutFrom) = await times.ReadAsync(source, cancellationToken);
        ServingRecommender? champion = await champions.FindAsync(cancellationToken);
        RecommenderTraining training = new(settings, newest, holdOutFrom, champion?.ReceivedUntil ?? default);
        ReadProgress read = await reader.ReadAsync(
            training.Take,
            p => run.Report(p.ToString(), p.Share),
            cancellationToken
        );
        await run.DescribeDataAsync(read, cancellationToken);
        string fingerprint = DataFingerprint.Of(read.Fingerprint!, parameters, typeof(CoVisitationIndex));
        if (await registration.NothingNewAsync(CoVisitationIndex.Kind, fingerprint, cancellationToken) is { } nothing)
        {
            await run.ReportAsync(nothing, cancellationToken);
            return;
        }

        await run.ReportAsync($"measuring on {training.HeldOut} of {read.Sessions} sessions", cancellationToken);
        RecommenderReport report = await Task.Run(
            () => training.Measure(champion?.Index, cancellationToken),
            cancellationToken
        );
        CoVisitationIndex index = await Task.Run(training.Finish, cancellationToken);
        await run.MeasureAsync(
            RecommenderRunMetrics.Of(report, index, read, training.ReceivedUntil),
            cancellationToken
        );
        (bool isBetter, string reason) = champions.Challenge(report, champion);
        NewVersion made = new()
        {
            Model = CoVisitationIndex.Kind,
            Run = run.Id,
            Artifact = index.Save(),
            Read = CoVisitationIndex.Load,
            Fingerprint = fingerprint,
            Notes = [.. Notes(read.Source, report)],
            IsDegraded = report.IsWorseThanPopularity,
            Remark = read.Source.LeftOut,
        };
        await run.ReportAsync(
            await registration.RegisterAsync(made, isBetter, reason, cancellationToken),
            cancellationToken
        );
    }

    private static IEnumerable<string> Notes(TrainingEvents source, RecommenderReport report)
    {
        foreach (string note in source.Notes)
        {
            yield return note;
        }

        if (report.IsWorseThanPopularity)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Worse than popularity on the newest sessions: HitRate@20 {report.Model.HitRate20:0.000} against {report.Popularity.HitRate20:0.000}."
            );
        }
    }
}
