using System.Globalization;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainRecommender;

/// <summary>Builds the recommender from the events of bronze: measured on the newest sessions first, then with them.</summary>
internal sealed class TrainRecommenderJob(
    FirstTraining first,
    SessionReader reader,
    SessionTimes times,
    RunTracker tracker,
    RecommenderChampion champions,
    Registration registration,
    IOptions<TrainingOptions> options,
    TimeProvider time
) : IJob
{
    /// <summary>Questions that the ranker learns from here: half a gigabyte while it trains, beside what serves.</summary>
    private const int MaxQuestions = 15_000;

    /// <summary>Questions that the neighbours' weights are tuned on.</summary>
    private const int TuningQuestions = 1_500;

    public async Task RunAsync(JobRun job, CancellationToken cancellationToken)
    {
        await first.RequireNeedAsync(job, Recommender.Kind, cancellationToken);
        CoVisitationOptions settings = new();
        RankerOptions ranking = new()
        {
            MaxQuestions = MaxQuestions,
            TuningQuestions = TuningQuestions,
            Threads = options.Value.ThreadsToUse,
        };
        Dictionary<string, object> parameters = new()
        {
            ["neighbours"] = settings.Neighbours,
            ["window"] = settings.Window,
            ["half_life_days"] = settings.HalfLife.TotalDays,
            ["ranker_trees"] = ranking.Trees,
            ["ranker_questions"] = ranking.MaxQuestions,
            ["tuning_questions"] = ranking.TuningQuestions,
            ["threads"] = ranking.Threads,
        };
        await tracker.TrackAsync(
            job,
            new RunStart(parameters, ranking.Seed),
            run => TrainAsync(run, settings, ranking, parameters, cancellationToken),
            cancellationToken
        );
    }

    private async Task TrainAsync(
        TrainingRun run,
        CoVisitationOptions settings,
        RankerOptions ranking,
        IReadOnlyDictionary<string, object> parameters,
        CancellationToken cancellationToken
    )
    {
        TrainingEvents source = await reader.CountAsync(cancellationToken);
        (DateTime newest, DateTime holdOutFrom) = await times.ReadAsync(source, cancellationToken);
        ServingRecommender? champion = await champions.FindAsync(cancellationToken);
        RecommenderTraining training = new(
            settings,
            ranking,
            newest,
            holdOutFrom,
            champion?.ReceivedUntil ?? default,
            time
        );
        ReadProgress read = await reader.ReadAsync(
            training.Take,
            p => run.Report(p.ToString(), p.Share),
            cancellationToken
        );
        await run.DescribeDataAsync(read, cancellationToken);
        string fingerprint = DataFingerprint.Of(read.Fingerprint!, parameters, typeof(Recommender));
        if (await registration.NothingNewAsync(Recommender.Kind, fingerprint, cancellationToken) is { } nothing)
        {
            await run.ReportAsync(nothing, cancellationToken);
            return;
        }

        await run.ReportAsync($"measuring on {training.HeldOut} of {read.Sessions} sessions", cancellationToken);
        RecommenderReport report = await Task.Run(
            () => training.Measure(champion?.Model, (what, share) => run.Report(what, share), cancellationToken),
            cancellationToken
        );
        Recommender model = await Task.Run(() => training.Finish(cancellationToken), cancellationToken);
        await run.MeasureAsync(
            RecommenderRunMetrics.Of(report, model, read, training.ReceivedUntil),
            cancellationToken
        );
        GateVerdict verdict = champions.Challenge(report, champion);
        NewVersion made = new()
        {
            Model = Recommender.Kind,
            Run = run.Id,
            Artifact = model.Save(),
            Read = Recommender.Load,
            Fingerprint = fingerprint,
            Verdict = verdict,
            Description = Describe(read, report),
            Notes = [.. Notes(read.Source, report)],
            IsDegraded = report.IsWorseThanPopularity,
            Remark = read.Source.LeftOut,
        };
        await run.ReportAsync(await registration.RegisterAsync(made, cancellationToken), cancellationToken);
    }

    private static string Describe(ReadProgress read, RecommenderReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"What a visitor may want next, learned from {read.Sessions} sessions; HitRate@20 {report.Model.HitRate20:0.000} on the newest."
        );

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
